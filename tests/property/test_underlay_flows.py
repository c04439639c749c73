"""Probes of the underlay, for any fabric and tenants: they end at the daemon, and no guest makes or sees one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from apps import underlay
from apps.pipeline import DESTINATION
from controller.dataplane.fields import ETH_OUI_EXTENDED
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet, Tunnel
from controller.dataplane.walk import Journey, walk
from controller.fabric.reachability import Goal
from controller.intent.model import OVERLAYS, IpAddress, Segment
from tests.property.expectation import attachments
from tests.property.scene import World, compile_all
from tests.property.sent_frames import guest_frames, link_places, stray_frames, tunnel_places, tunnelled_frames
from tests.property.worlds import worlds

FRAMES_PER_WORLD = 6
BOTH = st.sampled_from((underlay.ASKED, underlay.HEARD))


def as_probe(packet: Packet, address: int) -> Packet:
    return replace(packet, eth_dst=address, eth_type=ETH_OUI_EXTENDED)


@settings(max_examples=40)
@given(worlds(), st.data())
def test_a_probe_between_our_endpoints_ends_at_the_daemon(world: World, data: st.DataObject) -> None:
    scene = world.scene
    assume(tunnel_places(scene))
    switch, tunnel = data.draw(st.sampled_from(sorted(tunnel_places(scene))))
    own = scene.intent.fabric.switches[switch].endpoint
    others = {
        name: one.endpoint
        for name, one in scene.intent.fabric.switches.items()
        if one.endpoint and own and one.endpoint.version == own.version and name != switch
    }
    assume(others)
    name = data.draw(st.sampled_from(sorted(others)))
    address = data.draw(BOTH)
    probe = as_probe(Packet(0, 0x027E74000000, tunnel=Tunnel(underlay.TUNNEL_ID, others[name], own)), address)
    journey = world.send((switch, tunnel), probe)
    assert not journey.delivered
    copies = [(visit.place[0], flow.reason.app) for visit in journey.visits for flow in visit.outcome.copies]
    encapsulation = world.wiring.tunnels[switch, tunnel]
    can_hear = any(
        where == name and world.wiring.tunnels[where, number] == encapsulation for where, number in tunnel_places(scene)
    )
    assert bool(journey.departed) == (address == underlay.ASKED and not can_hear)
    if address == underlay.HEARD:
        assert copies == [(switch, underlay.APP)]
        assert len(journey.visits) == 1
    elif can_hear:
        assert copies == [(name, underlay.APP)], "who asked hears it"
        assert [visit.place[0] for visit in journey.visits] == [switch, name]
    else:
        assert not copies


@settings(max_examples=40)
@given(worlds(), st.data())
def test_nobody_else_makes_or_sees_one(world: World, data: st.DataObject) -> None:
    scene = world.scene
    kinds = [guest_frames(scene)] if any(attachments(scene)) else []
    kinds += [tunnelled_frames(scene)] if tunnel_places(scene) else []
    kinds += [stray_frames(scene)] if link_places(scene) else []
    assume(kinds)
    start, packet = data.draw(st.one_of(*kinds))
    if packet.tunnel.source is not None and data.draw(st.booleans()):
        packet = replace(packet, tunnel=replace(packet.tunnel, id=underlay.TUNNEL_ID))
    journey = world.send(start, as_probe(packet, data.draw(BOTH)))
    for visit in journey.visits:
        assert all(flow.reason.app != underlay.APP for flow in visit.outcome.copies)
        for number, sent in visit.outcome.emitted:
            is_tunnel = (visit.place[0], number) in world.wiring.tunnels
            assert not (is_tunnel and sent.tunnel.id == underlay.TUNNEL_ID)


@settings(max_examples=60)
@given(worlds(), st.data())
def test_what_is_flooded_goes_to_all_but_those_out_of_reach(world: World, data: st.DataObject) -> None:
    scene = world.scene
    assume(any(attachments(scene)))
    goals = [Goal(name, segment) for name in sorted(scene.views) for segment in OVERLAYS]
    unreached = data.draw(st.frozensets(st.sampled_from(goals), min_size=len(goals) // 2))
    programs = compile_all(replace(world.situation, unreached=unreached))
    interpreters = {name: Interpreter(program) for name, program in programs.items()}
    for _ in range(FRAMES_PER_WORLD):
        start, packet = data.draw(guest_frames(scene))
        before, after = world.send(start, packet), walk(interpreters, world.wiring, start, packet)
        expected = Counter(_tunnelled(world, before))
        if not _is_known(before):
            expected = Counter({one: times for one, times in expected.items() if Goal(*one) not in unreached})
        assert Counter(_tunnelled(world, after)) == expected, "a known address is sent for all the same"
        assert _outside(world, after) == _outside(world, before)
        near, left = ([one.place for one in journey.visits if not one.packet.tunnel.id] for journey in (before, after))
        assert near == left


def _tunnelled(world: World, journey: Journey) -> list[tuple[str, Segment]]:
    """To which of our switches copies went, in what; some have no tunnel interface where they would arrive."""
    visits = (visit for visit in journey.visits if visit.packet.tunnel.destination)
    owners = {address: name for name, address in world.wiring.endpoints.items()}
    found = [(visit.place[0], Segment(world.wiring.tunnels[visit.place])) for visit in visits]
    return found + [(owners[to], Segment(kind)) for to, kind, _ in journey.departed if to in owners]


def _outside(world: World, journey: Journey) -> Counter[tuple[IpAddress, str, Packet]]:
    """What went to endpoints that are not our switches'."""
    ours = set(world.wiring.endpoints.values())
    return Counter(one for one in journey.departed if one[0] not in ours)


def _is_known(journey: Journey) -> bool:
    """Whether the switch where a frame entered has a flow for its address."""
    step = next((one for one in journey.visits[0].outcome.steps if one.table == DESTINATION.id), None)
    return bool(step and step.flow and step.flow.actions)
