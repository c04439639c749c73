"""What is there, as immutable values: interfaces, switches, links.

A `Fabric` is a snapshot. The daemon's core makes a new one for every event that changes it; whoever compiles, draws or
answers questions reads one snapshot and is never surprised by the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Interface:
    """A port of an OVS bridge: its name in OVSDB, its number in OpenFlow, and whether it can carry packets."""

    name: str
    number: int
    up: bool = True
    speed: int = field(default=0, compare=False)
    """In kbit/s, 0 when the switch does not know. For people: nothing is decided by it, so it makes no difference."""


@dataclass(frozen=True, slots=True)
class SwitchView:
    """A switch as it was last seen. `interfaces` are by name; the bridge's own (LOCAL) interface is not among them."""

    name: str
    dpid: int
    interfaces: Mapping[str, Interface] = field(default_factory=dict)
    connected: bool = False
    has_meters: bool = True
    """Whether the datapath can limit rates (OpenFlow 1.3.5, 5.7)."""

    def number(self, interface: str | None) -> int | None:
        """OpenFlow number of the interface, or None while the switch does not have it."""
        found = self.interfaces.get(interface) if interface else None
        return found.number if found else None


class End(NamedTuple):
    """One end of a link. A tuple, as is `Link`: those are hashed and compared three times as fast."""

    switch: str
    interface: str

    def __str__(self) -> str:
        return f"{self.switch}:{self.interface}"


class Link(NamedTuple):
    """A wire between two switches that was heard in both directions; `a` sorts before `b`."""

    a: End
    b: End

    @staticmethod
    def between(one: End, other: End) -> Link:
        """The link with these ends, whichever order they come in."""
        return Link(one, other) if one <= other else Link(other, one)

    def __str__(self) -> str:
        return f"{self.a} -- {self.b}"


@dataclass(frozen=True, slots=True)
class Fabric:
    """Switches by name, and the links between them."""

    switches: Mapping[str, SwitchView] = field(default_factory=dict)
    links: frozenset[Link] = frozenset()

    def speed(self, link: Link) -> int | None:
        """Of the slower end of a link, in kbit/s; None while no switch knows."""
        views = ((self.switches.get(end.switch), end.interface) for end in link)
        known = (view.interfaces[name].speed for view, name in views if view and name in view.interfaces)
        return min(filter(None, known), default=None)
