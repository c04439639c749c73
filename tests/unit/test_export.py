"""What `tenantry export libvirt` prints, and when it refuses."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from controller.northbound.cli import app

TEXT = """\
fabric:
  switches:
    hv1: {dpid: "0000000000000011", host: {}}
    hv2: {dpid: "0000000000000012", host: {bridge: BRIDGE}}
tenants:
  blue:
    networks: {web: {segment: vlan}, db: {segment: vxlan}, any: {}, low: {mtu: 1300}}
    ports:
      vm: {network: web, iface_id: 5a0bd6a4-3c4c-4a5c-9ad3-4a7ea6b0a6f1, mac: "02:00:00:00:00:01"}
      trunk: {trunk: {5: web}, iface_id: 5a0bd6a4-3c4c-4a5c-9ad3-4a7ea6b0a6f2}
      wide: {network: db, iface_id: 5a0bd6a4-3c4c-4a5c-9ad3-4a7ea6b0a6f3}
      some: {network: any, iface_id: 5a0bd6a4-3c4c-4a5c-9ad3-4a7ea6b0a6f4}
      many: {trunk: {5: web, 6: db, 7: low}, iface_id: 5a0bd6a4-3c4c-4a5c-9ad3-4a7ea6b0a6f5}
      named: {network: web, iface_id: vm7}
      fixed: {network: web, switch: hv1, interface: tap1}
"""
NETWORK = """\
<network>
  <name>tenantry</name>
  <forward mode="bridge" />
  <bridge name="br-int" />
  <virtualport type="openvswitch" />
  <portgroup name="blue/any" />
  <portgroup name="blue/db" />
  <portgroup name="blue/low" />
  <portgroup name="blue/web" />
</network>
"""
INTERFACE = """\
<interface type="network">
  <source network="tenantry" portgroup="blue/web" />
  <mac address="02:00:00:00:00:01" />
  <virtualport type="openvswitch">
    <parameters interfaceid="5a0bd6a4-3c4c-4a5c-9ad3-4a7ea6b0a6f1" />
  </virtualport>
  <model type="virtio" />
  <mtu size="1500" />
</interface>
"""


def exported(tmp_path: Path, *options: str, bridge: str = "br-int") -> tuple[int, str]:
    file = tmp_path / "t.yaml"
    file.write_text(TEXT.replace("BRIDGE", bridge))
    result = CliRunner().invoke(app, ["export", "libvirt", str(file), *options])
    return result.exit_code, result.output


def test_a_network_with_a_port_group_for_each_of_the_tenants(tmp_path: Path) -> None:
    assert exported(tmp_path) == (0, NETWORK)
    other = NETWORK.replace("br-int", "br0").replace("tenantry", "lab")
    assert exported(tmp_path, "--host", "hv2", "--name", "lab", bridge="br0") == (0, other)


def test_an_interface_of_a_domain(tmp_path: Path) -> None:
    assert exported(tmp_path, "--port", "blue/vm") == (0, INTERFACE)
    trunk = exported(tmp_path, "--port", "blue/trunk")[1]
    assert '<source network="tenantry" />' in trunk
    assert "<mac" not in trunk


def test_the_mtu_is_what_the_network_leaves_to_a_guest(tmp_path: Path) -> None:
    for port, mtu in (("wide", '<mtu size="1450" />'), ("many", '<mtu size="1300" />')):
        assert mtu in exported(tmp_path, "--port", f"blue/{port}")[1]
    assert "<mtu" not in exported(tmp_path, "--port", "blue/some")[1]
    six = exported(tmp_path, "--port", "blue/wide", bridge='br-int}, endpoint: "2001:db8::1", tunnels: {')[1]
    assert '<mtu size="1430" />' in six


def test_what_libvirt_cannot_have_is_refused(tmp_path: Path) -> None:
    for options, bridge, text in (
        ((), "br0", "hosts have different bridges; name one by --host"),
        (("--host", "hv9"), "br0", "hv9 is no host; hosts are: hv1, hv2"),
        (("--port", "blue/none"), "br0", "there is no port blue/none"),
        (("--port", "blue/named"), "br0", "iface_id vm7 of port blue/named is no UUID, and libvirt takes nothing else"),
        (
            ("--port", "blue/fixed"),
            "br0",
            "port blue/fixed has no iface_id, by which libvirt's interface could be known",
        ),
    ):
        assert exported(tmp_path, *options, bridge=bridge) == (1, f"error: {text}\n")
