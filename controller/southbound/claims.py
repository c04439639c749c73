"""Which connection speaks for a switch, when several say that they are it.

The first one does. When another connection gives the same id, the first is asked whether it is alive. If it answers in
time, the newcomer is refused: nobody takes a working switch over by knowing its number. If not, the switch has come
back on a new connection before the old one was seen to be dead, and the newcomer gets its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

ANSWER_WITHIN = 2.0
"""Seconds for the first connection to show that it is alive."""


class Claimant(Protocol):
    """A connection."""

    peer: str

    def probe(self) -> None:
        """Ask the peer whether it is there."""

    def close(self, kind: str, reason: str) -> None:
        """End the connection."""


_Id = TypeVar("_Id", int, str)
_Connection = TypeVar("_Connection", bound=Claimant)


@dataclass(slots=True)
class _Claim(Generic[_Connection]):
    holder: _Connection
    newcomer: _Connection | None = None
    decide_at: float = 0.0


class Claims(Generic[_Id, _Connection]):
    """Ids of switches and the connections that speak for them."""

    def __init__(self, serve: Callable[[_Connection], None]) -> None:
        """`serve` is called with a connection that is to speak for its switch."""
        self._serve = serve
        self._claims: dict[_Id, _Claim[_Connection]] = {}

    def claim(self, dpid: _Id, connection: _Connection, now: float) -> None:
        """A connection says that it is switch `dpid`."""
        claim = self._claims.get(dpid)
        if claim is None:
            self._claims[dpid] = _Claim(connection)
            self._serve(connection)
        elif claim.newcomer is not None:
            connection.close("duplicate", f"{claim.holder.peer} and {claim.newcomer.peer} are that switch already")
        else:
            claim.newcomer, claim.decide_at = connection, now + ANSWER_WITHIN
            claim.holder.probe()

    def answered(self, dpid: _Id, connection: _Connection) -> None:
        """A connection showed that it is alive."""
        claim = self._claims.get(dpid)
        if claim and claim.holder is connection and claim.newcomer:
            newcomer, claim.newcomer = claim.newcomer, None
            newcomer.close("duplicate", f"the switch is connected from {connection.peer}, and answers there")

    def tick(self, now: float) -> None:
        """Let time pass."""
        for claim in list(self._claims.values()):
            if claim.newcomer and now >= claim.decide_at:
                claim.holder.close("superseded", f"silent, and the switch came back from {claim.newcomer.peer}")

    def released(self, dpid: _Id, connection: _Connection) -> None:
        """A connection that claimed `dpid` is over."""
        claim = self._claims.get(dpid)
        if claim is None:
            return
        if claim.newcomer is connection:
            claim.newcomer = None
        elif claim.holder is connection:
            del self._claims[dpid]
            if claim.newcomer:
                self._claims[dpid] = _Claim(claim.newcomer)
                self._serve(claim.newcomer)
