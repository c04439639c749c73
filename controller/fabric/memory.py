"""What was learned, in a form that outlives the daemon: interfaces, links, addresses of guests, blocked
ports, where interfaces with ids are plugged in, and which hosts were given something.

A daemon that starts with what its predecessor knew computes the same programs before the first switch has connected,
and has nothing to send. All of it is stale until confirmed: no switch is connected to it yet, a link ends when both its
ends are there and do not hear each other, and an address is installed with its idle time-out as if just learned.

Damage never gets in: what is not exactly of the form is refused as a whole. Names that intent does not have any more
are left out by whoever restores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from controller.fabric.departures import Given
from controller.fabric.model import End, Interface, Link, SwitchView
from controller.fabric.outside_loops import Attachment, Block, Cause
from controller.fabric.plugs import Claim
from controller.intent.model import IpAddress, SocketAddress


@dataclass(frozen=True, slots=True)
class Memory:
    """A snapshot of what was learned."""

    switches: Mapping[str, SwitchView] = field(default_factory=dict)
    """As they were, with those connected that had a session then."""
    heard: tuple[tuple[End, End], ...] = ()
    """(where, sender) of announcements."""
    addresses: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """Network id -> MAC -> port id."""
    latencies: Mapping[Link, float] = field(default_factory=dict)
    """In seconds, of the links where one was measured; for those who look."""
    blocked: tuple[Block, ...] = ()
    plugs: tuple[Claim, ...] = ()
    """Claims on interface ids, of each the oldest first."""
    endpoints: Mapping[str, IpAddress] = field(default_factory=dict)
    """What hosts said of their tunnel endpoints, by switch."""
    given: Mapping[str, Given] = field(default_factory=dict)
    """Hosts that were given something, by switch, some of them departed."""


def to_plain(memory: Memory) -> dict[str, Any]:
    """The snapshot as values that JSON can carry."""
    return {
        "switches": {
            name: {
                "dpid": view.dpid,
                "connected": view.connected,
                "has_meters": view.has_meters,
                "interfaces": [[one.name, one.number, one.up, one.speed] for one in view.interfaces.values()],
            }
            for name, view in memory.switches.items()
        },
        "heard": [[at.switch, at.interface, sender.switch, sender.interface] for at, sender in memory.heard],
        "addresses": {
            network: [[mac, port] for mac, port in known.items()] for network, known in memory.addresses.items()
        },
        "latencies": [
            [link.a.switch, link.a.interface, link.b.switch, link.b.interface, seconds]
            for link, seconds in memory.latencies.items()
        ],
        "blocked": [
            [block.at.network, block.at.port, block.partner.network, block.partner.port, block.cause.value]
            for block in memory.blocked
        ],
        "plugs": [
            [claim.iface_id, claim.switch, claim.interface, claim.mac or "", claim.up, claim.holds]
            for claim in memory.plugs
        ],
        "endpoints": {switch: str(address) for switch, address in memory.endpoints.items()},
        "given": {
            name: [one.bridge, _address_to_plain(one.connect), one.keep, one.departed_at]
            for name, one in memory.given.items()
        },
    }


def from_plain(content: object) -> Memory:
    """The snapshot that these values stand for.

    Raises:
        ValueError: they are not of the form that `to_plain` gives.
    """
    try:
        return _memory(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a memory: {error!r}") from None


def _memory(content: Any) -> Memory:  # noqa: ANN401
    return Memory(
        {_text(name): _view(name, view) for name, view in content["switches"].items()},
        tuple((End(_text(a), _text(b)), End(_text(c), _text(d))) for a, b, c, d in content["heard"]),
        {
            _text(network): {_number(mac): _text(port) for mac, port in known}
            for network, known in content["addresses"].items()
        },
        {
            Link(End(_text(a), _text(b)), End(_text(c), _text(d))): _seconds(seconds)
            for a, b, c, d, seconds in content.get("latencies", ())
        },
        # Daemons before this was kept wrote none.
        tuple(_block(*entry) for entry in content.get("blocked", ())),
        tuple(
            Claim(_text(a), _text(b), _text(c), _text(d) or None, e is True, f is True)
            for a, b, c, d, e, f in content.get("plugs", ())
        ),
        {_text(switch): ip_address(_text(text)) for switch, text in content.get("endpoints", {}).items()},
        {_text(name): _given(*entry) for name, entry in content.get("given", {}).items()},
    )


def _given(bridge: object, connect: Any, keep: object, departed_at: object) -> Given:  # noqa: ANN401
    address = None
    if connect is not None:
        kind, host, port = connect
        if kind not in ("ssl", "tcp", "unix"):
            raise TypeError(f"{kind!r} is no kind of address")
        address = SocketAddress(kind, _text(host), _number(port))
    return Given(_text(bridge), address, keep is True, None if departed_at is None else _seconds(departed_at))


def _address_to_plain(address: SocketAddress | None) -> list[str | int] | None:
    return [address.kind, address.host, address.port] if address else None


def _block(network: object, port: object, other_network: object, other_port: object, cause: object) -> Block:
    partner = Attachment(_text(other_network), _text(other_port))
    return Block(Attachment(_text(network), _text(port)), partner, Cause(_text(cause)))


def _view(name: str, view: Mapping[str, Any]) -> SwitchView:
    interfaces = [Interface(_text(a), _number(b), c is True, _speed(d)) for a, b, c, d in view["interfaces"]]
    by_name = {interface.name: interface for interface in interfaces}
    is_connected = view.get("connected") is True
    return SwitchView(name, _number(view["dpid"]), by_name, is_connected, view["has_meters"] is True)


def _speed(value: object) -> int:
    # Where versions before wrote the interface's MAC.
    return 0 if isinstance(value, str) else _number(value)


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise TypeError(f"{value!r} is no time")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} is no number")
    return value
