"""What `tenantry why` says is what becomes of real frames, and what Open vSwitch says itself.

Three tenants with the same addresses, on VLANs and in three kinds of tunnels, with access and trunk ports, and ports
whose addresses are learned. Each question is about a frame that is then sent: the verdict has to be whether it arrived.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
import yaml

from controller.northbound.api_endpoints import SOCKET
from controller.northbound.client import Server, ask
from controller.northbound.why_live import HELD, TRACED, compare
from controller.southbound.listen import Listen
from frames import BROADCAST, frame
from hypervisor import Hypervisor
from prober import Prober
from station import Station
from tests.end_to_end.eventually import eventually
from tests.end_to_end.held import SYSTEM_OVS
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from tests.end_to_end.test_overlay_two_layers import GREEN, GUESTS

pytestmark = pytest.mark.ovs

IPV4 = 0x0800
ETHERTYPES = {"arp": 0x0806, "nd": 0x86DD}
FORGED = "02:00:00:00:00:77"
UNKNOWN = "unknown"
DESTINATIONS = {"arp": BROADCAST, "nd": "33:33:ff:00:00:00", UNKNOWN: "02:00:00:00:00:88"}
"""MACs, by kind of frame."""
SAMPLE = 100
TRACED_ANSWERS = 25


@dataclass(frozen=True)
class Case:
    """A question, and the frame that it is about."""

    sender: str
    """Name of a station."""
    receiver: str
    """Name of a guest."""
    kind: str = "icmp"
    source: str | None = None
    """MAC; the station's own when left out."""


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    document = yaml.safe_load((TOPOLOGIES / "leaf-spine.yaml").read_text())
    document["tenants"]["green"] = GREEN
    document["lab"]["guests"] |= GUESTS
    directory = tmp_path_factory.mktemp("why")
    file = directory / "why.yaml"
    file.write_text(yaml.safe_dump(document))
    with running(file, directory) as installation:
        yield installation


@pytest.fixture(scope="module")
def server(fabric: Installation) -> Server:
    return Server(Listen(path=fabric.daemon.state / SOCKET))


@pytest.fixture(scope="module")
def prober(fabric: Installation) -> Iterator[Prober]:
    with fabric.prober() as prober:
        yield prober


def guest_of(station: str) -> str:
    return station.partition(".")[0]


def all_pairs(fabric: Installation) -> list[Case]:
    return [Case(one, guest) for one in fabric.lab.stations for guest in fabric.lab.guests if guest != guest_of(one)]


def some_pairs(fabric: Installation, seed: int) -> list[Case]:
    return random.Random(seed).sample(all_pairs(fabric), SAMPLE)


def answers(fabric: Installation, server: Server, prober: Prober, cases: Iterable[Case]) -> dict[Case, dict[str, Any]]:
    """What the daemon says about each."""
    ports = {name: guest.guest.port for name, guest in fabric.lab.guests.items()}
    found = {}
    for case in cases:
        station = fabric.lab.stations[case.sender]
        question = {"from": ports[guest_of(case.sender)], "to": ports[case.receiver], "network": station.network}
        packet = sent(prober, station, case, "asked").hex() if case.source or case.kind == UNKNOWN else case.kind
        found[case] = ask(server, "/api/v1/why", {**question, "packet": packet})
    return found


def sent(prober: Prober, station: Station, case: Case, token: str) -> bytes:
    """The frame as it enters the port: with the tag of a trunk's guest."""
    tag = station.name.partition(".")[2]
    source, destination = case.source or prober.mac(station.name), mac_of(prober, case)
    return frame(token, src=source, dst=destination, ethertype=IPV4, vlans=[int(tag)] if tag else [])


def mac_of(prober: Prober, case: Case) -> str:
    return DESTINATIONS.get(case.kind) or MACS[case.receiver]


MACS: dict[str, str] = {}
"""By guest; what each really has."""


