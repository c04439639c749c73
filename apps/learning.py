"""Learning: who may send from a port, and how unknown senders become known.

A port whose MAC is given passes frames from that MAC only. Another passes any, and copies frames of senders that are
not known yet to the controller, at most `RATE` a second for each interface, so that one guest cannot crowd out the
others. The frame itself is never delayed by it. A learned sender's flow expires after silence, and the switch says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.pipeline import DESTINATION, SOURCE
from apps.units import LocalPort, NetworkUnit, OutsidePort, SwitchUnit
from controller.dataplane.fields import tunnel_source
from controller.dataplane.flow import Flow, Meter, Reason, ToController
from controller.dataplane.table import match_of

APP = "learning"
RATE = 50
BURST = 50
GROUP_BIT = 1 << 40


def switch_flows(unit: SwitchUnit) -> Iterator[Flow]:
    """No frame is sent by a group address (IEEE 802-2014, 8.2)."""
    yield SOURCE.flow(
        "invalid", match_of(eth_src=(GROUP_BIT, GROUP_BIT)), Reason(APP, f"sent from a group address on {unit.switch}")
    )


def network_meters(unit: NetworkUnit) -> Iterator[Meter]:
    """The limit for each interface from which addresses are learned; networks of one interface share it."""
    local = (port for port in unit.local if port.learns or port.stands_by)
    ports: tuple[LocalPort | OutsidePort, ...] = (*local, *(port for port in unit.outside if port.learns))
    for number in sorted({port.meter for port in ports if port.meter is not None}):
        yield Meter(number, RATE, BURST, Reason(APP, "copies of unknown senders' frames"))


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """Passage for known senders, and for unknown ones where the port learns."""
    for local in unit.local if unit.enters else ():
        if not local.stands_by:
            yield from _senders(unit, local, {"in_port": local.interface})
    for outside in unit.outside:
        yield from _senders(unit, outside, {tunnel_source(outside.endpoint).name: int(outside.endpoint)})


def _senders(unit: NetworkUnit, port: LocalPort | OutsidePort, origin: dict[str, int]) -> Iterator[Flow]:
    for address in port.addresses:
        yield SOURCE.flow(
            "address",
            match_of(metadata=unit.number, eth_src=address.mac, **origin),
            unit.reason(APP, "learned sender" if address.learned else "given sender", port.id),
            goto=DESTINATION,
            idle_timeout=unit.age if address.learned else 0,
        )
    if port.learns:
        yield SOURCE.flow(
            "learn",
            match_of(metadata=unit.number, **origin),
            unit.reason(APP, "unknown sender", port.id),
            actions=(ToController(port.meter),),
            goto=DESTINATION,
        )
