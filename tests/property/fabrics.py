"""Strategies for what is there: switches, their interfaces and numbers, and cables of any shape.

Every switch has one interface that is nobody's (`-free`) and a few for ports (`-p0` ...), whether intent uses them or
not. Numbers start anywhere, so that the largest and those around the meters' wrap-around occur. Some cables were not
discovered, some tunnel interfaces were not made yet, and the last switch may never have been seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

from hypothesis import strategies as st

from controller.fabric.model import End, Interface, Link, SwitchView
from controller.intent.model import OVERLAYS, IpAddress, Switch

PORTS_PER_SWITCH = 5
FIRST_NUMBERS = (1, 1, 7, 32764, 65260)
"""OVS gives interfaces numbers up to 65,279."""
RARELY = st.sampled_from((False,) * 9 + (True,))


@dataclass(frozen=True)
class Plant:
    """Switches and cables, before any tenant."""

    switches: Mapping[str, Switch]
    views: Mapping[str, SwitchView]
    cables: tuple[Link, ...]
    links: frozenset[Link]


@st.composite
def plants(draw: st.DrawFn, most: int = 6) -> Plant:
    """One to `most` switches with cables at random: lines, rings, meshes, parallel cables, parts without connection."""
    names = [f"s{number}" for number in range(draw(st.integers(1, most)))]
    switches = {name: draw(_switches(name, number)) for number, name in enumerate(names)}
    ends = st.sampled_from(names)
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=2 * len(names)))
    if draw(st.booleans()):
        # A line through all makes connected fabrics as frequent as others.
        pairs += pairwise(names)
    cables = tuple(
        Link.between(End(one, f"{one}-c{count}a"), End(other, f"{other}-c{count}b"))
        for count, (one, other) in enumerate(pairs)
    )
    discovered = [c for c in cables if c.a.switch != c.b.switch and not draw(RARELY)]
    views = {name: draw(_views(switches[name], cables)) for name in names}
    if len(names) > 1 and draw(RARELY):
        unseen = views.popitem()[0]
        discovered = [c for c in discovered if unseen not in (c.a.switch, c.b.switch)]
    return Plant(switches, views, cables, frozenset(discovered))


def endpoint(version: int, number: int) -> IpAddress:
    """An address for tunnels: 1 to 9 are switches', the others are outside."""
    return IPv4Address(f"192.0.2.{number}") if version == 4 else IPv6Address(f"2001:db8::{number}")


@st.composite
def _switches(draw: st.DrawFn, name: str, number: int) -> Switch:
    version = draw(st.sampled_from((4, 4, 4, 6, 0)))
    dpid = draw(st.sampled_from((number + 1, 2**64 - 1 - number, (number + 1) << 32)))
    if not version:
        return Switch(name, dpid)
    tunnels = {encapsulation: f"{name}-{encapsulation.value}" for encapsulation in OVERLAYS}
    return Switch(name, dpid, endpoint(version, number + 1), tunnels)


@st.composite
def _views(draw: st.DrawFn, switch: Switch, cables: tuple[Link, ...]) -> SwitchView:
    interfaces = [end.interface for cable in cables for end in (cable.a, cable.b) if end.switch == switch.name]
    interfaces += [f"{switch.name}-p{number}" for number in range(PORTS_PER_SWITCH)]
    interfaces.append(f"{switch.name}-free")
    interfaces += [name for name in switch.tunnels.values() if not draw(RARELY)]
    first = draw(st.sampled_from(FIRST_NUMBERS))
    numbered = {name: Interface(name, first + count) for count, name in enumerate(interfaces) if first + count < 65280}
    if draw(RARELY):
        numbered.pop(f"{switch.name}-p0", None)
    return SwitchView(switch.name, switch.dpid, numbered, True, draw(st.booleans()))
