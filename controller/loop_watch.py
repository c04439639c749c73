"""Watches for networks that are looped outside of us: sends probes, hears them, and says what is blocked and released.

What follows from a probe is the core's business (`controller.fabric.outside_loops`), as are the flows that copy probes
to us (`apps.loop_guard`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from apps.loop_guard import PROBES
from controller.attachments import attachment_at, is_tunnel, outside_attachment
from controller.core import Core
from controller.event_log import EventKind
from controller.fabric.model import End
from controller.fabric.outside_loops import Block, Cause
from controller.fabric.probe_limits import UNHEARD_FOR
from controller.loop_probes import LoopProbes
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.probes import BadProbe, Probe, decode_probe, encode_probe, tag_of
from controller.southbound.southbound import Southbound

log = logging.getLogger(__name__)

CAUSES = {
    Cause.LOOPED: "blocked: looped outside with port %s on network %s",
    Cause.JOINED: "blocked: joined outside with port %s on network %s, which is another tenant's",
    Cause.REFLECTED: "blocked: what is sent to it comes back (port %s on network %s)",
}


class LoopWatch:
    """The daemon's eye on what tenants connect outside."""

    def __init__(self, core: Core, secret: bytes, southbound: Southbound) -> None:
        """`secret` authenticates probes."""
        self._core = core
        self._secret = secret
        self._southbound = southbound
        self._probes = LoopProbes(core)
        self._suspects = BoundedLog(log)

    def beat(self, now: float) -> None:
        """Send the probes whose turn it is, and judge what was heard; every `LONGEST_SLICE` seconds."""
        self._send(self._probes.next_slice())
        blocked, released = self._core.advance_loops(now, self._southbound.busy())
        for block in blocked:
            self._southbound.statistics.outside_loops[block.cause.value] += 1
            names = self._names(block, EventKind.PORT_BLOCKED)
            log.warning(CAUSES[block.cause], block.partner.port, block.partner.network, extra=names)
        for block in released:
            self._southbound.statistics.outside_loops["released"] += 1
            names = self._names(block, EventKind.PORT_RELEASED)
            log.info("released: probes do not come back any more", extra=names)

    def appeared(self, end: End) -> None:
        """An interface has come or changed: probe it now, if it is a tenant's."""
        if self._probes.is_probed(end):
            self._send([end])

    def hear(self, switch: str, in_port: int, data: bytes, now: float) -> None:
        """What looks like a probe came in at an interface."""
        end = self._core.interface_of(switch, in_port)
        if end is None:
            return
        port = self._core.situation.index.ports_by_switch.get(switch, {}).get(end.interface)
        whose = {"tenant": port.tenant, "port": port.id} if port else {}
        names = {"switch": switch, "interface": end.interface, **whose}
        if self._core.count_probe(end, now):
            log.warning("too many probes: none is taken for %.0f s", UNHEARD_FOR, extra=names)
        try:
            probe = decode_probe(data, self._secret, time.time())
        except BadProbe as bad:
            self._southbound.statistics.bad_probes += 1
            self._suspects.warning(now, "probe not believed: %s", bad, **names)
            return
        situation, name = self._core.situation, self._core.switch_of(probe.dpid)
        left = self._core.interface_of(name, probe.interface) if name else None
        sender = attachment_at(situation, left, probe.tag) if left else None
        if sender is None:
            return
        if is_tunnel(situation, end):
            at = outside_attachment(situation, sender.network)
        else:
            at = attachment_at(situation, end, tag_of(data))
        if at:
            self._core.heard_probe(at, sender, now)

    def _send(self, ends: Iterable[End]) -> None:
        now = time.time()
        for end in ends:
            view = self._core.fabric.switches[end.switch]
            number = view.interfaces[end.interface].number
            port = self._core.situation.index.ports_by_switch[end.switch][end.interface]
            tags = [tag for tag, _ in port.trunk]
            for tag in tags or (None,):
                frame = encode_probe(Probe(view.dpid, number, tag), PROBES, self._secret, now)
                self._southbound.packet_out(end.switch, [(number, frame)])

    def _names(self, block: Block, event: EventKind) -> dict[str, str]:
        port = self._core.situation.intent.ports[block.at.port]
        where = {"switch": port.switch or "", "interface": port.interface or ""}
        return {**where, "event": event, "network": block.at.network, "port": block.at.port}