def arrived(fabric: Installation, prober: Prober, cases: Iterable[Case]) -> set[Case]:
    """Send the frames; those that got to whom they are for."""
    tokens: dict[str, Case] = {}
    prober.sightings(quiet=0.1)
    for number, case in enumerate(cases):
        tokens[f"w{number}"] = case
        ethertype = ETHERTYPES.get(case.kind, IPV4)
        prober.send(case.sender, f"w{number}", dst=mac_of(prober, case), src=case.source, ethertype=ethertype)
    seen = prober.sightings(quiet=0.7, timeout=20.0)
    found = ((tokens[one.token], one.station) for one in seen if one.token in tokens)
    return {case for case, station in found if guest_of(station) == case.receiver}


def check(fabric: Installation, server: Server, prober: Prober, cases: list[Case]) -> Mapping[Case, dict[str, Any]]:
    """The verdicts are what becomes of the frames; returns the answers."""
    MACS.update({guest_of(name): prober.mac(name) for name in fabric.lab.stations})
    told = answers(fabric, server, prober, cases)
    real = arrived(fabric, prober, cases)
    wrong = {case: told[case]["text"] for case in cases if (told[case]["verdict"] in GETS_THERE) != (case in real)}
    assert wrong == {}
    return told


GETS_THERE = ("delivered", "flooded")


def test_every_pair(fabric: Installation, server: Server, prober: Prober) -> None:
    told = check(fabric, server, prober, all_pairs(fabric))
    assert len(told) > 300
    assert {answer["verdict"] for answer in told.values()} == {"delivered", "blocked"}
    for case, answer in told.items():
        network = fabric.lab.stations[case.sender].network
        shared = network in fabric.lab.intent.ports[fabric.lab.guests[case.receiver].guest.port].networks
        assert (answer["verdict"] == "delivered") == shared
        tagged = f"blocked: the frame's tag is that of {network}, which "
        assert shared or answer["text"].startswith(("blocked: different networks (", tagged))
        assert answer["back"] is None or answer["back"]["verdict"] == answer["verdict"]


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_what_is_flooded(fabric: Installation, server: Server, prober: Prober, kind: str) -> None:
    told = check(fabric, server, prober, [replace(case, kind=kind) for case in some_pairs(fabric, 1)])
    assert {answer["verdict"] for answer in told.values()} == {
        "flooded" if kind == UNKNOWN else "delivered",
        "blocked",
    }


def test_wrong_sources(fabric: Installation, server: Server, prober: Prober) -> None:
    cases = [replace(case, source=FORGED) for case in some_pairs(fabric, 2)]
    told = check(fabric, server, prober, cases)
    learners = {"redweb2", "reddb3", "g3"}
    forgers = [case for case in cases if case.sender not in learners and told[case]["causes"]]
    assert any("forged source" in cause for case in forgers for cause in told[case]["causes"])
    assert not any(told[case]["verdict"] in GETS_THERE for case in cases if guest_of(case.sender) not in learners)


def test_a_port_is_down(fabric: Installation, server: Server, prober: Prober) -> None:
    fabric.lab.set_link("leaf4", "leaf4-eth2", "down")
    try:
        question = {"from": "red/web1", "to": "red/web2"}
        text = "blocked: interface leaf4-eth2 of leaf4 is down, which red/web2 is on"
        eventually(lambda: ask(server, "/api/v1/why", question)["text"] == text, "that the interface is down")
        # Its own card is without a carrier, and sends nothing.
        pairs = [case for case in all_pairs(fabric) if case.sender != "redweb2"]
        told = check(fabric, server, prober, pairs)
        assert text in {answer["text"] for answer in told.values()}
    finally:
        fabric.lab.set_link("leaf4", "leaf4-eth2", "up")


NO_WAY_TO_HV4 = {
    ("blueweb1", "blueweb3"): "no path: no links lead from leaf1 to hv4",
    ("blueweb3", "blueweb1"): "no path: no links lead from hv4 to leaf1",
}
NO_WAY_TO_LEAF4 = {
    ("redweb1", "redweb2"): "no path: no links lead from leaf1 to leaf4",
    ("bluelog1", "bluelog2"): "the tunnel from 198.51.100.1 to 198.51.100.4 is cut: "
    "no path: no links lead from leaf1 to leaf4",
}


