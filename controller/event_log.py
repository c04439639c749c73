"""What happened, for those who watch: the latest events with ids, from which any number of readers can go on.

An event is a log record that says of what *kind* it is (`extra={"event": EventKind.LINK_UP, "switch": ...}`), so that
the log and the events cannot differ, and nothing is said twice in the code. Warnings and errors without a kind are
events, too. What peers cause is logged at a bounded rate (`controller.southbound.bounded_log`), and so are its events.

Ids are times, in milliseconds since 1970, or one more than the id before if that is more. So they grow from one daemon
to the next, and a reader that goes on with an id from before a restart is told that it missed something.

The log has a bound and no reader has a queue: whoever reads says which event it has seen last.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

KEPT = 5_000
"""So many events are kept at least, and twice as many at most."""


class EventKind(StrEnum):
    """What happened."""

    SWITCH_CONNECTED = "switch-connected"
    SWITCH_IN_SYNC = "switch-in-sync"
    SWITCH_LOST = "switch-lost"
    LINK_UP = "link-up"
    LINK_DOWN = "link-down"
    LINK_HELD = "link-held"
    WIRE_FAULT = "wire-fault"
    ENDPOINT_LOST = "endpoint-lost"
    ENDPOINT_BACK = "endpoint-back"
    UNDERLAY_FAULT = "underlay-fault"
    UNDERLAY_MENDED = "underlay-mended"
    ADDRESS_LEARNED = "address-learned"
    ADDRESS_MOVED = "address-moved"
    ADDRESS_EXPIRED = "address-expired"
    ADDRESS_REFUSED = "address-refused"
    PORT_BLOCKED = "port-blocked"
    PORT_RELEASED = "port-released"
    PORT_PLUGGED = "port-plugged"
    PORT_UNPLUGGED = "port-unplugged"
    PORT_STANDS_BY = "port-stands-by"
    HOST_ADMITTED = "host-admitted"
    HOST_JOINED = "host-joined"
    HOST_LOST = "host-lost"
    RELOAD_ACCEPTED = "reload-accepted"
    RELOAD_REFUSED = "reload-refused"
    DRIFT_REPAIRED = "drift-repaired"
    NETWORK_REFUSED = "network-refused"
    NETWORK_TAKEN = "network-taken"
    WRITE_ACCEPTED = "write-accepted"
    WRITE_REFUSED = "write-refused"
    PROBLEM = "problem"
    """A warning or an error of no other kind."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; names are empty where they do not apply."""

    id: int
    time: float
    """Seconds since 1970."""
    kind: EventKind
    level: str
    """`info`, `warning` or `error`."""
    text: str
    switch: str = ""
    interface: str = ""
    tenant: str = ""
    network: str = ""
    port: str = ""

    @property
    def names(self) -> dict[str, str]:
        """The names that apply, by what they are of."""
        names = {kind: getattr(self, kind) for kind in ("switch", "interface", "tenant", "network", "port")}
        return {kind: name for kind, name in names.items() if name}


class EventLog:
    """The latest events, the oldest first. Only for the thread of the event loop."""

    def __init__(self, now: float) -> None:
        """`now` is in seconds since 1970: what happened before is not known here."""
        self.counts: Counter[EventKind] = Counter(dict.fromkeys(EventKind, 0))
        """All events since the start."""
        self.last_id = int(now * 1000)
        self.forgotten = self.last_id
        """Events up to this id are not here, if there were any."""
        self._events: list[Event] = []
        self._news = asyncio.Event()

    def add(self, now: float, kind: EventKind, level: str, text: str, names: dict[str, str]) -> None:
        """Take note of an event; `now` is in seconds since 1970."""
        self.last_id = max(self.last_id + 1, int(now * 1000))
        self.counts[kind] += 1
        self._events.append(Event(self.last_id, now, kind, level, text, **names))
        if len(self._events) > 2 * KEPT:
            self.forgotten = self._events[KEPT - 1].id
            del self._events[:KEPT]
        news, self._news = self._news, asyncio.Event()
        news.set()

    def after(self, last: int, limit: int) -> list[Event]:
        """At most `limit` events that followed the one with id `last`."""
        first = bisect_right(self._events, last, key=lambda event: event.id)
        return self._events[first : first + limit]

    async def wait(self, last: int) -> None:
        """Wait until there is an event after the one with id `last`."""
        while self.last_id <= last or not self._events:
            await self._news.wait()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Take what is logged meanwhile; to be entered on the event loop."""
        handler = _Recorder(self)
        logger = logging.getLogger("controller")
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)


class _Recorder(logging.Handler):
    """Makes events of log records, whichever thread they come from."""

    def __init__(self, events: EventLog) -> None:
        super().__init__(logging.INFO)
        self._events = events
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record that is an event."""
        kind = getattr(record, "event", None)
        if kind is None and record.levelno < logging.WARNING:
            return
        names = {name: str(getattr(record, name, "")) for name in ("switch", "interface", "tenant", "network", "port")}
        names["tenant"] = names["tenant"] or (names["network"] or names["port"]).partition("/")[0]
        level, kind = record.levelname.lower(), kind or EventKind.PROBLEM
        add = partial(self._events.add, record.created or time.time(), kind, level, record.getMessage(), names)
        if threading.get_ident() == self._thread:
            add()
        else:
            self._loop.call_soon_threadsafe(add)
