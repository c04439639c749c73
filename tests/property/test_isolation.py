"""Isolation, for any fabric, tenants and frames: a frame reaches exactly whom it should, and nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from apps import learning
from apps.discovery import NEAREST_BRIDGE
from controller.dataplane.fields import ETH_LLDP
from controller.dataplane.packet import Packet, Tunnel
from controller.dataplane.walk import Journey, Visit
from controller.intent.model import Segment
from tests.property.conversations import conversations
from tests.property.expectation import (
    Expected,
    addresses,
    attachments,
    expected,
    members,
    sender_of,
    tunnel_of,
)
from tests.property.fabrics import endpoint
from tests.property.scene import Scene, World
from tests.property.sent_frames import (
    BROADCAST,
    UNKNOWN,
    guest_frames,
    link_places,
    stray_frames,
    tunnel_places,
    tunnelled_frames,
)
from tests.property.tenancies import KEYS
from tests.property.worlds import worlds

FRAMES_PER_WORLD = 6


def outcome(journey: Journey) -> Expected:
    """What came out, in the form in which it is expected."""
    return Expected(
        Counter((place, packet.tags) for place, packet in journey.delivered),
        Counter((receiver, kind, packet.tunnel.id) for receiver, kind, packet in journey.departed),
    )


@given(worlds(), st.data())
def test_a_guests_frame_reaches_exactly_whom_it_should(world: World, data: st.DataObject) -> None:
    scene = world.scene
    assume(any(attachments(scene)))
    for _ in range(FRAMES_PER_WORLD):
        start, packet = data.draw(guest_frames(scene))
        journey = world.send(start, packet)
        assert outcome(journey) == expected(scene, start, packet)
        assert all(sent.eth_dst == packet.eth_dst and sent.eth_src == packet.eth_src for _, sent in journey.delivered)
        network, _ = sender_of(scene, start, packet)
        for visit in journey.visits[1:]:
            assert is_carried_right(world, network, visit)


@given(worlds(), st.data())
def test_an_outside_endpoint_reaches_only_the_networks_that_name_it(world: World, data: st.DataObject) -> None:
    assume(tunnel_places(world.scene))
    for _ in range(FRAMES_PER_WORLD):
        start, packet = data.draw(tunnelled_frames(world.scene))
        journey = world.send(start, packet)
        assert outcome(journey) == expected(world.scene, start, packet)
        assert len(journey.visits) == 1


@given(worlds(), st.data())
def test_interfaces_of_nobody_get_nothing_in(world: World, data: st.DataObject) -> None:
    start, packet = data.draw(stray_frames(world.scene))
    journey = world.send(start, packet)
    assert outcome(journey) == Expected()
    assert len(journey.visits) == 1
    is_announcement = packet.eth_type == ETH_LLDP and packet.eth_dst == NEAREST_BRIDGE and not packet.tags
    assert bool(journey.visits[0].outcome.copies) == is_announcement


@given(worlds(), st.data())
def test_a_link_brings_only_the_tags_of_networks(world: World, data: st.DataObject) -> None:
    assume(link_places(world.scene))
    start = data.draw(st.sampled_from(link_places(world.scene)))
    vlans = {key.key for key in world.scene.keys.values() if key.segment is Segment.VLAN}
    unknown = st.integers(0, 4095).filter(lambda tag: tag not in vlans).map(lambda tag: (tag,))
    double = st.tuples(st.sampled_from(sorted({*vlans, 0})), st.integers(0, 4095))
    packet = Packet(BROADCAST, UNKNOWN, tags=data.draw(st.just(()) | unknown | double))
    journey = world.send(start, packet)
    assert outcome(journey) == Expected()
    assert len(journey.visits) == 1


@given(worlds(), st.data())
def test_a_tunnel_brings_only_the_keys_of_networks(world: World, data: st.DataObject) -> None:
    """Also from our own endpoints, which are believed about everything else."""
    scene = world.scene
    assume(tunnel_places(scene))
    start = data.draw(st.sampled_from(tunnel_places(scene)))
    peer = data.draw(st.sampled_from([s.endpoint for s in scene.intent.fabric.switches.values() if s.endpoint]))
    kind = world.wiring.tunnels[start]
    known = {key.key for key in scene.keys.values() if key.segment.value == kind}
    key = data.draw(st.sampled_from((0, 1, 2, 101, 4094, 2**24 - 1, 2**32 - 1)).filter(lambda each: each not in known))
    journey = world.send(start, Packet(BROADCAST, UNKNOWN, tunnel=Tunnel(key, peer, None)))
    assert outcome(journey) == Expected()
    assert len(journey.visits) == 1


@given(worlds(), st.data())
def test_only_the_first_switch_copies_and_only_unknown_senders(world: World, data: st.DataObject) -> None:
    """The outer tag says who sends: a frame that is dropped for a second one still tells where its sender is."""
    scene = world.scene
    assume(any(attachments(scene)))
    start, packet = data.draw(guest_frames(scene))
    journey = world.send(start, packet)
    network, senders = sender_of(scene, start, replace(packet, tags=packet.tags[:1]))
    is_news = bool(
        network in scene.keys
        and not packet.eth_src & 1 << 40
        and any(not m.port.mac and packet.eth_src not in addresses(scene, network, m.port) for m in senders)
    )
    # The port of a network without key is open to the discovery alone, which does not believe it.
    if network in scene.keys or not network:
        assert len(journey.visits[0].outcome.copies) == is_news
    assert not any(visit.outcome.copies for visit in journey.visits[1:])


@given(worlds())
def test_no_guest_and_no_tunnel_reaches_the_discovery(world: World) -> None:
    scene = world.scene
    guests = [place for port, place in attachments(scene) if port.trunk or port.network in scene.keys]
    outside = [Tunnel(key, endpoint(4, 10), None) for key in KEYS]
    frames = [(place, Packet(NEAREST_BRIDGE, UNKNOWN, ETH_LLDP)) for place in guests]
    frames += [
        (place, Packet(NEAREST_BRIDGE, UNKNOWN, ETH_LLDP, tunnel=tunnel))
        for place in tunnel_places(scene)
        for tunnel in outside
    ]
    for start, packet in frames:
        copies = world.send(start, packet).visits[0].outcome.copies
        assert all(flow.reason.app == learning.APP for flow in copies)


@given(worlds())
def test_a_switch_without_members_holds_only_what_crosses_it(world: World) -> None:
    """Every flow for a network on such a switch is used by some frame between two of the network's members.

    Each member needs an address for that: a switch on the way to one whose address is not known yet is ready for it.
    """
    world = World(with_addresses_for_all(world.scene))
    for network in world.scene.intent.networks:
        here = members(world.scene, network)
        homes = {member.port.switch for member in here}
        held = {
            (name, flow)
            for name, program in world.programs.items()
            for flow in program.flows.values()
            if flow.reason.network == network and name not in homes
        }
        used = {(name, flow) for journey in conversations(world, network) for name, flow in flows_met(journey)}
        assert held <= used


def with_addresses_for_all(scene: Scene) -> Scene:
    """The scene after every port that learns has learned one more address, in each of its networks."""
    learners = [(network, port) for port in scene.intent.ports.values() if not port.mac for network in port.networks]
    more = tuple((network, port.id, 0x06 << 40 | number) for number, (network, port) in enumerate(learners))
    return replace(scene, learned=scene.learned + more)


def flows_met(journey: Journey) -> Iterator[tuple[str, object]]:
    """(switch, flow) of everything that decided about a frame."""
    for visit in journey.visits:
        yield from ((visit.place[0], step.flow) for step in visit.outcome.steps)


def is_carried_right(world: World, network: str, visit: Visit) -> bool:
    """Whether a frame came from another switch as its network's frames travel: tagged, or under the key."""
    key = world.scene.keys[network]
    if key.segment is Segment.VLAN:
        return visit.packet.tags == (key.key,) and visit.place in world.wiring.wires
    arrived = tunnel_of(world.scene, visit.place[0], key.segment)
    return visit.packet.tags == () and visit.packet.tunnel.id == key.key and visit.place == arrived
