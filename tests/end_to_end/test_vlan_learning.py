"""Learned addresses: flooded until known, forgotten after silence, bounded for each port, and moving with guests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from prober import Prober
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from tests.end_to_end.train import Train

pytestmark = pytest.mark.ovs

LIMIT = 8
EVERYBODY = {"b": 1, "c": 1, "keeper": 1}
"""Who receives what `a` floods."""

_tokens = (f"try-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def triangle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "learning.yaml", tmp_path_factory.mktemp("learning")) as installation:
        yield installation


def reaches(prober: Prober, mac: str, sender: str = "a") -> dict[str, int]:
    """Who receives a frame for `mac`."""
    token = next(_tokens)
    prober.send(sender, token, dst=mac)
    return prober.received(token)


def hello(prober: Prober, guest: str, mac: str) -> None:
    """Let the guest send one broadcast from `mac`."""
    prober.send(guest, "hello", src=mac)


def mentions(installation: Installation, mac: str) -> dict[str, int]:
    """How many flows of each switch are about the address."""
    return {name: sum(mac in flow for flow in installation.flows(name)) for name in installation.lab.switches}


def set_age(installation: Installation, seconds: int) -> None:
    installation.edit(lambda document: document["fabric"]["learning"].update(age=seconds))
    installation.settle()


def test_an_unknown_address_floods_until_it_is_learned(triangle: Installation) -> None:
    mac = "02:00:00:00:01:00"
    with triangle.prober() as prober:
        assert reaches(prober, mac) == EVERYBODY
        hello(prober, "b", mac)
        eventually(lambda: reaches(prober, mac) == {"b": 1}, "frames for the learned address go to its guest only")
        assert reaches(prober, mac, "c") == {"b": 1}
        assert reaches(prober, mac, "keeper") == {"b": 1}


def test_a_silent_address_is_forgotten_everywhere(triangle: Installation) -> None:
    mac = "02:00:00:00:02:00"
    set_age(triangle, 2)
    try:
        with triangle.prober() as prober:
            hello(prober, "c", mac)
            eventually(lambda: reaches(prober, mac) == {"c": 1}, "the address is learned")
            # Frames for it do not keep it: only its own would.
            eventually(lambda: reaches(prober, mac) == {"b": 1, "c": 1, "keeper": 1}, "the address is forgotten")
            assert mentions(triangle, mac) == {"s1": 0, "s2": 0, "s3": 0}
            hello(prober, "b", mac)
            eventually(lambda: reaches(prober, mac) == {"b": 1}, "it is learned again, elsewhere")
    finally:
        set_age(triangle, 300)


def test_an_address_that_goes_on_sending_stays(triangle: Installation) -> None:
    mac, silent = "02:00:00:00:03:00", "02:00:00:00:03:01"
    set_age(triangle, 2)
    try:
        with triangle.prober() as prober:
            hello(prober, "c", mac)
            hello(prober, "c", silent)
            eventually(lambda: reaches(prober, mac) == {"c": 1} == reaches(prober, silent), "both are learned")

            def silent_is_forgotten() -> bool:
                hello(prober, "c", mac)
                assert reaches(prober, mac) == {"c": 1}
                return reaches(prober, silent) == EVERYBODY

            eventually(silent_is_forgotten, "the silent one is forgotten")
            assert triangle.log().count(f"address {mac}: learned") == 1
    finally:
        set_age(triangle, 300)


def test_each_frame_arrives_once_while_its_address_is_learned_and_forgotten_again_and_again(
    triangle: Installation,
) -> None:
    mac = "02:00:00:00:09:00"
    set_age(triangle, 1)
    try:
        with triangle.prober() as talker, triangle.prober() as prober:
            with Train(prober, {"from-a": ("a", mac), "from-k": ("keeper", mac)}) as train:
                for _ in range(4):
                    talker.send("b", next(_tokens), src=mac)
                    eventually(lambda: all(mentions(triangle, mac).values()), "all three switches know the address")
                    eventually(lambda: not any(mentions(triangle, mac).values()), "none of them does")
            assert train.receipts("from-a")["b"] == train.sent == train.receipts("from-k")["b"]
            assert train.doubled() == {}
            assert "a" not in train.receipts("from-a"), "none comes back to its sender"
            assert "keeper" not in train.receipts("from-k")
    finally:
        set_age(triangle, 300)


def test_a_given_address_is_never_learned_elsewhere(triangle: Installation) -> None:
    with triangle.prober() as prober:
        keeper = prober.mac("keeper")
        for _ in range(5):
            hello(prober, "c", keeper)
        triangle.settle()
        assert reaches(prober, keeper) == {"keeper": 1}


@pytest.mark.parametrize(("switch", "interface"), [("s3", "s3-eth7"), ("s1", "s1-eth7"), ("s2", "s2-eth1")])
def test_a_guest_that_moves_is_reached_after_its_first_frame(
    triangle: Installation, switch: str, interface: str
) -> None:
    with triangle.prober() as prober:
        mac = prober.mac("b")
        prober.send("b", "here")
        prober.received("here")
    triangle.lab.move("b", switch, interface)
    eventually(lambda: f"{interface})" in numbered(triangle, switch), "the interface is there")
    with triangle.prober() as prober:
        assert prober.mac("b") == mac

        def is_back() -> bool:
            hello(prober, "b", mac)
            return reaches(prober, mac) == {"b": 1} == reaches(prober, mac, "c")

        eventually(is_back, "frames arrive where the guest is now, and only there")
        for station in ("a", "c", "keeper"):
            assert reaches(prober, prober.mac(station), "b") == {station: 1}, "and it reaches the others"


def numbered(installation: Installation, switch: str) -> str:
    return installation.lab.switches[switch].ofctl("show", switch)


def test_one_address_at_two_ports_is_where_it_sent_last(triangle: Installation) -> None:
    """A guest that moves without its cable being pulled, while both sides go on sending."""
    mac = "02:00:00:00:06:00"
    with triangle.prober() as prober:
        for guest in ("c", "a", "c", "a"):
            other = "keeper" if guest == "a" else "a"

            def is_here(guest: str = guest, other: str = other) -> bool:
                hello(prober, guest, mac)
                return reaches(prober, mac, other) == {guest: 1}

            eventually(is_here, f"the address is at {guest}")


def test_addresses_beyond_the_limit_of_a_port_are_flooded(triangle: Installation) -> None:
    macs = [f"02:00:00:00:04:{number:02x}" for number in range(2 * LIMIT)]
    with triangle.prober() as prober:
        for mac in macs:
            hello(prober, "b", mac)
        triangle.settle()
        senders = [flow for flow in triangle.flows("s2") if "table=3" in flow and "dl_src=02:" in flow]
        assert len(senders) <= LIMIT, "no more for this port, whoever came first"
        found = [reaches(prober, mac) for mac in macs]
        assert all(where.get("b") == 1 for where in found), "all are delivered"
        assert found.count(EVERYBODY) >= len(macs) - LIMIT, "those that are not known by flooding"
        assert reaches(prober, prober.mac("keeper")) == {"keeper": 1}
        hello(prober, "c", "02:00:00:00:04:ff")
        eventually(lambda: reaches(prober, "02:00:00:00:04:ff") == {"c": 1}, "other ports go on learning")
        assert "not learned: " in triangle.log(), "and the log says so"


def test_a_guest_that_moves_to_a_full_port_is_not_sent_to_where_it_was(triangle: Installation) -> None:
    mac = "02:00:00:00:07:00"
    with triangle.prober() as prober:
        for number in range(2 * LIMIT):
            hello(prober, "b", f"02:00:00:00:08:{number:02x}")
        triangle.settle()
        hello(prober, "a", mac)
        eventually(lambda: reaches(prober, mac, "c") == {"a": 1}, "learned at the first port")
        eventually(lambda: arrives_at_b(prober, mac), "at the second, which is full, it is flooded to")


def arrives_at_b(prober: Prober, mac: str) -> bool:
    hello(prober, "b", mac)
    return reaches(prober, mac, "c") == {"a": 1, "b": 1, "keeper": 1}
