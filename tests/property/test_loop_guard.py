"""Blocked ports and probes, for any fabric, tenants and frames."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from apps import loop_guard
from controller.dataplane.fields import ETH_OUI_EXTENDED
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.walk import walk
from controller.fabric.outside_loops import Attachment
from tests.property.expectation import attachments, sender_of
from tests.property.scene import World, compile_all
from tests.property.sent_frames import guest_frames, stray_frames, tunnel_places, tunnelled_frames
from tests.property.worlds import worlds

FRAMES_PER_WORLD = 6


@settings(max_examples=30)
@given(worlds(), st.data())
def test_a_blocked_port_neither_sends_nor_receives_and_all_else_is_as_if_it_were_open(
    world: World, data: st.DataObject
) -> None:
    scene = world.scene
    there = {
        Attachment(network, port.id): (place, () if port.network else (tag,))
        for port, place in attachments(scene)
        for tag, network in port.trunk or ((0, port.network or ""),)
    }
    assume(there)
    blocked = data.draw(st.sets(st.sampled_from(sorted(there)), min_size=1, max_size=4))
    programs = compile_all(replace(world.situation, blocked=blocked))
    interpreters = {name: Interpreter(program) for name, program in programs.items()}
    cut_off = {there[at] for at in blocked}
    for _ in range(FRAMES_PER_WORLD):
        start, packet = data.draw(guest_frames(scene))
        journey = walk(interpreters, world.wiring, start, packet)
        came = Counter((place, sent.tags) for place, sent in journey.delivered)
        network, senders = sender_of(scene, start, packet)
        if any(Attachment(network, one.port.id) in blocked for one in senders):
            assert not journey.visits[0].outcome.emitted
            assert not journey.visits[0].outcome.copies
        else:
            before = world.send(start, packet)
            all_of_it = Counter((place, sent.tags) for place, sent in before.delivered)
            assert came == {where: number for where, number in all_of_it.items() if where not in cut_off}
            assert len(journey.visits) == len(before.visits)
            assert Counter(journey.departed) == Counter(before.departed)


@settings(max_examples=20)
@given(worlds(), st.data())
def test_a_probe_ends_where_it_comes_in(world: World, data: st.DataObject) -> None:
    scene = world.scene
    kinds = [guest_frames(scene)] if any(attachments(scene)) else []
    kinds += [tunnelled_frames(scene)] if tunnel_places(scene) else []
    start, packet = data.draw(st.one_of(*kinds, stray_frames(scene)))
    probe = replace(packet, eth_dst=loop_guard.PROBES, eth_type=ETH_OUI_EXTENDED, tags=packet.tags[:1])
    (visit,) = world.send(start, probe).visits
    assert not visit.outcome.emitted
    assert [flow.reason.app for flow in visit.outcome.copies] == [loop_guard.APP]
