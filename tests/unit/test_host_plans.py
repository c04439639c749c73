"""What follows for hosts from the configuration, where they reach the daemon, and the line that makes them join."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.host_plans import host_plans
from controller.intent.model import Segment, SegmentKey, SocketAddress
from controller.northbound.cli import app
from controller.ovsdb.plan import HostPlan, controller_target
from controller.southbound.listen import Tls, parse_listen
from tests.unit.intent_cases import loaded

TEXT = """\
fabric:
  switches:
    hv1: {dpid: "0000000000000011", endpoint: 192.0.2.1, host: {}}
    hv2: {dpid: "0000000000000012", host: {bridge: br0, keep: true}}
    hv3: {dpid: "0000000000000013", host: {connect: "ssl:[2001:db8::13]:6640", controller: "ssl:controller:6653"}}
    hv4: {dpid: "0000000000000014", host: {connect: tcp:192.0.2.14:6640}}
    hv5: {dpid: "0000000000000015", host: {connect: unix:/run/hv5.sock}}
    leaf: {dpid: "0000000000000001", endpoint: 192.0.2.3}
tenants:
  blue: {networks: {web: {segment: gre}, db: {}}}
"""
TLS = Tls(Path("c"), Path("k"), Path("a"))


def test_hosts_get_tunnels_for_what_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    intent = loaded(TEXT).intent
    assert intent
    assert host_plans(intent, [SegmentKey(Segment.VLAN, 2), SegmentKey(Segment.GENEVE, 5)]) == {
        "hv1": HostPlan(
            "hv1", "br-int", 0x11, ip_address("192.0.2.1"), {Segment.GENEVE: "geneve0", Segment.GRE: "gre0"}
        ),
        "hv2": HostPlan("hv2", "br0", 0x12, None, {}, keep=True),
        "hv3": HostPlan(
            "hv3",
            "br-int",
            0x13,
            connect=SocketAddress("ssl", "2001:db8::13", 6640),
            controller=SocketAddress("ssl", "controller", 6653),
        ),
        "hv4": HostPlan("hv4", "br-int", 0x14, connect=SocketAddress("tcp", "192.0.2.14", 6640)),
        "hv5": HostPlan("hv5", "br-int", 0x15, connect=SocketAddress("unix", "/run/hv5.sock")),
    }


@pytest.mark.parametrize(
    ("listens", "reached_at", "is_secure", "target"),
    [
        (["tcp:0.0.0.0:6653"], "192.0.2.9", False, "tcp:192.0.2.9:6653"),
        (["ssl:[::]:6653"], "2001:db8::9", True, "ssl:[2001:db8::9]:6653"),
        (["tcp:0.0.0.0:1", "ssl:0.0.0.0:2"], "192.0.2.9", True, "ssl:192.0.2.9:2"),
        (["ssl:0.0.0.0:2", "tcp:0.0.0.0:1"], "192.0.2.9", False, "tcp:192.0.2.9:1"),
        (["tcp:127.0.0.1:1", "ssl:0.0.0.0:2"], "192.0.2.9", False, "ssl:192.0.2.9:2"),
        (["tcp:127.0.0.1:1"], "127.0.0.1", False, "tcp:127.0.0.1:1"),
        (["tcp:192.0.2.7:1"], "192.0.2.9", False, "tcp:192.0.2.7:1"),
        (["tcp:controller:1"], "192.0.2.9", False, "tcp:controller:1"),
        (["tcp:127.0.0.1:1", "tcp:[::]:2"], "192.0.2.9", False, ""),
        (["tcp:0.0.0.0:1", "unix:/run/x"], "", False, ""),
    ],
)
def test_hosts_reach_the_daemon_where_they_found_it(
    listens: list[str], reached_at: str, is_secure: bool, target: str
) -> None:
    assert controller_target([parse_listen(text, TLS) for text in listens], reached_at, is_secure) == target


def join_command(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    file = tmp_path / "t.yaml"
    file.write_text(TEXT)
    result = CliRunner().invoke(app, ["join-command", arguments[0], str(file), *arguments[1:]])
    return result.exit_code, result.output


def test_the_line_is_ready_to_be_pasted(tmp_path: Path) -> None:
    assert join_command(tmp_path, "hv1", "--ovsdb", "tcp:192.0.2.9:6640") == (
        0,
        "ovs-vsctl set Open_vSwitch . external_ids:tenantry-host=hv1 -- set-manager tcp:192.0.2.9:6640\n",
    )
    assert join_command(tmp_path, "hv2", "--ovsdb", "ssl:[::1]:6640") == (
        0,
        "# hv2-privkey.pem and hv2-cert.pem are made by: ovs-pki req+sign hv2 switch\n"
        "# cacert.pem is the authority of the daemon's certificate\n"
        "ovs-vsctl set-ssl /etc/openvswitch/hv2-privkey.pem /etc/openvswitch/hv2-cert.pem "
        "/etc/openvswitch/cacert.pem \\\n"
        "    -- set-manager 'ssl:[::1]:6640'\n",
    )


def test_a_host_that_the_daemon_connects_to_listens(tmp_path: Path) -> None:
    set_ssl = "ovs-vsctl set-ssl /etc/openvswitch/hv3-privkey.pem /etc/openvswitch/hv3-cert.pem "
    status, text = join_command(tmp_path, "hv3")
    assert (status, text.partition(set_ssl)[2]) == (
        0,
        "/etc/openvswitch/cacert.pem \\\n    -- set-manager 'pssl:6640:[2001:db8::13]'\n",
    )
    host = "ovs-vsctl set Open_vSwitch . external_ids:tenantry-host"
    status, text = join_command(tmp_path, "hv4")
    assert (status, text.splitlines()[1:]) == (0, [f"{host}=hv4 -- set-manager ptcp:6640:192.0.2.14"])
    assert text.startswith("# whoever reaches this port can change")
    assert join_command(tmp_path, "hv5") == (0, f"{host}=hv5 -- set-manager punix:/run/hv5.sock\n")
    status, text = join_command(tmp_path, "hv4", "--ovsdb", "tcp:192.0.2.9:6640")
    assert status == 2
    assert "is not for hv4, which the daemon connects to" in text
    status, text = join_command(tmp_path, "hv1")
    assert status == 2
    assert "is needed, as hv1 connects to the daemon" in text


def test_who_is_no_host_gets_none(tmp_path: Path) -> None:
    text = "leaf is no host; hosts are: hv1, hv2, hv3, hv4, hv5\n"
    assert join_command(tmp_path, "leaf", "--ovsdb", "ssl:x:1") == (1, text)
    status, text = join_command(tmp_path, "hv1", "--ovsdb", "x; reboot")
    assert status == 2
    assert "write ssl:HOST:PORT, tcp:HOST:PORT or unix:PATH" in text