@pytest.mark.parametrize(
    ("cut", "blocked", "delivered"),
    [
        # One of two ways, and the only one of a hypervisor, whose tunnels have another.
        (
            (("leaf1", "leaf1-eth11"), ("hv4", "eth1")),
            NO_WAY_TO_HV4,
            [("blueweb1", "blueweb2"), ("bluelog1", "bluelog2")],
        ),
        # What tunnels go over, too.
        ((("leaf4", "leaf4-eth11"), ("leaf4", "leaf4-eth12")), NO_WAY_TO_LEAF4, [("bluedb1", "bluedb2")]),
    ],
)
def test_links_are_cut(
    fabric: Installation,
    server: Server,
    prober: Prober,
    cut: list[tuple[str, str]],
    blocked: dict[tuple[str, str], str],
    delivered: list[tuple[str, str]],
) -> None:
    def is_known(text: str) -> bool:
        (case,) = (Case(*pair) for pair in list(blocked)[:1])
        (answer,) = answers(fabric, server, prober, [case]).values()
        return str(answer["text"]).startswith(text)

    for node, interface in cut:
        fabric.lab.set_link(node, interface, "down")
    try:
        eventually(lambda: is_known("blocked: no path: "), "that the links are cut")
        fabric.settle()
        told = check(fabric, server, prober, all_pairs(fabric))
        assert {pair: told[Case(*pair)]["text"] for pair in blocked} == {
            pair: f"blocked: {cause}" for pair, cause in blocked.items()
        }
        assert {told[Case(*pair)]["verdict"] for pair in delivered} == {"delivered"}
    finally:
        for node, interface in cut:
            fabric.lab.set_link(node, interface, "up")
        eventually(lambda: is_known("delivered: "), "that links are up")
        fabric.settle()


def address_of(fabric: Installation, switch: str) -> str:
    node = fabric.lab.switches[switch]
    directory = node.ovs.directory if isinstance(node, Hypervisor) else SYSTEM_OVS
    return f"unix:{directory}/{node.bridge}.mgmt"


def test_open_vswitch_says_the_same(fabric: Installation, server: Server, prober: Prober) -> None:
    """Flow by flow: in what each switch on the way holds, and by its own trace."""
    MACS.update({guest_of(name): prober.mac(name) for name in fabric.lab.stations})
    cases = random.Random(3).sample(all_pairs(fabric), TRACED_ANSWERS)
    cases += [replace(case, kind="arp") for case in cases[:5]] + [replace(case, source=FORGED) for case in cases[:5]]
    cases += [Case("bluedb1", "bluedb2"), Case("redlog1", "redlog2"), Case("blueweb1", "blueweb3")]
    both = (HELD, TRACED)
    for case, answer in answers(fabric, server, prober, cases).items():
        switches = [hop["switch"] for hop in answer["hops"]]
        live = compare(answer, [address_of(fabric, switch) for switch in switches])
        assert (live.differences, live.compared) == ((), dict.fromkeys(switches, both)), (case, answer["text"])


def test_a_difference_is_found(fabric: Installation) -> None:
    """Somebody puts a flow on a switch."""
    program = [sys.executable, "-c", "from controller.northbound.cli import main; main()"]
    why = [*program, "why", "blue/web1", "blue/web2", "--live", "--json", "--state", str(fabric.daemon.state)]

    def run() -> tuple[int, dict[str, Any]]:
        done = subprocess.run(why, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout)["live"]

    status, live = run()
    assert (status, live["differences"], live["not_compared"]) == (0, [], [])
    assert live["compared"] == {"leaf1": [HELD, TRACED], **live["compared"], "leaf3": [HELD, TRACED]}
    leaf3 = fabric.lab.switches["leaf3"]
    leaf3.ofctl("add-flow", "leaf3", "table=1,priority=65000,cookie=0x77,dl_vlan=101,actions=drop")
    try:
        status, live = run()
        assert [text.partition(", and not flow ")[0] for text in live["differences"]] == [
            f"leaf3, {how}: flow 0x77 of table 1 decides" for how in (HELD, TRACED)
        ]
        assert status == 3
    finally:
        leaf3.ofctl("del-flows", "leaf3", "cookie=0x77/-1")
