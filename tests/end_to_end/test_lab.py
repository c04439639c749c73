"""The lab itself: that it builds what a file says, measures truly, and leaves the machine as it found it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import lab_ledger
from fabric_bridge import datapath_type, vsctl
from lab import Lab, load_topology
from namespaces import CommandError
from prober import Prober
from reach import expected_pairs, measure
from wire_watch import Passage, watch

pytestmark = pytest.mark.ovs

ROOT = Path(__file__).parents[2]
TOPOLOGIES = ROOT / "topologies"


def devices() -> set[str]:
    return {path.name for path in Path("/sys/class/net").iterdir()}


def bridges() -> set[str]:
    return set(vsctl("list-br").split())


def without_controller(lab: Lab) -> None:
    """Let every switch of the fabric forward by itself."""
    for switch in lab.switches.values():
        switch.vsctl("del-controller", switch.bridge, "--", "set-fail-mode", switch.bridge, "standalone")


@pytest.fixture
def line() -> Iterator[Lab]:
    with Lab(*load_topology([TOPOLOGIES / "line.yaml"])) as lab:
        without_controller(lab)
        yield lab


def test_guests_of_one_network_on_learning_switches_reach_each_other(line: Lab) -> None:
    found = measure(line.stations)
    assert len(found.expected) == 6
    assert found.is_right, (found.missing, found.leaks)
    assert line.ping("h1", "fd00:a::3")


def test_prober_counts_each_frame_where_it_arrives(line: Lab) -> None:
    with Prober(line.stations.values()) as prober:
        prober.send("h1", "everyone")
        assert prober.received("everyone") == {"h2": 1, "h3": 1}
        prober.send("h1", "long", dst="02:00:00:00:00:99", size=1514)
        assert prober.received("long") == {"h2": 1, "h3": 1}
        prober.send("h2", "tagged", vlans=[7, 8])
        seen = prober.sightings()
        assert {(one.station, one.vlans, len(one.frame)) for one in seen} == {("h1", (7, 8), 60), ("h3", (7, 8), 60)}


def test_cut_link_and_moved_guest(line: Lab) -> None:
    line.set_link("s2", "s2-eth3", "down")
    assert not line.ping("h1", "10.0.0.3")
    line.move("h3", "s1", "s1-eth7")
    assert line.ping("h1", "10.0.0.3")
    assert line.guests["h3"].run(["cat", "/sys/class/net/eth0/address"]).strip() == "02:00:00:00:00:03"


def test_trunk_guest_has_an_interface_for_each_tag() -> None:
    with Lab(*load_topology([TOPOLOGIES / "two-tenants-vlan.yaml"])) as lab:
        lab.switches["s3"].vsctl("del-controller", "s3", "--", "set-fail-mode", "s3", "standalone")
        lab.switches["s3"].vsctl("set", "port", "s3-eth1", "tag=11", "--", "set", "port", "s3-eth2", "tag=12")
        stations = {name: lab.stations[name] for name in ("blue3", "red3", "bluetrunk.11", "bluetrunk.12")}
        with Prober(stations.values()) as prober:
            prober.send("bluetrunk.11", "first")
            assert prober.received("first") == {"blue3": 1}
            prober.send("red3", "second")
            assert prober.received("second") == {"bluetrunk.12": 1}
        assert lab.ping("bluetrunk", "10.0.0.3", "-I", "eth0.11")


def test_capture_shows_frames_of_a_wire(line: Lab) -> None:
    with line.capture("s2", "s2-eth2", "icmp") as seen:
        line.ping("h1", "10.0.0.2")
        assert "10.0.0.1 > 10.0.0.2: ICMP echo request" in seen.wait_for("echo request")


def test_leaving_removes_everything() -> None:
    before = devices(), bridges()
    with Lab(*load_topology([TOPOLOGIES / "line.yaml"])) as lab:
        assert devices() - before[0] >= {"s1", "s2", "s3", "s2-eth2"}
        mark = dict(lab.mark)
    assert (devices(), bridges()) == before
    assert not lab_ledger.ROOT.joinpath(mark[lab_ledger.VARIABLE]).exists()


def test_next_run_removes_what_a_killed_one_left() -> None:
    before = devices(), bridges()
    script = f"""
        import sys, time
        sys.path[:0] = [{str(ROOT / "mininet")!r}, {str(ROOT)!r}]
        from pathlib import Path
        from lab import Lab, load_topology
        with Lab(*load_topology([Path({str(TOPOLOGIES / "two-tenants-overlay.yaml")!r})])), \\
             Lab(*load_topology([Path({str(TOPOLOGIES / "line.yaml")!r})])):
            print("built", flush=True)
            time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == "built\n"
        assert {"s1", "s2", "s3"} <= bridges()
        assert len(processes_of(owner.pid)) >= 6, "three hypervisors have two daemons each"
        assert lab_ledger.sweep() == [], "its owner lives"
        owner.send_signal(signal.SIGKILL)
    assert {name.split("-")[0] for name in lab_ledger.sweep()} == {str(owner.pid)}
    assert (devices(), bridges()) == before
    assert processes_of(owner.pid) == []


