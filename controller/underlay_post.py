"""Sends probes from one tunnel endpoint to another, and knows them again when they arrive.

What was sent is remembered for as long as it may arrive, and what arrives is compared with it, octet by octet. So each
counts once, where it should arrive, and nothing else counts.
"""

from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict, deque
from dataclasses import dataclass

from apps.pipeline import SEGMENT_CODE
from apps.underlay import ASKED, HEARD, sending
from controller.core import Core
from controller.dataplane.flow import Actions
from controller.fabric.silence import WAIT
from controller.fabric.underlay_paths import Path
from controller.intent.mtu import guest_mtu
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.messages import MOST_FRAME
from controller.southbound.southbound import Southbound
from controller.southbound.underlay_probes import (
    CONTENT,
    NUMBER,
    NUMBERS,
    BadUnderlayProbe,
    UnderlayProbe,
    decode_underlay_probe,
    encode_underlay_probe,
)

log = logging.getLogger(__name__)

REMEMBERED = 2.0
"""Seconds in which a probe may arrive."""
NOISE = 50
"""Bad probes from one switch in a second after which its silence means nothing."""
NOISY_FOR = 2.0
ETHERNET = 14
"""Bytes of the header."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A probe that was sent."""

    path: Path
    at: float
    is_asked: bool
    """Whether it is to come back."""
    size: int
    """Of the packet on the underlay, in bytes, where it is one of the large ones; otherwise 0."""
    number: int
    frame: bytes


class UnderlayPost:
    """All probes that are on their way. Times are seconds of any steady clock."""

    def __init__(self, core: Core, secret: bytes, southbound: Southbound) -> None:
        """`secret` authenticates probes."""
        self._core = core
        self._secret = secret
        self._southbound = southbound
        self._statistics = southbound.statistics
        self._number = int.from_bytes(os.urandom(8), "big")
        self._sent: dict[int, Sent] = {}
        self._order: deque[Sent] = deque()
        self._large: deque[Sent] = deque()
        self._frames: dict[str, list[tuple[Actions, bytes]]] = defaultdict(list)
        self._suspects = BoundedLog(log)
        self._bad: Counter[str] = Counter()
        self._bad_since = 0.0
        self._noisy: dict[str, float] = {}

    def send(self, path: Path, now: float, *, is_asked: bool = False, size: int = 0) -> bool:
        """Send a probe with the next `flush`; False when there is no tunnel for it."""
        switches = self._core.situation.intent.fabric.switches
        source, destination = switches.get(path.source), switches.get(path.destination)
        tunnel = self._tunnel(path.source, path)
        if source is None or destination is None or destination.endpoint is None or tunnel is None:
            return False
        self._number = (self._number + 1) % NUMBERS
        probe = UnderlayProbe(source.dpid, destination.dpid, SEGMENT_CODE[path.segment], self._number)
        inner = guest_mtu(path.segment, size, destination.endpoint.version) + ETHERNET if size else 0
        frame = encode_underlay_probe(probe, ASKED if is_asked else HEARD, self._secret, min(inner, MOST_FRAME))
        sent = self._sent[self._number] = Sent(path, now, is_asked, size, self._number, frame)
        self._order.append(sent)
        if size:
            self._large.append(sent)
        self._frames[path.source].append((sending(destination.endpoint, tunnel), frame))
        return True

    def flush(self) -> None:
        """Hand over what is to be sent, all of one switch at once."""
        for switch, frames in self._frames.items():
            self._statistics.underlay_probes["sent"] += len(frames)
            self._southbound.tunnel_out(switch, frames)
        self._frames.clear()

    def hear(self, switch: str, in_port: int, data: bytes, now: float) -> Sent | None:
        """What looks like a probe came out of a tunnel; the one that it is, if it is to be believed."""
        sent = self._sent.get(int.from_bytes(data[NUMBER], "big"))
        if sent is None or data[CONTENT] != sent.frame[CONTENT]:
            self._refuse(switch, data, now)
            return None
        at = sent.path.source if sent.is_asked else sent.path.destination
        if switch != at or in_port != self._tunnel(at, sent.path):
            why = f"it was sent from {sent.path.source} to {sent.path.destination}"
            self._count_bad(switch, "astray", why, now)
            return None
        del self._sent[sent.number]
        self._statistics.underlay_probes["arrived"] += 1
        return sent

    def lost(self, now: float) -> list[Sent]:
        """Large probes that did not arrive in time since the last call."""
        while self._order and self._order[0].at < now - REMEMBERED:
            self._sent.pop(self._order.popleft().number, None)
        lost = []
        while self._large and self._large[0].at <= now - WAIT:
            sent = self._large.popleft()
            if sent.number in self._sent:
                lost.append(sent)
        return lost

    def is_noisy(self, switch: str, now: float) -> bool:
        """Whether so many bad probes came from a switch that good ones may not get through."""
        return self._noisy.get(switch, now) > now

    def _tunnel(self, switch: str, path: Path) -> int | None:
        known, view = self._core.situation.intent.fabric.switches.get(switch), self._core.fabric.switches.get(switch)
        return view.number(known.tunnels.get(path.segment)) if known and view else None

    def _refuse(self, switch: str, data: bytes, now: float) -> None:
        try:
            decode_underlay_probe(data, self._secret)
        except BadUnderlayProbe as bad:
            self._count_bad(switch, bad.kind, str(bad), now)
        else:
            self._count_bad(switch, "stale", "it is an old one, or was heard before", now)

    def _count_bad(self, switch: str, kind: str, why: str, now: float) -> None:
        self._statistics.underlay_probes_refused[kind] += 1
        text = "probe of the underlay not believed, %s: %s"
        self._suspects.warning(now, text, kind, why, switch=switch)
        if now - self._bad_since >= 1:
            self._bad_since = now
            self._bad.clear()
        self._bad[switch] += 1
        if self._bad[switch] > NOISE:
            self._noisy[switch] = now + NOISY_FOR
