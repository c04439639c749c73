"""The `ovs-vsctl` commands that the documentation shows: a real Open vSwitch takes them, and a bridge is as said."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from namespaces import ip_batch
from tests.documented import documented
from tests.switch.southbound_lab import private_ovs

pytestmark = pytest.mark.ovs


def test_open_vswitch_takes_what_the_documentation_shows(tmp_path: Path) -> None:
    commands = [shlex.split(command)[1:] for command in documented() if command.startswith("ovs-vsctl ")]
    assert len(commands) > 6
    with private_ovs(tmp_path) as (ovs, pid):
        # A guest's, which is plugged in.
        ip_batch(["link add tap7 type veth peer name guest"], pid=pid)
        for words in commands:
            # Tunnels are shown twice; and the machine of the tests may have no module for the kernel's datapath.
            first = "--may-exist" if "add-port" in words else "--"
            ovs.vsctl(first, *words, *(["datapath_type=netdev"] if "add-br" in words else []))
        assert ovs.vsctl("get", "bridge", "br-int", "datapath_id").strip() == '"0000000000000011"'
        assert ovs.vsctl("get", "bridge", "br-int", "fail_mode").strip() == "secure"
        kinds = {ovs.vsctl("get", "interface", name, "type").strip() for name in ("vxlan0", "geneve0", "gre0")}
        assert kinds == {"vxlan", "geneve", "gre"}
