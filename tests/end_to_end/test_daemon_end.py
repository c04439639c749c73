"""The daemon ends, in whatever way, and comes back: traffic never notices."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator

import pytest

from controller.dataplane.encoder import COOKIE_MARK_VALUE
from frames import BROADCAST
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from tests.end_to_end.train import Train

pytestmark = pytest.mark.ovs

NOBODY = "02:00:00:00:00:ee"
FOREIGN = (
    "cookie=0x1234,table=0,priority=7,dl_type=0x9999,actions=drop",
    "cookie=0x1,table=4,priority=65000,metadata=0xffffffffffff,actions=drop",
    "cookie=0x5678,table=77,priority=1,actions=output:1",
)
STALE = COOKIE_MARK_VALUE | 0xDEAD
RED_MARK = "0x100000002"
"""The metadata of red/web, whose VLAN is the first of the pool."""
LEARNED = {0x020000000003, 0x020000000004}
"""Of red/web; all others are given."""


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "full-mesh.yaml", tmp_path_factory.mktemp("mesh")) as installation:
        yield installation


def remembered(installation: Installation) -> set[int]:
    """Addresses that a next daemon would know."""
    memory = installation.daemon.state / "memory.json"
    content = json.loads(json.loads(memory.read_text())["content"]) if memory.exists() else {"addresses": {}}
    return {mac for known in content["addresses"].values() for mac, _ in known}


def remembers_link(installation: Installation, one: str, other: str) -> bool:
    """Whether the memory has a link between the two switches."""
    content = json.loads(json.loads((installation.daemon.state / "memory.json").read_text())["content"])
    return any({at, sender} == {one, other} for at, _, sender, _ in content["heard"])


def ages(installation: Installation, switch: str) -> dict[str, float]:
    """Seconds since each flow was added, or added anew, by its cookie."""
    dump = installation.lab.switches[switch].ofctl("dump-flows", switch)
    return {cookie: float(age) for cookie, age in re.findall(r"cookie=(0x[0-9a-f]+), duration=([0-9.]+)s", dump)}


def come_back(installation: Installation) -> None:
    """Start the daemon and wait until it has put right what it wants to, on all switches."""
    stale = f"cookie={STALE:#x},table=90,priority=1,actions=drop"
    for name, switch in installation.lab.switches.items():
        switch.ofctl("add-flow", name, stale)
    connected = installation.log().count("connected with")
    installation.daemon.start()
    installation.lab.reconnect()
    installation.wait_for_log("connected with", connected + len(installation.lab.switches))
    eventually(
        lambda: not any(STALE in cookies for cookies in installation.all_cookies().values()),
        "the removal of a flow that carries our mark and that nobody wants",
    )
    installation.settle()


def test_nothing_is_lost_while_the_daemon_is_killed_dead_and_started_again(mesh: Installation) -> None:
    eventually(lambda: remembered(mesh) >= LEARNED, "what was learned is on disk")
    before = {name: mesh.flows(name) for name in mesh.lab.switches}
    older = {name: ages(mesh, name) for name in mesh.lab.switches}
    with mesh.prober() as prober:
        journeys = {
            "given": ("blue1", prober.mac("blue3")),
            "learnt": ("red1", prober.mac("red3")),
            "flood": ("blue2", NOBODY),
            "all": ("red2", BROADCAST),
            "learner": ("red4", prober.mac("red1")),
        }
        with Train(prober, journeys) as train:
            mesh.daemon.kill()
            train.pass_frames(50)
            dead = train.sent
            come_back(mesh)
            train.pass_frames(20)
    assert train.sent > dead + 20
    assert train.doubled() == {}
    assert train.receipts("given") == {"blue3": train.sent}
    assert train.receipts("flood") == dict.fromkeys(("blue1", "blue3", "blue4"), train.sent)
    assert train.receipts("all") == dict.fromkeys(("red1", "red3", "red4"), train.sent)
    assert train.receipts("learner") == {"red1": train.sent}
    assert train.receipts("learnt") == {"red3": train.sent}
    assert {name: mesh.flows(name) for name in mesh.lab.switches} == before
    for name in mesh.lab.switches:
        later = ages(mesh, name)
        assert all(later[cookie] > age for cookie, age in older[name].items()), "no flow was even added anew"


def test_a_guest_unknown_so_far_is_served_without_the_daemon(mesh: Installation) -> None:
    mac = "02:00:00:00:05:00"
    mesh.daemon.kill()
    try:
        with mesh.prober() as prober:
            prober.send("red3", "new-guest", src=mac)
            assert prober.received("new-guest") == {"red1": 1, "red2": 1, "red4": 1}
            prober.send("red1", "to-new", dst=mac)
            assert prober.received("to-new")["red3"] == 1
            prober.send("red3", "answer", src=mac, dst=prober.mac("red1"))
            assert prober.received("answer") == {"red1": 1}
        assert mesh.reach().is_right
    finally:
        come_back(mesh)


def test_a_link_that_the_predecessor_could_not_save_makes_no_circle(mesh: Installation) -> None:
    ends = (("s1", "s1-eth11"), ("s1", "s1-eth12"), ("s2", "s2-eth12"))
    memory = mesh.daemon.state / "memory.json"
    links = mesh.log().count("link up")
    for switch, interface in ends:
        mesh.lab.set_link(switch, interface, "down")
    pairs = (("s1", "s2"), ("s1", "s3"), ("s2", "s3"))
    eventually(lambda: not any(remembers_link(mesh, *pair) for pair in pairs), "a memory without the links")
    older = memory.read_bytes()
    for switch, interface in ends:
        mesh.lab.set_link(switch, interface, "up")
    mesh.wait_for_log("link up", links + len(ends))
    mesh.settle()
    assert mesh.reach().is_right
    with mesh.prober() as prober, Train(prober, {"all": ("red2", BROADCAST), "flood": ("blue4", NOBODY)}) as train:
        mesh.daemon.kill()
        memory.write_bytes(older)
        come_back(mesh)
        train.pass_frames(20)
    assert train.doubled() == {}
    # A few may be lost: the step in between has the links that both trees have.
    assert train.receipts("all").keys() == {"red1", "red3", "red4"}
    assert train.receipts("flood").keys() == {"blue1", "blue2", "blue3"}
    assert mesh.reach().is_right


def test_links_that_change_while_no_daemon_runs_make_no_circle(mesh: Installation) -> None:
    change = {
        ("s1", "s1-eth12"): "up",
        ("s1", "s1-eth11"): "down",
        ("s2", "s2-eth13"): "up",
        ("s3", "s3-eth13"): "down",
    }
    for (switch, interface), state in change.items():
        mesh.lab.set_link(switch, interface, {"up": "down", "down": "up"}[state])
    eventually(lambda: not remembers_link(mesh, "s1", "s3") and remembers_link(mesh, "s1", "s2"), "a memory of it")
    mesh.settle()
    assert mesh.reach().is_right
    with mesh.prober() as prober, Train(prober, {"all": ("red2", BROADCAST), "flood": ("blue4", NOBODY)}) as train:
        mesh.daemon.kill()
        for (switch, interface), state in change.items():
            mesh.lab.set_link(switch, interface, state)
        come_back(mesh)
        train.pass_frames(20)
    assert train.doubled() == {}
    for switch, interface in change:
        mesh.lab.set_link(switch, interface, "up")
    assert mesh.reach().is_right


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_leaves_the_flows(mesh: Installation, number: signal.Signals) -> None:
    mesh.reach()
    mesh.settle()
    before = {name: mesh.flows(name) for name in mesh.lab.switches}
    assert mesh.daemon.process
    mesh.daemon.process.send_signal(number)
    try:
        assert mesh.daemon.process.wait(timeout=5) == 0
        assert {name: mesh.flows(name) for name in mesh.lab.switches} == before
        assert mesh.log().count("ending; flows stay in place") >= 1
        assert not mesh.daemon.socket.exists(), "its own socket is removed"
        assert mesh.reach().is_right
    finally:
        come_back(mesh)


def test_flows_of_others_survive_everything(mesh: Installation) -> None:
    bridge = mesh.lab.switches["s2"]
    bridge.ofctl("add-flows", "s2", "-", stdin="\n".join(FOREIGN))

    def foreign() -> list[str]:
        return [
            flow for flow in mesh.flows("s2") if flow.startswith(("cookie=0x1234,", "cookie=0x5678,", "cookie=0x1,"))
        ]

    try:
        added = foreign()
        assert len(added) == len(FOREIGN)
        mesh.daemon.reload()
        mesh.daemon.kill()
        come_back(mesh)
        assert foreign() == added
        mesh.edit(lambda document: document["tenants"].pop("red"))
        eventually(lambda: not any(RED_MARK in flow for flow in mesh.flows("s2")), "red's flows have left")
        assert foreign() == added
        assert mesh.daemon.stop() == 0
        assert foreign() == added
    finally:
        bridge.ofctl("del-flows", "s2", "cookie=0x1234/-1")
        bridge.ofctl("del-flows", "s2", "cookie=0x5678/-1")
        bridge.ofctl("del-flows", "s2", "cookie=0x1/-1")
