"""Segment keys: who gets which, who keeps it, and when it comes back."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.intent import allocation
from controller.intent.allocation import QUARANTINE, KeyLedger, allocate
from controller.intent.model import Fabric, Intent, KeyRange, Network, Port, Segment, SegmentKey, Switch

AUTO, VLAN, VXLAN, GENEVE, GRE = Segment.AUTO, Segment.VLAN, Segment.VXLAN, Segment.GENEVE, Segment.GRE
SWITCHES = {"leaf": Switch("leaf", 1), "hv": Switch("hv", 2, ip_address("192.0.2.1"))}


def network(name: str, segment: Segment = AUTO, key: int | None = None) -> Network:
    return Network("t", name, segment, key)


def intent(
    *networks: Network, vlans: str = "2-4", keys: str = "10-12", reserved: int = 0, grounded: str = ""
) -> Intent:
    """Networks, and a port on the switch without endpoint for each one named in `grounded`."""
    ranges = [KeyRange(*map(int, text.split("-"))) for text in (vlans, keys)]
    fabric = Fabric(SWITCHES, (ranges[0],), (ranges[1],), (KeyRange(reserved, reserved),) if reserved else ())
    ports = [Port("t", f"p-{name}", f"t/{name}", switch="leaf", interface=name) for name in grounded]
    return Intent(fabric, ("t",), {one.id: one for one in networks}, {port.id: port for port in ports})


def keys_of(given: Intent, ledger: KeyLedger | None = None, now: float = 0) -> dict[str, str]:
    _, keys, _ = allocate(given, ledger or KeyLedger(), now)
    return {name.removeprefix("t/"): str(key) for name, key in keys.items()}


def autos(names: str) -> list[Network]:
    return [network(name) for name in names]


def test_auto_gives_vlans_and_then_tunnel_ids() -> None:
    assert keys_of(intent(*autos("abcde"))) == {
        "a": "vlan 2",
        "b": "vlan 3",
        "c": "vlan 4",
        "d": "vxlan 10",
        "e": "vxlan 11",
    }


def test_chosen_keys_and_reserved_vlans_are_left_out() -> None:
    given = intent(network("z", VLAN, 3), network("y", GRE, 10), *autos("ab"), network("x", GENEVE), reserved=2)
    assert keys_of(given) == {"z": "vlan 3", "y": "gre 10", "a": "vlan 4", "b": "vxlan 11", "x": "geneve 12"}


def test_a_key_stays_when_others_come_and_go() -> None:
    ledger, _, _ = allocate(intent(*autos("abcd")), KeyLedger(), 0)
    assert keys_of(intent(*autos("0cd")), ledger) == {"0": "vxlan 11", "c": "vlan 4", "d": "vxlan 10"}


def test_a_key_stays_when_pools_and_overlay_change() -> None:
    ledger, _, _ = allocate(intent(*autos("abcd")), KeyLedger(), 0)
    assert keys_of(intent(*autos("d"), network("a", VLAN), vlans="100-200"), ledger) == {"d": "vxlan 10", "a": "vlan 2"}


def test_a_vlan_that_becomes_reserved_is_given_up() -> None:
    ledger, _, _ = allocate(intent(*autos("a")), KeyLedger(), 0)
    _, keys, problems = allocate(intent(*autos("a"), reserved=2), ledger, 0)
    assert keys == {"t/a": SegmentKey(VLAN, 3)}
    assert [str(problem) for problem in problems] == [
        "network t/a gives up vlan 2, which is now reserved; none is needed"
    ]


def test_a_changed_segment_gets_a_new_key() -> None:
    ledger, _, _ = allocate(intent(*autos("a")), KeyLedger(), 0)
    ledger, keys, _ = allocate(intent(network("a", GENEVE)), ledger, 5)
    assert keys == {"t/a": SegmentKey(GENEVE, 10)}
    assert ledger.released == {SegmentKey(VLAN, 2): 5}


def test_a_released_key_rests_for_a_day() -> None:
    ledger, _, _ = allocate(intent(*autos("a")), KeyLedger(), 0)
    ledger, _, _ = allocate(intent(), ledger, 100)
    assert keys_of(intent(*autos("b")), ledger, 100 + QUARANTINE - 1) == {"b": "vlan 3"}
    assert keys_of(intent(*autos("b")), ledger, 100 + QUARANTINE) == {"b": "vlan 2"}


def test_a_clock_that_is_set_back_does_not_end_a_rest() -> None:
    ledger = KeyLedger({}, {SegmentKey(VLAN, 2): 1e12})
    after, keys, _ = allocate(intent(*autos("b")), ledger, 50)
    assert keys == {"t/b": SegmentKey(VLAN, 3)}
    assert after.released == {SegmentKey(VLAN, 2): 50}


def test_a_resting_key_is_given_when_no_other_is_left_the_oldest_first() -> None:
    ledger = KeyLedger({}, {SegmentKey(VLAN, 2): 9, SegmentKey(VLAN, 3): 8, SegmentKey(VLAN, 4): 7})
    assert keys_of(intent(network("a", VLAN), network("b", VLAN)), ledger, 10) == {"a": "vlan 4", "b": "vlan 3"}
    assert keys_of(intent(network("a"), network("b"), grounded="b"), ledger, 10) == {"a": "vxlan 10", "b": "vlan 4"}


def test_of_very_many_released_keys_the_last_ones_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation, "MOST_COOLING", 2)
    ledger, *_ = allocate(intent(*autos("abc")), KeyLedger(), 0)
    for now, left in enumerate(("bc", "c", ""), 1):
        ledger, *_ = allocate(intent(*autos(left)), ledger, now)
    assert ledger.released == {SegmentKey(VLAN, 3): 2, SegmentKey(VLAN, 4): 3}
    assert keys_of(intent(*autos("d")), ledger, 4) == {"d": "vlan 2"}
    monkeypatch.setattr(allocation, "MOST_COOLING", 1)
    assert allocate(intent(), ledger, 4)[0].released == {SegmentKey(VLAN, 4): 3}


def test_a_chosen_key_moves_the_network_that_had_it() -> None:
    ledger, _, _ = allocate(intent(*autos("a")), KeyLedger(), 0)
    ledger, keys, problems = allocate(intent(*autos("a"), network("b", VLAN, 2)), ledger, 0)
    assert keys == {"t/a": SegmentKey(VLAN, 3), "t/b": SegmentKey(VLAN, 2)}
    assert ledger.released == {}
    assert [(str(problem), problem.fatal) for problem in problems] == [
        (
            "network t/a gives up vlan 2, which network t/b now asks for by number; "
            "the other waits until all switches have changed",
            False,
        )
    ]


def test_an_empty_pool_names_itself_and_what_to_change() -> None:
    ledger, _, _ = allocate(intent(network("a", VLAN), vlans="2-3", reserved=2), KeyLedger(), 0)
    _, keys, problems = allocate(intent(network("0", VLAN), network("a", VLAN), vlans="2-3", reserved=2), ledger, 0)
    assert keys == {"t/a": SegmentKey(VLAN, 3)}
    assert [(str(problem), problem.fatal) for problem in problems] == [
        (
            "no key is left in vlans (2-3 less the reserved 2: 1 keys) for network t/0; "
            "widen vlans in fabric, or remove networks, or make some networks segment: vxlan",
            True,
        )
    ]
    _, _, problems = allocate(intent(network("a", GRE), network("b", GRE), keys="7-7"), KeyLedger(), 0)
    assert [str(problem) for problem in problems] == [
        "no key is left in keys (7: 1 keys) for network t/b; widen keys in fabric, or remove networks"
    ]


def test_auto_without_endpoint_does_not_become_an_overlay() -> None:
    _, keys, problems = allocate(intent(*autos("abcd"), grounded="d"), KeyLedger(), 0)
    assert "t/d" not in keys
    assert [str(problem) for problem in problems] == [
        "no key is left in vlans (2-4: 3 keys) for network t/d, which cannot become an overlay: port t/p-d is on "
        "switch leaf, which has no endpoint; widen vlans, remove networks, or give the switch an endpoint"
    ]


def test_an_overlay_that_gets_a_port_without_endpoint_keeps_its_key_and_is_reported() -> None:
    ledger = KeyLedger({"t/a": SegmentKey(VXLAN, 10)})
    _, keys, problems = allocate(intent(*autos("a"), grounded="a"), ledger, 0)
    assert keys == {"t/a": SegmentKey(VXLAN, 10)}
    assert [(problem.network, problem.fatal) for problem in problems] == [("t/a", False)]


def test_a_hundred_thousand_networks() -> None:
    many = [network(f"n{number}") for number in range(100_000)]
    ledger, keys, problems = allocate(intent(*many, vlans="2-4094", keys="4096-16777215"), KeyLedger(), 0)
    assert (len(keys), problems) == (100_000, ())
    assert allocate(intent(*many), ledger, 1)[1] == keys


SEGMENTS = st.sampled_from([AUTO, AUTO, VLAN, VXLAN, GENEVE, GRE])
NETWORKS = st.dictionaries(
    st.sampled_from("abcdefghij"), st.tuples(SEGMENTS, st.none() | st.none() | st.integers(2, 12)), max_size=10
)


@st.composite
def intents(draw: st.DrawFn) -> Intent:
    chosen: set[tuple[Segment, int]] = set()
    networks = []
    for name, (segment, key) in draw(NETWORKS).items():
        usable = (
            key is not None and segment is not AUTO and (segment, key) not in chosen and (segment, key) != (VLAN, 5)
        )
        networks.append(network(name, segment, key if usable else None))
        if usable and key is not None:
            chosen.add((segment, key))
    grounded = draw(st.sets(st.sampled_from([one.name for one in networks if one.segment in (AUTO, VLAN)] or ["z"])))
    grounded &= {one.name for one in networks}
    return intent(*networks, vlans="2-6", keys="8-12", reserved=5, grounded="".join(sorted(grounded)))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(intents(), st.floats(0, 2 * QUARANTINE)), min_size=1, max_size=6))
def test_allocation_through_any_history(history: list[tuple[Intent, float]]) -> None:
    ledger, now = KeyLedger(), 0.0
    for wanted, passed in history:
        now += passed
        before, (ledger, keys, problems) = ledger, allocate(wanted, ledger, now)
        assert dict(ledger.held) == dict(keys)
        assert len(set(keys.values())) == len(keys), "a key is shared"
        assert SegmentKey(VLAN, 5) not in keys.values(), "a reserved VLAN is given out"
        assert not set(ledger.released) & set(keys.values())
        assert set(wanted.networks) - set(keys) == {problem.network for problem in problems if problem.fatal}
        for name, key in keys.items():
            asked = wanted.networks[name]
            assert asked.segment in (AUTO, key.segment)
            assert asked.key in (None, key.key)
            held = before.held.get(name)
            if held and asked.key is None and asked.segment in (AUTO, held.segment) and held != key:
                assert name in {problem.network for problem in problems}, "a network lost its key silently"
        for name, held in before.held.items():
            assert held in keys.values() or ledger.released.get(held) == now, f"{name}'s key does not rest"
        shuffled = Intent(wanted.fabric, wanted.tenants, dict(reversed(list(wanted.networks.items()))), wanted.ports)
        assert allocate(shuffled, before, now) == (ledger, keys, problems)
        assert allocate(wanted, ledger, now)[:2] == (ledger, keys), "a second run changes something"
