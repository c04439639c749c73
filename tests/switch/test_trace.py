"""The interpreter and a real Open vSwitch agree about generated packets, flow by flow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from controller.dataplane.encoder import cookie_of
from controller.dataplane.interpreter import Outcome
from controller.dataplane.packet import Packet
from namespaces import new_namespace
from private_ovs import PrivateOvs
from tests.property.conversations import conversations
from tests.property.expectation import attachments
from tests.property.scene import World
from tests.property.sent_frames import BROADCAST, UNKNOWN, guest_frames, stray_frames, tunnel_places, tunnelled_frames
from tests.property.worlds import worlds
from tests.switch.real_switch import RealSwitch
from tests.switch.trace import Sent, Traced, read_datapath, read_trace

pytestmark = pytest.mark.ovs

WORLDS = 40
FRAMES = 4
MOST_PACKETS = 15


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSwitch]:
    directory: Path = tmp_path_factory.mktemp("ovs")
    with new_namespace() as namespace, PrivateOvs(directory, pid=namespace) as ovs:
        yield RealSwitch(ovs, namespace)


@settings(
    max_examples=WORLDS,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(world=worlds(), data=st.data())
def test_the_interpreter_agrees_with_open_vswitch(real: RealSwitch, world: World, data: st.DataObject) -> None:
    assume(any(attachments(world.scene)))
    name, packets = busiest(world, data)
    tunnels = frozenset(number for switch, number in world.wiring.tunnels if switch == name)
    real.build(world.scene.views[name], world.wiring.tunnels, world.programs[name])
    numbers = real.datapath_numbers()
    for interface, packet in packets:
        text = real.trace(packet, interface)
        outcome = world.interpreters[name].run(packet, interface)
        predicted = prediction(outcome, tunnels)
        assert read_trace(text, packet, tunnels) == predicted, text
        wired = tuple(sent for sent in predicted.sent if sent.interface not in tunnels)
        assert read_datapath(text, packet, numbers) == wired, text


def busiest(world: World, data: st.DataObject) -> tuple[str, list[tuple[int, Packet]]]:
    """The switch where most arrives while members talk and others intrude, and a sample of (interface, packet)."""
    scene = world.scene
    injections = [data.draw(guest_frames(scene)) for _ in range(FRAMES)]
    injections.append(data.draw(stray_frames(scene)))
    if tunnel_places(scene):
        injections += [data.draw(tunnelled_frames(scene)) for _ in range(FRAMES)]
    port, place = max(attachments(scene), key=lambda each: len(each[0].trunk))
    tags = (port.trunk[0][0],) if port.trunk else ()
    injections += [(place, Packet(BROADCAST, UNKNOWN, tags=odd)) for odd in ((0,), (*tags, 0), (*tags, 101))]
    journeys = [world.send(start, packet) for start, packet in injections]
    journeys += [journey for network in scene.intent.networks for journey in conversations(world, network)]
    arrivals: dict[str, set[tuple[int, Packet]]] = {}
    for visit in (visit for journey in journeys for visit in journey.visits):
        arrivals.setdefault(visit.place[0], set()).add((visit.place[1], visit.packet))
    name = max(sorted(arrivals), key=lambda each: len(arrivals[each]))
    packets = sorted(arrivals[name], key=repr)
    return name, packets[:: max(1, len(packets) // MOST_PACKETS)]


def prediction(outcome: Outcome, tunnels: frozenset[int]) -> Traced:
    """The interpreter's outcome, in the form that traces are read into."""
    return Traced(
        tuple(cookie_of(step.flow) if step.flow else None for step in outcome.steps),
        tuple(
            Sent(number, packet.eth_dst, packet.tags, packet.priority, packet.tunnel.id, packet.tunnel.destination)
            if number in tunnels
            else Sent(number, packet.eth_dst, packet.tags, packet.priority)
            for number, packet in outcome.emitted
        ),
        len(outcome.copies),
    )
