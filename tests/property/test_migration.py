"""A port at two places: what is for it gets to both, once, what its guest sends to neither, and nobody else notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

from hypothesis import assume, event, given
from hypothesis import strategies as st

from apps import migration
from controller.dataplane.packet import Packet
from controller.dataplane.walk import Place
from controller.intent.model import LinkEnd, Port
from controller.verify.rules import holding_of
from controller.verify.verifier import examine
from tests.property.expectation import Expected, addresses, expected, sender_of
from tests.property.fabrics import PORTS_PER_SWITCH
from tests.property.scene import Scene, World
from tests.property.sent_frames import guest_frames, tunnel_places, tunnelled_frames
from tests.property.test_isolation import outcome
from tests.property.test_proof import borders
from tests.property.worlds import worlds

FRAMES_PER_WORLD = 8


@dataclass(frozen=True)
class Migration:
    """A world with a port at two places, and the scenes in which it is at one of them only."""

    world: World
    port: Port
    before: Scene
    after: Scene

    @property
    def places(self) -> tuple[Place, Place]:
        """Where it stays, and where it stands by."""
        found = self.before.place(self.before.intent.ports[self.port.id]), self.after.place(self.moved)
        assert found[0] is not None
        assert found[1] is not None
        return found[0], found[1]

    @property
    def moved(self) -> Port:
        return self.after.intent.ports[self.port.id]


def with_port(scene: Scene, port: Port) -> Scene:
    return replace(scene, intent=replace(scene.intent, ports={**scene.intent.ports, port.id: port}))


def free_places(scene: Scene) -> list[LinkEnd]:
    """Interfaces of switches that were seen, for ports and without one."""
    taken = {place for port in scene.intent.ports.values() for place in port.places}
    names = ((name, f"{name}-p{number}") for name in scene.views for number in range(PORTS_PER_SWITCH))
    return [place for place in names if place not in taken and place[1] in scene.views[place[0]].interfaces]


@st.composite
def migrations(draw: st.DrawFn) -> Migration:
    """Any port that is somewhere, and a free interface on another switch."""
    scene = draw(worlds()).scene
    chosen = [port for port in scene.intent.ports.values() if scene.place(port)]
    assume(chosen)
    port = draw(st.sampled_from(chosen))
    free = [place for place in free_places(scene) if place[0] != port.switch]
    assume(free)
    there = draw(st.sampled_from(free))
    both = replace(port, standby=there)
    after = with_port(scene, replace(port, switch=there[0], interface=there[1]))
    return Migration(World(with_port(scene, both)), both, scene, after)


@given(migrations(), st.data())
def test_a_frame_gets_to_both_places_once_and_to_nobody_who_would_not_get_it(
    found: Migration, data: st.DataObject
) -> None:
    for _ in range(FRAMES_PER_WORLD):
        frames = guest_frames(found.before) | guest_frames(found.after)
        if tunnel_places(found.before):
            frames |= tunnelled_frames(found.before)
        start, packet = data.draw(frames)
        journey = outcome(found.world.send(start, packet))
        here, there = expected(found.before, start, packet), expected(found.after, start, packet)
        is_its_own = start in found.places
        if is_its_own:
            event("from itself")
            one = here if start == found.places[0] else there
            check_what_it_sends(found, journey, one, packet)
            continue
        network = sender_of(found.before, start, packet)[0] or sender_of(found.after, start, packet)[0]
        if packet.eth_src in addresses(found.before, network, found.port):
            continue  # Somebody who passes for it gets less, which harms nobody else.
        for place, one in zip(found.places, (here, there), strict=True):
            event(f"for {'it' if at(one, place) else 'others'}")
            assert at(journey, place) == at(one, place)
        check_others(found, journey, (here, there))


def check_what_it_sends(found: Migration, journey: Expected, wanted: Expected, packet: Packet) -> None:
    """As if it were only where it sent; what it sends to all does not come back to its other place."""
    mine = {mac for network in found.port.networks for mac in addresses(found.before, network, found.port)}
    if packet.eth_dst not in mine:
        check_others(found, journey, (wanted,))
        assert {place for place, _ in journey.delivered} >= {place for place, _ in wanted.delivered}
        assert packet.eth_src not in mine or all(not at(journey, place) for place in found.places)


def at(result: Expected, place: Place) -> Counter[object]:
    return Counter({key: times for key, times in result.delivered.items() if key[0] == place})


def check_others(found: Migration, journey: Expected, possible: Collection[Expected]) -> None:
    """Everybody gets it once at most, and if he would in one of the worlds with the port at one place.

    To both places it may go, though in such a world there may be nobody at one of them.
    """
    assert max(journey.delivered.values(), default=1) == 1
    for key in journey.delivered:
        assert key[0] in found.places or any(key in one.delivered for one in possible)
    switches = found.before.intent.fabric.switches
    own = {switches[name].endpoint for name, _ in found.places}
    departed = {key for key in journey.departed if key[0] not in own}
    assert departed <= set().union(*(one.departed for one in possible))


@given(migrations())
def test_both_places_are_its_networks_and_nobody_elses(found: Migration) -> None:
    for name, border in borders(found.world.scene).items():
        examined = examine(border, holding_of(found.world.programs[name]))
        assert examined.breaches == ()
        assert examined.suspects == 0


@given(migrations(), st.data())
def test_only_what_a_guest_sends_where_it_stands_by_is_told_to_the_daemon(
    found: Migration, data: st.DataObject
) -> None:
    start, packet = data.draw(guest_frames(found.after))
    told = [
        (visit.place, flow.reason.port)
        for visit in found.world.send(start, packet).visits
        for flow in visit.outcome.copies
        if flow.reason.app == migration.APP
    ]
    network, _ = sender_of(found.after, start, packet)
    assert told in ([], [(found.places[1], found.port.id)])
    if start != found.places[1]:
        assert told == []
    elif packet.eth_src in addresses(found.after, network, found.port) and network in found.before.keys:
        assert told
