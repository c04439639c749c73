"""The answer to "why can't A reach B?", for any fabric and tenants: the verdict is what becomes of the frame.

What should become of it says `tests.property.expectation`, which reads no program; what becomes of it in all programs,
the interpreter. The answer is computed from a part of the programs, and has to agree with both.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from controller.answers import Answers
from controller.dataplane.fields import mac_text
from controller.dataplane.packet import Packet, Tunnel
from controller.dataplane.walk import Place
from controller.fabric.model import End
from controller.intent.model import Port
from controller.why.answer import Answer, Verdict
from controller.why.asking import Question, explain
from controller.why.frames import BROADCAST, ETH_ARP, ETH_IPV4, wanted_of
from controller.why.parties import Unclear
from tests.property.expectation import Expected, addresses, expected, tunnel_of
from tests.property.fabrics import RARELY
from tests.property.scene import Scene, World
from tests.property.test_isolation import outcome
from tests.property.worlds import worlds

PAIRS_PER_WORLD = 4


def ask(world: World, sender: str, receiver: str, packet: str) -> Answer:
    core = Answers()
    core.situation, core.compiler = world.situation, world.compiler
    question = Question(sender, receiver, wanted_of(packet))
    return next(found for found in explain(core, lambda *_: False, lambda _: None, question) if found)


@st.composite
def worlds_with_interfaces_down(draw: st.DrawFn) -> World:
    """Tenants' interfaces, as what is done with links that are down is another question."""
    scene = draw(worlds()).scene
    views = dict(scene.views)
    for port in scene.intent.ports.values():
        view = views.get(port.switch or "")
        if view and port.interface and port.interface in view.interfaces and draw(RARELY):
            down = replace(view.interfaces[port.interface], up=False)
            views[view.name] = replace(view, interfaces={**view.interfaces, down.name: down})
    return World(replace(scene, views=views))


def frame_between(scene: Scene, answer: Answer, is_arp: bool) -> tuple[Place, Packet] | None:
    """Where what was asked about enters; None when nowhere."""
    port, tag = answer.sender.port, answer.sender.tag
    assert port
    assert answer.sender.network in port.networks
    assert (tag, answer.sender.network) in [*port.trunk, *((None, name) for name in [port.network] if name)]
    destination = BROADCAST if is_arp else answer.receiver.mac
    packet = Packet(destination, answer.sender.mac, ETH_ARP if is_arp else ETH_IPV4, () if tag is None else (tag,))
    if port.endpoint is None:
        place = scene.place(port)
        return (place, packet) if place and is_up(scene, port) else None
    key = scene.keys.get(answer.sender.network)
    there = answer.receiver.port.switch if answer.receiver.port else None
    place = tunnel_of(scene, there, key.segment) if key else None
    return (place, replace(packet, tunnel=Tunnel(key.key, port.endpoint, None))) if key and place else None


def is_up(scene: Scene, port: Port) -> bool:
    view = scene.views[port.switch or ""]
    return view.interfaces[port.interface or ""].up


def is_reached(scene: Scene, out: Expected, answer: Answer) -> bool:
    port, key = answer.receiver.port, scene.keys.get(answer.receiver.network or "")
    assert port
    if port.endpoint:
        return key is not None and (port.endpoint, key.segment.value, key.key) in out.departed
    return scene.place(port) in {place for place, _ in out.delivered} and is_up(scene, port)


@given(worlds_with_interfaces_down(), st.data())
def test_the_verdict_is_what_becomes_of_the_frame(world: World, data: st.DataObject) -> None:
    scene = world.scene
    names = sorted(scene.intent.ports)
    assume(len(names) > 1)
    for _ in range(PAIRS_PER_WORLD):
        sender, receiver = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
        packet = data.draw(st.sampled_from(("icmp", "icmp", "arp")))
        if all(scene.intent.ports[name].endpoint for name in (sender, receiver)):
            continue
        answer = ask(world, sender, receiver, packet)
        for side in (answer.sender, answer.receiver):
            assert side.port
            known = addresses(scene, side.network or "", side.port)
            assert side.is_guessed == (not known)
            assert side.is_guessed or side.mac in known
        sent = frame_between(scene, answer, packet == "arp")
        reached = is_reached(scene, expected(scene, *sent), answer) if sent else False
        assert reached == (is_reached(scene, outcome(world.send(*sent)), answer) if sent else False)
        assert answer.there.arrives == reached, answer.there.text
        says_why(scene, answer)


def says_why(scene: Scene, answer: Answer) -> None:
    """The reason is one that an operator can do something about, and the way is one of wires and tunnels."""
    here, there, way = answer.sender, answer.receiver, answer.there
    assert here.port
    assert there.port
    if not set(here.port.networks) & set(there.port.networks):
        assert way.text.startswith("blocked: different networks (")
    assert not any(" drops it in table " in cause for cause in way.causes), way.causes
    assert way.text == f"{way.verdict}: {way.text.partition(': ')[2]}"
    assert way.verdict is not Verdict.FLOODED or f"dl_dst={mac_text(there.mac)}" not in str(way.steps[-1].flow)
    cables = {frozenset(((link.a), (link.b))) for link in scene.links}
    for hop, following in zip(way.hops, way.hops[1:], strict=False):
        ends = End(hop.switch, hop.left or ""), End(following.switch, following.entered)
        assert frozenset(ends) in cables or following.tunnel
    if way.arrives and not there.port.endpoint:
        assert (way.hops[-1].switch, way.hops[-1].left) == (there.port.switch, there.port.interface)


@settings(max_examples=60)
@given(worlds(), st.data())
def test_an_address_is_as_good_as_a_name_or_the_answer_says_that_it_is_not(world: World, data: st.DataObject) -> None:
    scene = world.scene
    known = [
        (port, mac)
        for port in scene.intent.ports.values()
        for name in port.networks
        for mac in sorted(addresses(scene, name, port))
    ]
    assume(known)
    port, mac = data.draw(st.sampled_from(known))
    sender = data.draw(st.sampled_from(sorted(scene.intent.ports)))
    try:
        answer = ask(world, sender, mac_text(mac), "icmp")
    except Unclear:
        owners = {one.id for one, other in known if other == mac}
        assert len(owners) > 1 or sender == port.id or scene.intent.ports[sender].endpoint
        return
    assert answer.receiver.port
    assert answer.receiver.mac == mac
    assert (answer.receiver.port, mac) in known