def processes_of(owner: int) -> list[int]:
    mark = f"{lab_ledger.VARIABLE}={owner}-".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environ.read_bytes():
                found.append(int(environ.parent.name))
        except OSError:
            continue
    return found


def test_bridge_of_somebody_else_is_left_alone() -> None:
    vsctl("add-br", "s2", "--", "set", "bridge", "s2", f"datapath_type={datapath_type()}", "external_ids:whose=mine")
    try:
        before = devices(), bridges()
        with pytest.raises(CommandError, match="already has s2, not of this lab"):
            Lab(*load_topology([TOPOLOGIES / "line.yaml"])).__enter__()
        assert (devices(), bridges()) == before
        assert vsctl("get", "bridge", "s2", "external_ids:whose").strip() == "mine"
    finally:
        vsctl("del-br", "s2")


def test_tunnels_of_all_encapsulations_carry_frames_of_flows_made_by_hand() -> None:
    """Flood by hand inside each network, with the key and all peers, as any controller would have to."""
    intent, model = load_topology([TOPOLOGIES / "two-tenants-overlay.yaml"])
    endpoints = {name: str(hypervisor.address.ip) for name, hypervisor in model.hypervisors.items()}
    with Lab(intent, model) as lab:
        for name, switch in lab.switches.items():
            tunnels = intent.fabric.switches[name].tunnels
            ports = [port for port in intent.ports.values() if port.switch == name]
            flows = []
            for network in {intent.networks[str(port.network)] for port in ports}:
                members = [str(port.interface) for port in ports if port.network == network.id]
                others = [port.switch for port in intent.ports.values() if port.network == network.id]
                peers = [endpoints[peer] for peer in {*others} - {name, None} if peer]
                peers += ["198.51.100.99"] if network.id == "red/web" else []
                tunnel = tunnels[network.segment]
                out = [f"set_field:{peer}->tun_dst,output:{tunnel}" for peer in peers]
                flood = ",".join([f"set_field:{network.key}->tun_id", *out])
                flows += [f"in_port={member},actions={flood}" for member in members]
                flows.append(f"in_port={tunnel},tun_id={network.key},actions={','.join(members)}")
            switch.ofctl("add-flows", switch.bridge, "-", stdin="\n".join(flows))
        for _ in range(3):  # the first packet to a new peer is lost while its MAC address is asked for
            found = measure(lab.stations)
            if not found.missing:
                break
        assert found.expected == expected_pairs(lab.stations.values())
        assert found.is_right, (sorted(found.missing), sorted(found.leaks))
        assert ("out1", "redweb1") in found.seen
        for guest in ("blueweb1", "bluedb1", "bluelog1"):
            assert lab.ping(guest, "10.0.0.2", "-M", "do", "-s", "1472"), "a full-size packet fits the underlay"
        inner = ("02:00:00:00:00:01", "02:00:00:00:00:02", "10.0.0.1", "10.0.0.2")
        for name, kind, key in (("blueweb", "VXLAN", 70001), ("bluedb", "Geneve", 70002), ("bluelog", "GRE", 70003)):
            seen = watch(lab, lab.stations[f"{name}1"], lab.stations[f"{name}2"])
            assert Passage("hv1:eth0", None, kind, key, inner) in seen
            assert {(one.tunnel, one.key) for one in seen} == {(kind, key)}


def test_command_line_of_mininet_builds_a_topology() -> None:
    before = devices(), bridges()
    tools = Path(sys.executable).parent
    command = [str(tools / "mn"), "--custom", "mininet/custom.py", "--controller", "remote,port=6653"]
    done = subprocess.run(
        [*command, "--topo", "tenantry,topologies/two-tenants-vlan.yaml", "--test", "none"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "*** Starting 4 switches" in done.stderr + done.stdout
    assert "Caught exception" not in done.stderr + done.stdout
    assert (devices(), bridges()) == before


def test_a_machine_that_makes_no_namespaces_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "mnexec"
    fake.write_text("#!/bin/sh\necho 'mount: Invalid argument' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(CommandError, match=r"^network namespaces cannot be made here: .*mount: Invalid argument$"):
        Lab(*load_topology([TOPOLOGIES / "line.yaml"])).__enter__()
