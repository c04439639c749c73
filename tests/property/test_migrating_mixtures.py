"""A guest that migrates on a fabric with circles, whichever switches have followed: nothing for it or of it is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet
from controller.dataplane.walk import Place, walk
from tests.property.mixtures import (
    BROADCAST,
    LEARNED,
    NETWORK,
    NOWHERE,
    RING,
    TAPS,
    UNKNOWN,
    Mixtures,
    switch_names,
)


@pytest.mark.parametrize("far", ["s1", "s2"])
@pytest.mark.parametrize("is_given", [True, False])
def test_what_is_for_a_guest_that_migrates_gets_to_where_it_is(far: str, is_given: bool) -> None:
    """Whichever switches have followed: to the first place until all have, and to both when all do; then to the second.

    What a guest at the second place sends gets to the others from when that place is ready.
    """
    ring = Mixtures()
    ring.build(switch_names(5), RING, {"s0": is_given, "s3": True, far: True})
    if not is_given:
        ring.core.observed(NETWORK.id, "t/s0-tap0", LEARNED[0])
        ring.unsettled_ports.add("t/s0-tap0")
    ring.settle()
    port, here, there = ring.ports["t/s0-tap0"], ("s0", TAPS["tap0"]), (far, TAPS["tap1"])
    ring.ports[port.id] = replace(port, standby=(far, "tap1"))
    for arrived in follow_in_any_order(ring, port.id):
        assert arrived[here] == 1
        assert arrived.keys() <= {here, there}
    assert arrived == {here: 1, there: 1}
    check_what_it_sends(ring, there, {"t/s3-tap0", f"t/{far}-tap0"})
    ring.ports[port.id] = replace(port, switch=far, interface="tap1")
    for arrived in follow_in_any_order(ring, port.id):
        assert arrived[there] == 1
        assert arrived.keys() <= {here, there}
    assert arrived == {there: 1}
    check_what_it_sends(ring, there, {"t/s3-tap0", f"t/{far}-tap0"})


def follow_in_any_order(ring: Mixtures, port: str) -> Iterator[Counter[Place]]:
    """Where a frame for the port's address gets from each other port, in all mixtures until everything has settled."""
    [mac] = (mac for mac, name in ring.owners().items() if name == port)
    ring.adopt()
    is_moving = True
    while is_moving:
        ring.tell()
        for mixture in [*ring.mixtures(), ring.told]:
            for sender in sorted(ring.ports.keys() - {port}):
                yield Counter(place for place, _ in sent(ring, mixture, ring.place(sender), mac, UNKNOWN))
        ring.follow()
        is_moving = ring.core.confirmed(ring.core.connected_switches())


def check_what_it_sends(ring: Mixtures, start: Place, others: set[str]) -> None:
    """What the guest sends to all gets to all others, and not to itself."""
    [mac] = (mac for mac, name in ring.owners().items() if name == "t/s0-tap0")
    arrived = Counter(place for place, _ in sent(ring, ring.held, start, BROADCAST, mac))
    assert arrived == {ring.place(other): 1 for other in others}


def sent(
    ring: Mixtures, mixture: dict[str, Interpreter], start: Place, mac: int, source: int
) -> tuple[tuple[Place, Packet], ...]:
    sender = next((name for name, port in ring.ports.items() if ring.place(name) == start), "")
    own = [known for known, name in ring.owners().items() if name == sender]
    packet = Packet(mac, own[0] if own else source)
    return walk({**mixture, NOWHERE: Interpreter(Program())}, ring.wiring(), start, packet).delivered
