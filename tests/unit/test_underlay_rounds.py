"""Whose endpoints have to reach each other, and when each is probed."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core import Core
from controller.fabric.reachability import Goal
from controller.fabric.underlay_paths import Path
from controller.intent.model import Fabric, Intent, Network, Port, Segment, SegmentKey, Switch
from controller.underlay_plan import UnderlayPlan, networks_between, plan_underlay
from controller.underlay_rounds import MOST_GOALS, MOST_PAIRS, PERIOD, ROUND, SLICE, UnderlayRounds

SEGMENTS = (Segment.VXLAN, Segment.GENEVE, Segment.VLAN)
ADDRESSES = ("192.0.2.{}", "2001:db8::{}", None)


def core_of(places: dict[str, tuple[Segment, set[str]]], switches: dict[str, Switch]) -> Core:
    """A core with these networks, by name with the switches where they have a port."""
    networks = {f"blue/{name}": Network("blue", name, segment) for name, (segment, _) in places.items()}
    ports = {
        port.id: port
        for name, (_, members) in places.items()
        for at in sorted(members)
        for port in (Port("blue", f"{name}-{at}", f"blue/{name}", switch=at, interface=name),)
    }
    core = Core()
    keys = {id_: SegmentKey(network.segment, 5000) for id_, network in networks.items()}
    core.adopt(Intent(Fabric(switches), ("blue",), networks, ports), keys)
    return core


def plan_of(core: Core) -> UnderlayPlan:
    *_, plan = plan_underlay(core.situation)
    assert plan is not None
    return plan


def switch(name: str, number: int, address: str | None, *tunnels: Segment) -> Switch:
    endpoint = ip_address(address.format(number)) if address else None
    return Switch(name, number, endpoint, {segment: segment.value for segment in tunnels})


names = [f"hv{number}" for number in range(1, 7)]
all_switches = st.fixed_dictionaries(
    {
        name: st.builds(
            switch,
            st.just(name),
            st.just(number),
            st.sampled_from(ADDRESSES),
            st.sampled_from([Segment.VXLAN, Segment.GENEVE]),
            st.sampled_from([Segment.VXLAN, Segment.GRE]),
        )
        for number, name in enumerate(names, 1)
    }
)
all_places = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.tuples(st.sampled_from(SEGMENTS), st.sets(st.sampled_from(names)))
)


@given(all_places, all_switches)
def test_those_have_to_reach_each_other_that_share_a_network_and_can(
    places: dict[str, tuple[Segment, set[str]]], switches: dict[str, Switch]
) -> None:
    core = core_of(places, switches)
    plan = plan_of(core)
    for one in names:
        for segment in (Segment.VXLAN, Segment.GENEVE, Segment.GRE):
            near = plan.near.get(Goal(one, segment), ())
            assert len(near) == len(set(near))
            for other in names:
                shared = [at for at, (kind, members) in places.items() if kind is segment and {one, other} <= members]
                ends = switches[one], switches[other]
                can = all(end.endpoint and end.tunnels.get(segment) for end in ends)
                is_family = can and len({end.endpoint.version for end in ends if end.endpoint}) == 1
                is_near = bool(shared and is_family and one != other)
                assert (other in near) == is_near
                assert plan.is_near(Goal(one, segment), other) == is_near
                if one != other:
                    expected = sorted(f"blue/{at}" for at in shared)
                    assert networks_between(core.situation, one, other, segment) == expected


def everybody(number: int) -> UnderlayPlan:
    hosts = [f"hv{at}" for at in range(number)]
    switches = {name: switch(name, at + 1, "2001:db8::{:x}", Segment.VXLAN) for at, name in enumerate(hosts)}
    return plan_of(core_of({"a": (Segment.VXLAN, set(hosts))}, switches))


def test_each_is_among_the_first_of_as_many_others() -> None:
    plan = everybody(60)
    asked = Counter(name for near in plan.near.values() for name in near[:3])
    assert set(asked.values()) == {3}


def rounds_of(number: int) -> UnderlayRounds:
    rounds = UnderlayRounds()
    rounds.take(everybody(number))
    return rounds


@settings(max_examples=15)
@given(st.integers(2, 40))
def test_every_endpoint_has_its_turn_in_a_period_and_every_pair_in_a_round(number: int) -> None:
    rounds = rounds_of(number)
    seconds = max(ROUND, number * (number - 1) / 2 / MOST_PAIRS * SLICE)
    goals: Counter[Goal] = Counter()
    pairs: Counter[Path] = Counter()
    slices = round(seconds / SLICE) + 2
    for at in range(slices):
        chosen = rounds.next_goals()
        assert len(chosen) <= MOST_GOALS
        goals.update(chosen)
        looked = rounds.next_pairs(at * SLICE)
        assert len(looked) <= MOST_PAIRS
        assert all(is_large for _, is_large in looked) or at * SLICE >= seconds - 2 * SLICE
        pairs.update(pair for pair, _ in looked)
    assert len(goals) == number
    assert min(goals.values()) >= int(slices * SLICE / PERIOD) - 1
    assert len(pairs) == number * (number - 1) // 2
    assert max(pairs.values()) <= 2


def test_many_endpoints_share_what_there_is() -> None:
    rounds = rounds_of(500)
    chosen = [rounds.next_goals() for _ in range(100)]
    assert {len(some) for some in chosen} == {MOST_GOALS}
    counts = Counter(goal for some in chosen for goal in some)
    assert set(counts.values()) == {10}


def test_who_is_new_comes_first_and_who_is_gone_not_at_all() -> None:
    rounds = rounds_of(10)
    for at in range(50):
        rounds.next_pairs(at * SLICE)
    rounds.take(everybody(11))
    first = {pair for at in range(10) for pair, is_large in rounds.next_pairs(at * SLICE) if is_large}
    assert {"hv10" in pair for pair in first} == {True}
    rounds.take(everybody(4))
    later = {pair for at in range(100) for pair, _ in rounds.next_pairs(10 + at * SLICE)}
    assert {name for pair in later for name in pair[:2]} == {"hv0", "hv1", "hv2", "hv3"}


def test_nobody_is_probed_where_there_is_nobody() -> None:
    rounds = UnderlayRounds()
    assert rounds.next_goals() == []
    assert rounds.next_pairs(0.0) == []
