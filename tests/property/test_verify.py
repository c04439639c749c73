"""The proof that networks are kept apart, held against the interpreter.

What is right is not suspected. What the examination says of a wrong program is a frame that the interpreter lets
through, and it says something whenever a frame can be found that leaves where it should not.
"""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet
from controller.verify.borders import Border, Owner, border_of, ground_of
from controller.verify.rules import holding_of
from controller.verify.search import Breach
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


@settings(max_examples=1200)
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
