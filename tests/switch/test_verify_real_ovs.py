"""`tenantry verify` on real bridges: silent on what the daemon puts there, and it names what a hand puts there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from controller.core import Core
from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, GroupKind, SetField
from controller.dataplane.text import flow_text
from controller.northbound.cli import app
from namespaces import new_namespace
from private_ovs import PrivateOvs
from tests.switch.openflow_wire import OpenFlowWire
from tests.unit.two_tenants import BLUE_PORT, FILES, INTERFACES, RED_PORT, flow_for, known_core

pytestmark = pytest.mark.ovs


@dataclass(frozen=True)
class Lab:
    """Two bridges, wired to each other, that hold what a daemon gives them."""

    ovs: PrivateOvs
    core: Core
    files: Path
    state: Path

    def verify(self) -> tuple[int, Any]:
        """What the command says of both: exit status, and its JSON."""
        arguments = ["verify", str(self.files), "--state", str(self.state), "--json"]
        for name in INTERFACES:
            arguments += ["--switch", f"unix:{self.ovs.directory}/{name}.mgmt"]
        result = CliRunner().invoke(app, arguments)
        return result.exit_code, json.loads(result.stdout)

    def flow(self, app: str, note: str, network: str, switch: str = "s1") -> Flow:
        """The flow that is there for this."""
        return flow_for(self.core.compiler.program(switch), app, note, network)

    def planted(self, command: str, *what: str) -> None:
        """Change what s1 holds, as an operator would."""
        self.ovs.ofctl("-O", "OpenFlow13", command, "s1", *what)

    def restored(self) -> None:
        """Give s1 what it should hold, and nothing else."""
        self.planted("del-flows")
        self.planted("del-groups")
        self.planted("del-meters")
        with OpenFlowWire(self.ovs.directory / "s1.mgmt") as wire:
            wire.install(self.core.compiler.program("s1"))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("verify")
    files, state = root / "site.yaml", root / "state"
    files.write_text(FILES)
    core = known_core(files, state)
    with new_namespace() as namespace, PrivateOvs(root / "ovs", pid=namespace) as ovs:
        for name, interfaces in INTERFACES.items():
            ovs.vsctl(*bridge(name, interfaces))
            with OpenFlowWire(ovs.directory / f"{name}.mgmt") as wire:
                wire.install(core.compiler.program(name))
        yield Lab(ovs, core, files, state)


def bridge(name: str, interfaces: tuple[str, ...]) -> list[str]:
    settings = (
        f"datapath_type=netdev fail_mode=secure protocols=OpenFlow13 other-config:datapath-id=00000000000000a{name[1]}"
    )
    words = f"add-br {name} -- set bridge {name} {settings}".split()
    # Tunnels of one Open vSwitch have to differ in something.
    tunnel = f" options:remote_ip=flow options:key=flow options:dst_port=478{name[1]}"
    options = {"l": f" options:peer=l{3 - int(name[1])}", "v": tunnel}
    for number, one in enumerate(interfaces, 1):
        kind = {"l": "patch", "v": "vxlan"}.get(one[0], "internal")
        words += f"-- add-port {name} {one} -- set interface {one} type={kind} ofport_request={number}".split()
        words += options.get(one[0], "").split()
    return words


def test_what_the_daemon_puts_there_is_proved(lab: Lab) -> None:
    status, said = lab.verify()
    assert (status, said["proved"], said["networks"], said["not_examined"]) == (0, True, 3, [])
    assert said["switches"]["s1"]["flows"] == len(lab.core.compiler.program("s1").flows)


def test_a_wrong_output_is_found(lab: Lab) -> None:
    flow = lab.flow("forwarding", "flood", "blue/web")
    lab.planted("add-flow", f"table={flow.table},priority=999,metadata={flow.match[-1][1]},actions=output:{RED_PORT}")
    status, said = lab.verify()
    lab.restored()
    assert status == 1
    (finding,) = said["findings"]
    assert finding["what"] == "s1: a frame of blue/web leaves by p3 as one of red/db"
    assert "priority=999" in finding["flows"][-1]
    assert finding["path"] == [{"switch": "s1", "entered": "p1", "left": "p3", "sent": finding["sent"]}]


def test_a_swapped_tag_is_found_with_the_way_to_the_port(lab: Lab) -> None:
    blue, red = (lab.flow("forwarding", "flood", name) for name in ("blue/web", "red/db"))
    theirs = next(action for action in red.actions if isinstance(action, SetField))
    swapped = tuple(
        theirs if isinstance(action, SetField) and action.field is theirs.field else action for action in blue.actions
    )
    changed = Flow(blue.table, blue.priority, blue.match, swapped, blue.goto, blue.metadata, 0, blue.reason)
    lab.planted("add-flow", flow_text(changed, cookie_of(blue)))
    status, said = lab.verify()
    lab.restored()
    assert status == 1
    (finding,) = said["findings"]
    assert finding["what"] == "s1: a frame of blue/web leaves by l1 as one of red/db"
    assert [(hop["switch"], hop["entered"], hop["left"]) for hop in finding["path"]] == [
        ("s1", "p1", "l1"),
        ("s2", "l2", "q3"),
    ]


def test_a_missing_match_is_found(lab: Lab) -> None:
    enters = lab.flow("access", "enters", "red/db")
    lab.planted(
        "add-flow",
        f"table={enters.table},priority={enters.priority + 1},"
        f"actions=write_metadata:{enters.metadata},goto_table:{enters.goto}",
    )
    flood = lab.flow("forwarding", "flood", "red/db")
    lab.planted(
        "add-flow", f"table={enters.goto},priority=9,metadata={enters.metadata},actions=goto_table:{flood.table}"
    )
    status, said = lab.verify()
    lab.restored()
    assert status == 1
    assert "s1: a frame of blue/web leaves by p3 as one of red/db" in {one["what"] for one in said["findings"]}


def test_a_group_bucket_is_found(lab: Lab) -> None:
    """Of the groups that floods use, whichever they are: each network's frames get to the other's port."""
    groups = lab.core.compiler.program("s1").groups.values()
    buckets = f"bucket=actions=output:1,bucket=actions=pop_vlan,output:{BLUE_PORT},output:{RED_PORT}"
    for group in groups:
        if group.kind is GroupKind.ALL and group.buckets:
            lab.planted("mod-group", f"group_id={group.id},type=all,{buckets}")
    status, said = lab.verify()
    lab.restored()
    assert status == 1
    assert {(one["from"], one["left"], one["to"]) for one in said["findings"]} >= {
        ("blue/web", "p3", "red/db"),
        ("red/db", "p1", "blue/web"),
    }


def test_what_is_not_modelled_is_named_and_not_proved(lab: Lab) -> None:
    lab.planted("add-flow", "table=0,priority=900,in_port=3,actions=NORMAL")
    status, said = lab.verify()
    lab.restored()
    assert status == 2
    (finding,) = said["findings"]
    assert finding["what"] == "s1: it is not known what becomes of a frame of blue/web: NORMAL"


def test_what_makes_no_difference_is_not_found(lab: Lab) -> None:
    flood = lab.flow("forwarding", "flood", "blue/web")
    lab.planted("add-flow", f"table={flood.table},priority=0,metadata={flood.match[-1][1]},actions=output:{RED_PORT}")
    status, said = lab.verify()
    lab.restored()
    assert (status, said["proved"]) == (0, True)
