"""A real virtual machine that libvirt plugs into `br-int`: its tenant's guests reach it, and nobody else does.

    hv1: libvirt [machine, blue, 10.0.0.1]   red1 [10.0.0.1]         hv2: blue2 [10.0.0.2]   red9 [10.0.0.9]

Not among the other tests, as it needs QEMU, libvirt and a kernel: `./run test --vm`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import virtual_machine
from libvirt_host import LibvirtHost
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import Installation, running
from virtual_machine import command_line

pytestmark = pytest.mark.ovs

MACHINE = "4f1f5a8e-6f0e-4a0e-9e43-0d5ad5e5a001"
MAC = "52:54:00:00:00:01"
TOPOLOGY = f"""
fabric:
  switches:
    hv1: {{dpid: "0000000000000001", endpoint: 198.51.100.1, host: {{}}}}
    hv2: {{dpid: "0000000000000002", endpoint: 198.51.100.2, host: {{}}}}
tenants:
  blue:
    networks: {{net: {{segment: vxlan}}}}
    ports:
      machine: {{network: net, iface_id: {MACHINE}}}
      vm2: {{network: net, iface_id: blue-2}}
  red:
    networks: {{net: {{segment: geneve}}}}
    ports:
      vm1: {{network: net, iface_id: red-1}}
      vm9: {{network: net, iface_id: red-9}}
lab:
  underlay: bridge
  hypervisors:
    hv1: {{address: 198.51.100.1/24}}
    hv2: {{address: 198.51.100.2/24}}
  guests:
    blue2: {{port: blue/vm2, hypervisor: hv2, address: 10.0.0.2/24}}
    red1: {{port: red/vm1, hypervisor: hv1, address: 10.0.0.1/24}}
    red9: {{port: red/vm9, hypervisor: hv2, address: 10.0.0.9/24}}
"""
DOMAIN = """
<domain type='qemu'>
  <name>machine</name>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initramfs}</initrd>
    <cmdline>{cmdline}</cmdline>
  </os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type='bridge'>
      <mac address='{mac}'/>
      <source bridge='br-int'/>
      <virtualport type='openvswitch'><parameters interfaceid='{interface}'/></virtualport>
      <model type='virtio'/>
    </interface>
    <serial type='file'><source path='{console}'/></serial>
  </devices>
</domain>
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("libvirt")
    file = directory / "site.yaml"
    file.write_text(TOPOLOGY)
    with running(file, directory) as installation:
        yield installation


def test_a_machine_of_libvirt_is_in_its_network_and_in_no_other(site: Installation, tmp_path: Path) -> None:
    image = virtual_machine.build(tmp_path / "image")
    console = tmp_path / "console"
    domain = tmp_path / "domain.xml"
    domain.write_text(
        DOMAIN.format(
            kernel=image.kernel,
            initramfs=image.initramfs,
            cmdline=command_line("10.0.0.1/24", ["10.0.0.2", "10.0.0.9"]),
            mac=MAC,
            interface=MACHINE,
            console=console,
        )
    )
    host, reaches = site.lab.switches["hv1"], site.lab.ping
    assert not reaches("blue2", "10.0.0.1"), "there is no machine yet"
    assert reaches("red9", "10.0.0.1"), "red's own guest has the address, too"
    with LibvirtHost(host, tmp_path / "libvirtd") as libvirt:
        libvirt.virsh("create", str(domain))
        eventually(lambda: "10.0.0.2 answers" in console.read_text(), "a machine that reaches its network")
        said = host.vsctl("--bare", "--columns=external_ids", "find", "interface", f"external_ids:iface-id={MACHINE}")
        assert "tenantry-installed=true" in said
        assert reaches("blue2", "10.0.0.1")
        eventually(lambda: console.read_text().count("10.0.0.9 is silent") > 1, "what it does not reach")
        assert "10.0.0.9 answers" not in console.read_text()
        libvirt.virsh("destroy", "machine")
        eventually(lambda: not reaches("blue2", "10.0.0.1"), "a machine that is gone")
        assert reaches("red9", "10.0.0.1")
