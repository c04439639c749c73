"""How much passes at tenants' ports, on their networks, and for each tenant: from what switches counted at two times.

*In* is what comes in from guests, *out* is what goes out to them. An access port has what its interface counts. So has
a trunk port, and its networks are told apart by flows: in by where its frames enter, out by where frames for known
addresses are handed over, so that what is flooded to a trunk port counts for the port and for none of its networks. Of
drops only interfaces know.

Nothing is remembered here, and no clock is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from controller.core import Core
from controller.dataplane.program import Share
from controller.intent.model import Port
from controller.southbound.counters import Counted, InterfaceCounters

Flows: TypeAlias = Mapping[int, tuple[int, int]]
"""(packets, bytes) by cookie."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a switch had counted at one time."""

    taken: float
    """Seconds of any steady clock."""
    counted: Counted


@dataclass(slots=True)
class Rate:
    """Of a second."""

    packets_in: float = 0.0
    packets_out: float = 0.0
    bits_in: float = 0.0
    bits_out: float = 0.0
    drops: float = 0.0

    def add(self, other: Rate) -> None:
        """Have both."""
        self.packets_in += other.packets_in
        self.packets_out += other.packets_out
        self.bits_in += other.bits_in
        self.bits_out += other.bits_out
        self.drops += other.drops


@dataclass(frozen=True, slots=True)
class PortRate:
    """One port of a tenant, and what of it is each of its networks'."""

    port: Port
    rate: Rate
    by_network: Mapping[str, Rate]


def port_rates(core: Core, switch: str, before: Sample, after: Sample) -> Iterator[PortRate]:
    """The ports on a switch of which something is known."""
    ports = core.situation.index.ports_by_switch.get(switch, {})
    for interface, port in list(ports.items()):
        if (port.switch, port.interface) != (switch, interface):
            continue  # Where it stands by, which gets copies.
        if (found := rate_at(core, switch, interface, before, after)) is None:
            continue
        rate, seconds = found
        networks = dict.fromkeys(port.networks, rate)
        if port.trunk:
            flows = before.counted.flows, after.counted.flows
            networks = {
                network: _share(core.compiler.remembered(switch, network)[1], port, *flows, seconds)
                for network in port.networks
            }
        yield PortRate(port, rate, networks)


def rate_at(core: Core, switch: str, interface: str, before: Sample, after: Sample) -> tuple[Rate, float] | None:
    """What an interface has counted in a second, and over how many seconds; None when that is not known."""
    view = core.fabric.switches.get(switch)
    number = view.number(interface) if view else None
    then, now = (sample.counted.interfaces.get(number or 0) for sample in (before, after))
    if then is None or now is None:
        return None
    seconds = _seconds(then, now, after.taken - before.taken)
    rate = _rate(then, now, seconds)
    return (rate, seconds) if rate else None


def _seconds(then: InterfaceCounters, now: InterfaceCounters, passed: float) -> float:
    """The time between; the switch knows better than we when it read its counters."""
    return now.age - then.age if now.age > then.age else passed


def _rate(then: InterfaceCounters, now: InterfaceCounters, seconds: float) -> Rate | None:
    """None when it counts from the beginning again."""
    counts = (
        now.received_packets - then.received_packets,
        now.sent_packets - then.sent_packets,
        8 * (now.received_bytes - then.received_bytes),
        8 * (now.sent_bytes - then.sent_bytes),
        now.dropped - then.dropped,
    )
    if seconds <= 0 or now.age < then.age or min(counts) < 0:
        return None
    return Rate(*(count / seconds for count in counts))


def _share(share: Share, port: Port, before: Flows, after: Flows, seconds: float) -> Rate:
    """What of a trunk port is a network's: of the flows by which its frames enter, or are handed over."""
    total = Rate()
    for flow in share.contents:
        now = after.get(flow.cookie) if flow.reason.port == port.id else None
        then = before.get(flow.cookie, (0, 0))
        if now is None or now < then:
            continue
        packets, bits = (now[0] - then[0]) / seconds, 8 * (now[1] - then[1]) / seconds
        if flow.reason.note == "enters":
            total.add(Rate(packets_in=packets, bits_in=bits))
        elif flow.reason.note.startswith("delivered"):
            total.add(Rate(packets_out=packets, bits_out=bits))
    return total
