"""Who is told what switches report."""

from __future__ import annotations

from typing import Protocol

from controller.dataplane.flow import Reason
from controller.fabric.model import Interface
from controller.southbound.drift import Drift
from controller.southbound.events import Held


class SwitchHandler(Protocol):
    """Who is told what switches report; called on the event loop."""

    def switch_ready(self, name: str, interfaces: tuple[Interface, ...], has_meters: bool, held: Held) -> None:
        """A switch has a session, and holds this of ours."""

    def switch_settled(self, name: str) -> None:
        """A switch has confirmed or refused all that was asked so far. Told again whenever that is so."""

    def switch_lost(self, name: str, reason: str) -> None:
        """A switch's session is over."""

    def interface_changed(self, name: str, interface: Interface, deleted: bool) -> None:
        """An interface is new, has changed, or is gone."""

    def packet_in(self, name: str, cookie: int, in_port: int, data: bytes) -> None:
        """A switch sent a copy of a packet."""

    def flow_expired(self, name: str, cookie: int) -> None:
        """A switch dropped a flow of ours after its time-out. While it is wanted, it is added again."""

    def drifted(self, name: str, what: Drift) -> None:
        """Somebody changed what a switch holds of ours; it is being repaired."""

    def refused(self, name: str, reason: Reason, text: str) -> None:
        """A switch refused what is wanted for `reason`; `text` has its error and what it was.

        The network of the reason, if there is one, is off on that switch. It is tried again.
        """

    def taken(self, name: str, network: str) -> None:
        """A switch has taken a network that it had refused."""
