"""`tenantry why` against a real server: exact output at 80 columns, JSON, exit statuses, errors, and switches."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.dataplane.decoder import HELD, HeldFlow, HeldGroup
from controller.dataplane.flow import Flow, Program
from controller.northbound import why_live
from controller.northbound.cli import app
from controller.northbound.trace import Traced
from controller.southbound.look import Looked, LookError
from tests.unit.api_site import Site, serving
from tests.unit.why_site import core_of

CORE = core_of()
GOLDEN = Path(__file__).parent / "shown"
FORGED = "0200000000020200000000770800" + "00" * 46


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("why"), core=CORE) as site:
        yield site


@pytest.fixture(autouse=True)
def _eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def run(site: Site, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["why", *arguments, "--state", str(site.socket.parent)])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("name", "status", "question"),
    [
        ("why-delivered", 0, ("blue/w1", "blue/w2", "tcp/443")),
        ("why-tunnel", 0, ("blue/f1", "blue/f3")),
        ("why-flooded", 0, ("blue/near", "blue/quiet")),
        ("why-forged", 1, ("blue/w1", "blue/w2", FORGED)),
        ("why-different", 1, ("blue/f1", "red/f3", "arp")),
        ("why-nobody", 1, ("blue/f1", "02:00:00:00:00:88")),
    ],
)
def test_answers_at_80_columns(site: Site, name: str, status: int, question: tuple[str, ...]) -> None:
    code, output, error = run(site, *question)
    assert (code, error) == (status, "")
    assert output == (GOLDEN / f"{name}.txt").read_text()
    assert max(map(len, output.splitlines())) <= 80


def test_json(site: Site) -> None:
    status, output, _ = run(site, "blue/w1", "blue/t2", "--json")
    answer = json.loads(output)
    assert status == 0
    assert list(answer)[:2] == ["verdict", "text"]
    assert [(hop["switch"], hop["in"], hop["out"]) for hop in answer["hops"]] == [
        ("s1", "b-w1", "l12"),
        ("s2", "l21", "l23"),
        ("s3", "l32", "b-t2"),
    ]
    assert answer["from"] == {
        **{"port": "blue/w1", "network": "blue/web", "vlan": None, "switch": "s1", "interface": "b-w1"},
        **{"endpoint": None, "mac": "02:00:00:00:00:01", "macs": ["02:00:00:00:00:01"]},
    }
    assert answer["to"]["vlan"] == 11
    assert answer["steps"][0]["table"] == "classify"
    assert answer["steps"][0]["reason"] == "access: enters (network blue/web port blue/w1)"
    assert answer["back"] == {
        "verdict": "delivered",
        "text": "delivered: b-t2 -> s3 -> s2 -> s1 -> b-w1, VLAN 101, 3 hops",
    }


def test_wrong_usage_and_unclear_questions(site: Site) -> None:
    for arguments, said in (
        (("blue/w1",), "Missing argument 'TO'"),
        (("blue/w1", "blue/w2", "ping"), "PACKET: 'ping' is no file, and no frame: it is neither icmp, arp,"),
        (("blue/w1", "blue/w2", "tcp/0"), "PACKET: 'tcp/0' is no file, and no frame: ports of tcp are 1 to 65535"),
        (("blue/w1", "blue/w2", "z" * 300), "zzz: File name too long"),
        (("blue/w1", "blue/w2", __file__), "is no capture file of tcpdump"),
        (("blue/w1", "blue/none"), "error: to: there is no port blue/none"),
        (("blue/w1", "x" * 700), "error: to: string should have at most 600 characters"),
        (("blue/w1", "blue/w2", "--switch", "unix:/none"), "error: unix:/none: [Errno 2] No such file or directory"),
    ):
        status, output, error = run(site, *arguments)
        assert (status, output) == (2, ""), arguments
        assert said in re.sub(r"\s+", " ", error)


def test_there_is_no_daemon(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["why", "blue/w1", "blue/w2", "--state", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: no daemon answers at unix:{tmp_path}/api.sock; ")


def test_the_first_frame_of_a_capture_that_fits(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "seen.pcap"
    rest = b"\x08\x00" + bytes(46)
    here, there, other = (bytes.fromhex(f"0200000000{number:02x}") for number in (1, 2, 3))
    frames = [b"short", here + there + rest, other + here + rest, there + here + rest]
    records = b"".join(struct.pack("<IIII", 0, 0, len(one), len(one)) + one for one in frames)
    file.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + records)
    answer = json.loads(run(site, "blue/w1", "blue/w2", str(file), "--json")[1])
    assert answer["hops"][0]["frame"] == (there + here + rest).hex()
    status, _, error = run(site, "blue/w1", "blue/quiet", str(file))
    assert status == 2
    assert "has no frame from 02:00:00:00:00:01 to 02:fe:ed:00:00:02 or to a group" in re.sub(r"\s+", " ", error)


def looked(switch: str, program: Program) -> Looked:
    """A switch that holds a program."""
    view = CORE.fabric.switches[switch]
    flows = [HeldFlow(flow, cookie) for cookie, flow in program.flows.items()]
    # Somebody's that takes some frames only, nobody can say which.
    flows.append(HeldFlow(Flow(0, 65000, (), (), None, None, 0, HELD), 0x77, more_criteria=("tp_dst",)))
    groups = tuple(HeldGroup(group) for group in program.groups.values())
    return Looked(view.dpid, tuple(view.interfaces.values()), tuple(flows), groups)


def without(program: Program, note: str) -> Program:
    """Without the flows that are there for that."""
    return replace(program, flows={cookie: flow for cookie, flow in program.flows.items() if flow.reason.note != note})


def without_buckets(program: Program) -> Program:
    """With groups that lead nowhere."""
    return replace(program, groups={number: replace(group, buckets=()) for number, group in program.groups.items()})


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (lambda program: program, 0, ["live: as computed on s1, s3", "live: not compared: s2"]),
        (
            lambda program: without(program, "tagged frame from a link"),
            3,
            [
                "differs: s3, what it holds: no flow of table 0 decides, and not flow "
                "0x7eecb512b8352700 of table 0 (vlan: tagged frame from a link)",
                "live: not compared: s2",
            ],
        ),
        (
            without_buckets,
            3,
            ["differs: s1, what it holds: sends to interfaces none, and not to 2", "live: not compared: s2"],
        ),
    ],
)
def test_switches_that_are_looked_at(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Program], Program],
    status: int,
    said: list[str],
) -> None:
    held = {name: change(CORE.compiler.program(name)) for name in ("s1", "s3", "s4")}
    monkeypatch.setattr(why_live, "look", lambda address: looked(address.removeprefix("tcp:"), held[address[4:]]))
    monkeypatch.delenv("COLUMNS")
    switches = [word for name in held for word in ("--switch", f"tcp:{name}")]
    code, output, _ = run(site, "blue/w1", "blue/w2", *switches)
    assert code == status
    assert [line for line in output.splitlines() if line.startswith(("differs", "live"))] == said
    live = json.loads(run(site, "blue/w1", "blue/w2", *switches, "--json")[1])["live"]
    assert (live["compared"], live["not_compared"]) == ({"s1": ["what it holds"], "s3": ["what it holds"]}, ["s2"])
    assert bool(live["differences"]) == (status == 3)


def test_bridges_of_this_machine(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They are asked themselves, too."""
    monkeypatch.setenv("OVS_RUNDIR", str(tmp_path))
    assert run(site, "blue/w1", "blue/w2", "--live") == (
        *(2, ""),
        "error: no Open vSwitch runs on this machine; name switches by --switch\n",
    )
    for name in ("s1.mgmt", "s1.snoop", "s2.mgmt"):
        (tmp_path / name).touch()
    asked = []

    def trace(directory: Path, bridge: str, hop: Mapping[str, object]) -> Traced:
        asked.append((directory, bridge, hop["number"]))
        return Traced(((0, 0x77),), ())

    def look(address: str) -> Looked:
        name = Path(address).stem
        return looked(name, CORE.compiler.program(name))

    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(why_live, "look", look)
    monkeypatch.setattr(why_live, "trace", trace)
    code, output, _ = run(site, "blue/w1", "blue/w2", "--live")
    assert (code, asked) == (3, [(tmp_path, "s1", 3), (tmp_path, "s2", 2)])
    assert output.splitlines()[-3].startswith(
        "differs: s1, ofproto/trace: flow 0x77 of table 0 decides, and not flow 0x"
    )
    assert output.splitlines()[-1] == "live: not compared: s3"


def test_a_switch_that_cannot_be_looked_at(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(address: str) -> Looked:
        raise LookError(f"{address}: the switch closed the connection")

    monkeypatch.setattr(why_live, "look", look)
    status, output, error = run(site, "blue/w1", "blue/w2", "--switch", "tcp:s1:6653")
    assert (status, output, error) == (2, "", "error: tcp:s1:6653: the switch closed the connection\n")
