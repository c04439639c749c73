"""A session with one host's database, without sockets and without a clock (JSON-RPC 1.0 as in RFC 7047, 4).

    READING -> READY -> CLOSED

Bytes go in by `receive`, times by `receive` and `tick`; events come out, and `outgoing` holds what is to be written.
The host connects, but it is the server of the protocol: as soon as it is there it is asked for its rows, and from the
answer on it tells what changes. Whoever owns the session looks at the rows in `replica`, and changes them by
`transact`, one transaction at a time.

Everything the host sends is read inside one guard. Whatever it breaks ends the session, with a reason that can be
counted, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from controller.ovsdb.json_stream import JsonStream
from controller.ovsdb.replica import Replica, monitor_requests
from controller.southbound.framing import ProtocolError
from controller.southbound.liveness import Liveness

DATABASE = "Open_vSwitch"
READ_WITHIN = 10.0
"""Seconds from connecting until the rows have to be there."""
ANSWER_WITHIN = 15.0
"""Seconds for a transaction."""

Operation: TypeAlias = dict[str, Any]
"""One operation of a transaction (RFC 7047, 5.2)."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The rows are others than before, or are there for the first time."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The transaction under way is over; `error` says why nothing of it was done, or is empty."""

    error: str


@dataclass(frozen=True, slots=True)
class Alive:
    """The host answered that it is there."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over."""

    kind: str
    reason: str


Event: TypeAlias = Changed | Answered | Alive | Closed


class State(Enum):
    """Where a session stands."""

    READING = "reading the database"
    READY = "ready"
    CLOSED = "closed"


class Session:
    """The daemon's end of one connection with a host's database."""

    def __init__(self, now: float) -> None:
        self.state = State.READING
        self.outgoing = bytearray()
        """What is to be written; the owner empties it."""
        self.replica = Replica()
        self._stream = JsonStream()
        self._liveness = Liveness(now)
        self._deadline = now + READ_WITHIN
        self._last_id = 0
        self._transaction: int | None = None
        self._monitor = self._request("monitor", [DATABASE, "tenantry", monitor_requests()])

    @property
    def is_writing(self) -> bool:
        """Whether a transaction is under way."""
        return self._transaction is not None

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take bytes from the host, in pieces of any size."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        self._liveness.hear(now)
        try:
            for message in self._stream.feed(data):
                self._handle(message, events)
        except ProtocolError as broken:
            events.append(self.close(broken.kind, str(broken)))
        except (ValueError, TypeError, AttributeError) as broken:
            events.append(self.close("malformed", f"a message that cannot be read: {broken}"))
        return events

    def tick(self, now: float) -> list[Event]:
        """Let time pass: probe a silent host, give up a dead one. Call it about once a second."""
        if self.state is State.CLOSED:
            return []
        if (self.state is State.READING or self.is_writing) and now >= self._deadline:
            what = "a transaction" if self.is_writing else self.state.value
            return [self.close("timeout", f"not finished in time: {what}")]
        if self._liveness.is_due(now):
            self.probe(now)
        elif self._liveness.is_over(now):
            return [self.close("silent", f"nothing heard for {now - self._liveness.heard:.0f} s")]
        return []

    def forgive(self, seconds: float, now: float) -> None:
        """For so long nothing was read from the host, by our own doing: that was neither silence nor delay."""
        self._deadline += seconds
        self._liveness.hear(now)

    def probe(self, now: float) -> None:
        """Ask the host whether it is there; `Alive` follows if so."""
        self._liveness.probe(now)
        self._send({"id": "echo", "method": "echo", "params": []})

    def transact(self, operations: Sequence[Operation], now: float) -> None:
        """Have the host do these together or not at all; `Answered` follows. Not before the last answer to this."""
        self._deadline = now + ANSWER_WITHIN
        self._transaction = self._request("transact", [DATABASE, *operations])

    def close(self, kind: str, reason: str) -> Closed:
        """Take nothing and say nothing any more."""
        self.state = State.CLOSED
        self.replica = Replica()
        return Closed(kind, reason)

    def _handle(self, message: dict[str, Any], events: list[Event]) -> None:
        if "method" in message:
            self._asked(message["method"], message.get("params"), message.get("id"), events)
            return
        answered = message.get("id")
        if answered == "echo":
            events.append(Alive())
        elif answered == self._monitor and self.state is State.READING:
            if message.get("error") is not None:
                raise ProtocolError("refused", f"the host does not show its database: {_said(message['error'])}")
            self.state = State.READY
            self._take(message.get("result"), events)
        elif answered == self._transaction and answered is not None:
            self._transaction = None
            events.append(Answered(_failure(message)))
        else:
            raise ProtocolError("malformed", "an answer to nothing that was asked")

    def _asked(self, method: object, params: object, number: object, events: list[Event]) -> None:
        if method == "echo" and number is not None:
            self._send({"id": number, "result": params, "error": None})
        elif method == "update" and isinstance(params, list) and len(params) == 2:
            if self.state is State.READING:
                raise ProtocolError("malformed", "changes of rows that are not known yet")
            self._take(params[1], events)
        elif number is not None:
            self._send({"id": number, "result": None, "error": "unknown method"})

    def _take(self, updates: object, events: list[Event]) -> None:
        self.replica.apply(updates)
        if not isinstance(events[-1] if events else None, Changed):
            events.append(Changed())

    def _request(self, method: str, params: list[Any]) -> int:
        self._last_id += 1
        self._send({"id": self._last_id, "method": method, "params": params})
        return self._last_id

    def _send(self, message: dict[str, Any]) -> None:
        self.outgoing += json.dumps(message, separators=(",", ":")).encode()


def _failure(message: dict[str, Any]) -> str:
    """Why a transaction was not done: an error of the whole, or of one operation (RFC 7047, 4.1.3)."""
    if message.get("error") is not None:
        return _said(message["error"])
    results = message.get("result")
    if not isinstance(results, list):
        raise ProtocolError("malformed", "a transaction without results")
    errors = (one for one in results if isinstance(one, dict) and "error" in one)
    return next((_said(one) for one in errors), "")


def _said(error: object) -> str:
    """What a host says, shortened, on one line."""
    if isinstance(error, dict):
        error = ": ".join(str(error[key]) for key in ("error", "details") if key in error)
    return " ".join(str(error)[:200].split()) or "an error without a word"
