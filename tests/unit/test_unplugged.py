"""A port whose interface no host has: nothing fails because it is nowhere, and it is said why it reaches nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api import fabric_rows, tenant_rows
from controller.api.filters import BySwitch
from controller.consequences import HostSession
from controller.fabric.plugs import Plugged, Report
from controller.intent.model import Host, Port
from controller.northbound.show_tables import Subject, print_table
from tests.unit.why_site import INTENT, Site, core_of

HOSTS = {
    **INTENT.fabric.switches,
    "s1": replace(INTENT.fabric.switches["s1"], host=Host()),
    "s2": replace(INTENT.fabric.switches["s2"], host=Host("br0")),
}
PORTS = {
    **INTENT.ports,
    "blue/vm": Port("blue", "vm", "blue/web", iface_id="5a0bd6a4"),
    "blue/vmfar": Port("blue", "vmfar", "blue/far", iface_id="77", mac="02:00:00:00:00:77"),
    "blue/vmtrunk": Port("blue", "vmtrunk", trunk=((11, "blue/web"),), iface_id="78", mac="02:00:00:00:00:78"),
}
SITE_INTENT = replace(INTENT, fabric=replace(INTENT.fabric, switches=HOSTS), ports=PORTS)
NOWHERE = "no hypervisor has an interface with the iface_id of"


@pytest.mark.parametrize(
    ("sender", "receiver", "cause"),
    [
        ("blue/w1", "blue/vmtrunk", f"{NOWHERE} blue/vmtrunk, 78"),
        ("blue/f1", "blue/vmfar", f"{NOWHERE} blue/vmfar, 77"),
        ("blue/vmfar", "blue/f1", f"{NOWHERE} blue/vmfar, 77"),
        ("blue/vm", "blue/w1", f"{NOWHERE} blue/vm, 5a0bd6a4"),
    ],
)
def test_why_it_reaches_nobody(sender: str, receiver: str, cause: str) -> None:
    answer = Site(core_of(SITE_INTENT)).ask(sender, receiver)
    assert answer.there.causes[0] == cause


def test_what_is_shown_of_it_and_of_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    core = core_of(SITE_INTENT)
    core.hosts["s1"] = HostSession("192.0.2.9:5000")
    core.host_reported("s1", Report({"tap1": Plugged("5a0bd6a4"), "tap2": Plugged("unknown")}))
    row = tenant_rows.port(core, core.situation.intent.ports["blue/vm"]).model_dump()
    assert (row["switch"], row["iface_id"], row["state"]) == (None, "5a0bd6a4", "unplugged")
    print_table(Subject.PORTS, [row])
    found = fabric_rows.hypervisors(core, BySwitch())
    print_table(Subject.HYPERVISORS, [row.model_dump() for _, row in found])
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "Port Network At MAC State",
        "blue/vm blue/web - learned unplugged",
        "Hypervisor State Bridge Endpoint Session Plugged Ports",
        "s1 joining br-int 192.0.2.1 from 192.0.2.9:5000 2 0",
        "s2 away br0 - - 0 0",
    ]
