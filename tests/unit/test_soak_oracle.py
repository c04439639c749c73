"""What the soak expects, and what it takes for astray, in cases that can be seen through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pytest

from frames import BROADCAST, frame
from prober import Prober, Sighting
from soak_fabric import LINKS, UPLINKS
from soak_intent import Net, Place, Wish
from soak_oracle import reach, steadfast
from soak_site import beginning
from soak_watcher import Watcher
from soak_world import World

A, B, C = Place("blue1", None), Place("blue2", None), Place("blue6", 11)
"""Blue's guests on s1, s2 and hv1 that are in one VLAN network, the last by tag."""
OVERLAY = Place("blue4", None), Place("blue5", None), Place("blue6", 12)
"""Blue's guests in an overlay network: on hv1, on hv2, and again the trunk guest on hv1."""


@pytest.fixture
def wish() -> Wish:
    return beginning()[0]


@pytest.fixture
def world(wish: Wish) -> World:
    world = World({guest.name: guest for guest in beginning()[1]})
    world.settled(wish)
    return world


def cut(world: World, *switches: str) -> None:
    """Cut every link of these switches, at one end."""
    world.down |= {link.a for link in LINKS if {link.a.node, link.b.node} & set(switches)}


def others(of: Mapping[Place, frozenset[Place]], *places: Place) -> bool:
    """Whether these places reach each other and nobody else."""
    return all(of[place] == set(places) - {place} for place in places)


def test_everybody_reaches_exactly_the_own_network(wish: Wish, world: World) -> None:
    found = reach(wish, world)
    assert others(found, A, B, C)
    assert others(found, *OVERLAY)
    assert found[Place("blue3", None)] == frozenset()


def test_links_decide_for_a_vlan_and_not_for_an_overlay(wish: Wish, world: World) -> None:
    cut(world, "s2")
    assert reach(wish, world)[A] == {C}, "s1 and hv1 are still wired"
    cut(world, "s1", "s3")
    found = reach(wish, world)
    assert found[A] == found[C] == frozenset()
    assert others(found, *OVERLAY)
    net = wish.places()[OVERLAY[0]]
    net.segment, net.held = "auto", "vlan"
    assert reach(wish, world)[OVERLAY[1]] == frozenset(), "by what the daemon was seen to give"


@pytest.mark.parametrize("end", ["a", "b"])
def test_an_overlay_needs_the_uplinks_beyond_its_switch(wish: Wish, world: World, end: str) -> None:
    world.down.add(getattr(UPLINKS[1], end))
    found = reach(wish, world)
    assert others(found, OVERLAY[0], OVERLAY[2])
    assert found[OVERLAY[1]] == frozenset()
    assert others(found, A, B, C)


def test_a_way_around_is_a_way(wish: Wish, world: World) -> None:
    world.down |= {link.b for link in LINKS if {link.a.node, link.b.node} == {"s1", "s2"}}
    assert others(reach(wish, world), A, B, C)


@pytest.mark.parametrize("end", ["slot", "device"])
def test_a_guest_whose_cable_is_down_takes_no_part(wish: Wish, world: World, end: str) -> None:
    world.down.add(getattr(world.guests["blue1"], end))
    assert A not in reach(wish, world)
    assert others(reach(wish, world), B, C)


def test_a_guest_without_port_or_elsewhere_than_its_port_reaches_nobody(wish: Wish, world: World) -> None:
    port = wish.ports.pop("blue1")
    assert reach(wish, world)[A] == frozenset()
    wish.ports["blue1"] = port
    port.slot = world.free_slots(wish, world.guests["blue1"], ["s3"])[0]
    assert reach(wish, world)[A] == frozenset()
    assert others(reach(wish, world), B, C)


def test_what_was_used_by_another_is_free_when_all_has_settled(wish: Wish, world: World) -> None:
    blue, red = world.guests["blue1"], world.guests["red1"]
    left = blue.slot
    blue.slot = wish.ports["blue1"].slot = world.free_slots(wish, blue, ["s3"])[0]
    assert left not in world.free_slots(wish, red, ["s1"])
    assert left in world.free_slots(wish, blue, ["s1"])
    world.settled(wish)
    assert left in world.free_slots(wish, red, ["s1"])


def test_what_stays_without_the_daemon_is_on_one_switch_and_untouched(wish: Wish, world: World) -> None:
    wish.ports["blue2"].slot = world.guests["blue2"].slot = world.free_slots(wish, world.guests["blue2"], ["s1"])[0]
    before = reach(wish, world)
    assert steadfast(wish, world, before)[A] == {B}
    wish.ports["blue2"].nets = {None: wish.nets[1]}
    assert steadfast(wish, world, before)[A] == frozenset()
    wish.ports["blue2"].nets = {None: wish.nets[0]}
    world.touched.add("blue2")
    assert steadfast(wish, world, before)[A] == frozenset()
    world.touched = {"s1"}
    assert A not in steadfast(wish, world, before)


class Loopback:
    """In place of a prober: what is sent is taken in by hand."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, _station: str, token: str, **_how: object) -> None:
        self.sent.append(token)


@pytest.fixture
def watcher(world: World) -> Watcher:
    return Watcher(cast(Prober, Loopback()), world, seed=0)


def arrive(watcher: Watcher, token: str, *places: Place) -> list[str]:
    """What the watcher says when a frame arrives at these places, one after the other."""
    for place in places:
        tags = () if place.tag is None else (place.tag,)
        data = frame(token, src="02:00:00:00:00:01", vlans=tags)
        watcher._take([Sighting(place.guest, token, data, tags)])
    return [one.kind for one in watcher.astray]


@pytest.mark.parametrize(
    ("places", "kinds"),
    [
        ((B, C), []),
        ((B, C, B), ["doubled"]),
        ((B, B, B, B), ["doubled"]),
        ((A,), ["reflected"]),
        ((Place("red1", None),), ["crossed tenants"]),
        ((Place("blue3", None),), ["crossed networks"]),
        ((Place("blue6", 12),), ["crossed networks"]),
        ((Place("blue6", None),), ["crossed networks"]),
    ],
)
def test_a_frame_may_arrive_once_at_each_other_member(
    watcher: Watcher, places: tuple[Place, ...], kinds: list[str]
) -> None:
    (token,) = watcher.send([(A, BROADCAST)])
    assert arrive(watcher, token, *places) == kinds
    assert watcher.receipts(token) == {place: places.count(place) for place in places}


def test_a_guest_that_is_asked_elsewhere_may_be_in_both_networks_until_all_has_settled(
    wish: Wish, world: World, watcher: Watcher
) -> None:
    net: Net = wish.places()[Place("blue3", None)]
    wish.ports["blue1"].nets[None] = net
    world.note(wish)
    (token,) = watcher.send([(A, BROADCAST)])
    assert arrive(watcher, token, B, Place("blue3", None)) == []
    world.settled(wish)
    (token,) = watcher.send([(A, BROADCAST)])
    assert arrive(watcher, token, Place("blue3", None), B) == ["crossed networks"]


def test_a_tag_that_is_not_the_senders_is_in_no_network(watcher: Watcher) -> None:
    token = watcher._send(A, BROADCAST, 105)
    assert arrive(watcher, token, B) == ["crossed networks"]
