"""Programs are as small as promised, the same whatever the order of compilation, and complete in themselves."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controller.compiler import Compiler
from controller.dataplane.flow import PipelineError, Program
from controller.fabric.detours import Colour
from controller.fabric.paths import PLANES
from controller.fabric.transition import MARKS
from controller.fabric.trees import TREES
from controller.intent.model import OVERLAYS
from controller.lookup import aim, network_units, switch_unit, tree_unit
from tests.property.expectation import attachments, known_addresses
from tests.property.scene import World
from tests.property.worlds import worlds

FLOWS_PER_PORT = 4
FLOWS_PER_ADDRESS = 3
"""Of a learned one where it is: who sends, where it is for local guests, and for what comes from links."""
FLOWS_PER_NETWORK = 3


@given(worlds(), st.randoms(use_true_random=False))
def test_the_same_world_compiles_to_the_same_cookies_in_any_order(world: World, random: Random) -> None:
    compiler, situation = Compiler(), world.scene.situation()
    names = [*world.programs, *world.scene.intent.networks]
    for network in random.sample(sorted(world.scene.intent.networks), len(world.scene.intent.networks)):
        aim(situation, network)
    random.shuffle(names)
    for name in names:
        if name in world.programs:
            list(compiler.compile_switch(switch_unit(situation, name)))
            list(compiler.compile_trees(tree_unit(situation, name)))
        else:
            units = list(network_units(situation, name).items())
            random.shuffle(units)
            list(compiler.compile_network(name, dict(units)))
    assert {name: set(compiler.program(name).flows) for name in world.programs} == {
        name: set(program.flows) for name, program in world.programs.items()
    }


@given(worlds())
def test_flows_follow_ports_and_addresses(world: World) -> None:
    for name, program in world.programs.items():
        assert len(program.flows) <= budget(world, name)


@given(worlds())
def test_two_networks_in_one_segment_are_refused(world: World) -> None:
    """No two flows contend for one match: where they would, there is no program rather than a wrong one."""
    scene = world.scene
    ports = [(port, place[0]) for port, place in attachments(scene) if port.network in scene.keys and not port.trunk]
    pairs = [(a, b, s) for a, s in ports for b, other in ports if s == other and a.tenant < b.tenant]
    assume(pairs)
    one, two, switch = pairs[0]
    keys = dict(scene.keys) | {two.network or "": scene.keys[one.network or ""]}
    situation = replace(scene.situation(), keys=keys)
    compiler = Compiler()
    for network in (one.network or "", two.network or ""):
        list(compiler.compile_network(network, network_units(situation, network)))
    with pytest.raises(PipelineError, match="match the same packets"):
        compiler.program(switch)


@given(worlds())
def test_what_flows_point_to_is_there(world: World) -> None:
    for program in world.programs.values():
        assert groups_used(program) <= program.groups.keys()
        assert meters_used(program) <= program.meters.keys()


def budget(world: World, switch: str) -> int:
    """Flows that a switch may hold.

    A port on a trunk counts once for each network. A network costs its own entries and its flood list besides, and the
    switch a handful for itself, its links, trees, each other switch, each encapsulation, and each pair of encapsulation
    and peer.
    """
    scene = world.scene
    fixed = 4 + 1 + 1 + 1 + 3 + 4 * len(scene.cables)
    if scene.links:
        fixed += 3 + MARKS * TREES + (PLANES + len(Colour)) * (len(scene.intent.fabric.switches) - 1)
    peers = sum(each.endpoint is not None for each in scene.intent.fabric.switches.values())
    flows = fixed + len(OVERLAYS) * (1 + 2 * peers)
    for network in scene.intent.networks:
        roles = [port for port in scene.intent.ports.values() if network in port.networks]
        near = sum(port.switch == switch for port in roles)
        outside = sum(port.endpoint is not None for port in roles)
        if near:
            flows += FLOWS_PER_NETWORK + FLOWS_PER_PORT * (near + outside)
            flows += FLOWS_PER_ADDRESS * len(known_addresses(scene, network))
    return flows


def groups_used(program: Program) -> set[int]:
    """Numbers of all groups that flows hand packets to."""
    return {
        number
        for flow in program.flows.values()
        for action in flow.actions
        if (number := getattr(action, "group", None)) is not None
    }


def meters_used(program: Program) -> set[int]:
    """Numbers of all meters that flows send copies through."""
    return {
        number
        for flow in program.flows.values()
        for action in flow.actions
        if (number := getattr(action, "meter", None)) is not None
    }
