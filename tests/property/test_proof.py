"""The proof that networks are kept apart, held against the interpreter.

What is right is not suspected. What the examination says of a wrong program is a frame that the interpreter lets
through, and it says something whenever a frame can be found that leaves where it should not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hypothesis import assume, event, given
from hypothesis import strategies as st

from apps.pipeline import NETWORK, network_number
from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet
from controller.verify.borders import Border, Owner, border_of, ground_of
from controller.verify.rules import Holding, Rule, holding_of
from controller.verify.search import Breach
from controller.verify.units import Base, Numbering, examine_unit
from controller.verify.verifier import examine
from tests.property.mutations import frames_at, wrong_programs
from tests.property.scene import Scene, World
from tests.property.worlds import worlds

FRAMES = 12


def borders(scene: Scene) -> dict[str, Border]:
    """The edge of each switch."""
    ground = ground_of(scene.intent, [(key, network) for network, key in scene.keys.items()])
    ports = scene.intent.ports.values()
    return {name: border_of(ground, scene.intent, view, ports) for name, view in scene.views.items()}


def entering(border: Border, interface: int, packet: Packet) -> Owner:
    tag = packet.tags[0] if packet.tags else None
    return border.owner(interface, tag, packet.tunnel.id, packet.tunnel.source)


def leaving(border: Border, interface: int, packet: Packet) -> Owner:
    tag = packet.tags[0] if packet.tags else None
    return border.owner(interface, tag, packet.tunnel.id, packet.tunnel.destination)


def escapes(border: Border, interpreter: Interpreter, interface: int, packet: Packet) -> Iterator[tuple[int, Packet]]:
    """What the interpreter sends where it is another owner's."""
    owner = entering(border, interface, packet)
    for port, sent in interpreter.run(packet, interface).emitted:
        if leaving(border, port, sent) != owner:
            yield port, sent


def lets_through(program: Program, border: Border, breach: Breach) -> bool:
    """Whether the interpreter sends the frame of a breach as the breach says.

    Of two flows of one priority it takes the first, and either is right.
    """
    first = {rule.cookie: rule.flow for rule in breach.rules}
    ordered = Program({**first, **program.flows}, program.groups, program.meters)
    interpreter = Interpreter(ordered, lambda interface: interface not in breach.down)
    return any(
        port == breach.left
        and breach.sent is not None
        and (sent.tags, sent.eth_dst) == (breach.sent.tags, breach.sent.eth_dst)
        for port, sent in escapes(border, interpreter, breach.entered, breach.packet)
    )


@given(worlds())
def test_what_is_right_is_not_suspected(world: World) -> None:
    for name, border in borders(world.scene).items():
        examined = examine(border, holding_of(world.programs[name]))
        assert examined.breaches == ()
        assert examined.suspects == 0


@given(worlds(2), st.data())
def test_what_is_wrong_is_found_and_what_is_found_is_wrong(world: World, data: st.DataObject) -> None:
    edges = borders(world.scene)
    assume(edges)
    name = data.draw(st.sampled_from(sorted(edges)))
    border = edges[name]
    program = data.draw(wrong_programs(world.programs[name], border))
    breaches = examine(border, holding_of(program)).breaches
    for breach in breaches:
        assert lets_through(program, border, breach)
    down = data.draw(st.sets(st.sampled_from(sorted({*border.ports, *border.links, *border.tunnels}))))
    interpreter = Interpreter(program, lambda interface: interface not in down)
    frames = [data.draw(frames_at(program, border)) for _ in range(FRAMES)]
    is_shown = any(list(escapes(border, interpreter, interface, packet)) for interface, packet in frames)
    event("shown by the interpreter" if is_shown else "found" if breaches else "harmless")
    assert breaches or not is_shown


def by_units(program: Program, border: Border) -> tuple[bool, bool]:
    """(whether something is found, whether all networks could be examined by themselves)."""
    shares: dict[str, list[Rule]] = {}
    for cookie, flow in program.flows.items():
        shares.setdefault(flow.reason.network, []).append(Rule(flow, cookie))
    base = Base(border, Holding(tuple(shares.pop("", ())), program.groups))
    networks = {*shares, *(network for port in border.ports.values() for network in networks_of(port))}
    owners = {network_number(key): name for name, keys in border.ground.keys.items() for key in keys}
    numbering = Numbering(owners, NETWORK)
    units = [examine_unit(border, base, name, shares.get(name, ()), numbering) for name in sorted(networks)]
    return any(unit.breaches for unit in units), base.is_separate and all(unit.is_separate for unit in units)


def networks_of(port: str | Mapping[int, str]) -> Iterable[str]:
    return (port,) if isinstance(port, str) else port.values()


@given(worlds())
def test_networks_that_are_right_are_examined_by_themselves(world: World) -> None:
    for name, border in borders(world.scene).items():
        assert by_units(world.programs[name], border) == (False, True)


@given(worlds(2), st.data())
def test_networks_by_themselves_tell_what_the_whole_switch_tells(world: World, data: st.DataObject) -> None:
    edges = borders(world.scene)
    assume(edges)
    name = data.draw(st.sampled_from(sorted(edges)))
    program = data.draw(wrong_programs(world.programs[name], edges[name]))
    is_wrong = bool(examine(edges[name], holding_of(program)).breaches)
    is_found, is_separate = by_units(program, edges[name])
    event(f"wrong: {is_wrong}, by themselves: {is_separate}")
    if is_separate:
        assert is_found == is_wrong
