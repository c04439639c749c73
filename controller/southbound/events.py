"""What a session has to say: the events that come out of `controller.southbound.session.Session`.

They are values without behaviour, in the project's words where it has them (`Interface`) and OpenFlow's elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from controller.fabric.model import Interface
from controller.southbound.counters import Counted


@dataclass(frozen=True, slots=True)
class Held:
    """What a switch was found to hold that is ours."""

    cookies: Set[int] = frozenset()
    groups: Mapping[int, bytes] = field(default_factory=dict)
    """By number: what `controller.southbound.readback.group_content` makes of the same group."""
    meters: Mapping[int, bytes] = field(default_factory=dict)
    """By number: what `controller.southbound.readback.meter_content` makes of the same meter."""
    altered: Set[int] = frozenset()
    """Cookies under which there is a flow with other content; only looked for when a switch is read again."""

    def __bool__(self) -> bool:
        return bool(self.cookies or self.groups or self.meters)


@dataclass(frozen=True, slots=True)
class Identified:
    """The peer speaks OpenFlow 1.3 and says which switch it is; it waits for `Session.accept`."""

    dpid: int


@dataclass(frozen=True, slots=True)
class SwitchReady:
    """The switch was read back, and takes changes from now on."""

    dpid: int
    interfaces: tuple[Interface, ...]
    has_meters: bool
    held: Held


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """What a switch that is ready holds of ours now; the answer to `Session.read_again`."""

    held: Held


@dataclass(frozen=True, slots=True)
class InterfaceChanged:
    """An interface is new, has changed, or is gone."""

    interface: Interface
    deleted: bool


class PacketIn(NamedTuple):
    """A copy of a packet, with the cookie of the flow that sent it (OpenFlow 1.3.5, 7.4.1).

    A tuple, as these come ten thousand times a second.
    """

    cookie: int
    table: int
    in_port: int
    data: bytes


@dataclass(frozen=True, slots=True)
class FlowExpired:
    """The switch dropped a flow because no packet used it for its idle timeout, or its time was over."""

    cookie: int


@dataclass(frozen=True, slots=True)
class FlowLost:
    """The switch dropped a flow for another reason: it was deleted, or its group or meter was."""

    cookie: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The switch answered the message `xid` with an error."""

    xid: int
    type: int
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class BarrierPassed:
    """Everything sent before the barrier `xid` is done, or was refused."""

    xid: int


@dataclass(frozen=True, slots=True)
class BundleAnswered:
    """The switch did with a bundle what the message `xid` asked."""

    xid: int


@dataclass(frozen=True, slots=True)
class EchoAnswered:
    """The peer answered one of our echo requests: it is alive."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The session is over; nothing follows. `kind` is one of few words, to count by; `reason` is for people."""

    kind: str
    reason: str


Event: TypeAlias = (
    Identified
    | SwitchReady
    | ReadAgain
    | InterfaceChanged
    | PacketIn
    | FlowExpired
    | FlowLost
    | Refused
    | BarrierPassed
    | BundleAnswered
    | EchoAnswered
    | Counted
    | Closed
)
