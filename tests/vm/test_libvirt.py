"""A real virtual machine that libvirt plugs into `br-int`: its tenant's guests reach it, and nobody else does.

    hv1: libvirt [machine, blue, 10.0.0.1]   red1 [10.0.0.1]         hv2: blue2 [10.0.0.2]   red9 [10.0.0.9]

Not among the other tests, as it needs QEMU, libvirt and a kernel: `./run test --vm`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import virtual_machine
from controller.northbound.cli import app
from hypervisor import Hypervisor
from libvirt_host import LibvirtHost
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import Installation, running
from virtual_machine import command_line

pytestmark = pytest.mark.ovs

MACHINE = "4f1f5a8e-6f0e-4a0e-9e43-0d5ad5e5a001"
MAC = "52:54:00:00:00:01"
PLUGGED = f"""
    <interface type='bridge'>
      <mac address='{MAC}'/>
      <source bridge='br-int'/>
      <virtualport type='openvswitch'><parameters interfaceid='{MACHINE}'/></virtualport>
      <model type='virtio'/>
    </interface>
"""
"""As the operations guide shows it."""
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
    {interface}
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


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> virtual_machine.Image:
    return virtual_machine.build(tmp_path_factory.mktemp("machine") / "image")


def test_a_machine_of_libvirt_is_in_its_network_and_in_no_other(
    site: Installation, image: virtual_machine.Image, tmp_path: Path
) -> None:
    with LibvirtHost(hypervisor(site), tmp_path / "libvirtd") as libvirt:
        assert_machine_is_where_it_belongs(site, libvirt, domain(image, PLUGGED, tmp_path), tmp_path)


def test_a_machine_on_the_network_that_tenantry_exports(
    site: Installation, image: virtual_machine.Image, tmp_path: Path
) -> None:
    network = tmp_path / "net.xml"
    network.write_text(exported(site))
    interface = exported(site, "--port", "blue/machine")
    with LibvirtHost(hypervisor(site), tmp_path / "libvirtd") as libvirt:
        libvirt.virsh("net-define", str(network))
        libvirt.virsh("net-start", "tenantry")
        assert_machine_is_where_it_belongs(site, libvirt, domain(image, interface, tmp_path), tmp_path, mtu=1450)
        libvirt.virsh("net-destroy", "tenantry")


def hypervisor(site: Installation) -> Hypervisor:
    host = site.lab.switches["hv1"]
    assert isinstance(host, Hypervisor)
    return host


def exported(site: Installation, *options: str) -> str:
    result = CliRunner().invoke(app, ["export", "libvirt", str(site.topology), *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def domain(image: virtual_machine.Image, interface: str, directory: Path) -> Path:
    """A file for virsh; the machine writes to `console` in the same directory."""
    file = directory / "domain.xml"
    words = command_line("10.0.0.1/24", ["10.0.0.2", "10.0.0.9"])
    console = directory / "console"
    file.write_text(
        DOMAIN.format(
            kernel=image.kernel, initramfs=image.initramfs, cmdline=words, interface=interface, console=console
        )
    )
    return file


def assert_machine_is_where_it_belongs(
    site: Installation, libvirt: LibvirtHost, domain: Path, directory: Path, *, mtu: int | None = None
) -> None:
    """Start it, look whom it reaches and who reaches it, and end it. Its interface has this MTU, if one is given."""
    console = directory / "console"
    host, reaches = site.lab.switches["hv1"], site.lab.ping
    assert not reaches("blue2", "10.0.0.1"), "there is no machine yet"
    assert reaches("red9", "10.0.0.1"), "red's own guest has the address, too"
    libvirt.virsh("create", str(domain))
    eventually(lambda: "10.0.0.2 answers" in console.read_text(), "a machine that reaches its network")
    columns = ["--bare", "--columns=external_ids,mtu"]
    said = host.vsctl(*columns, "find", "interface", f"external_ids:iface-id={MACHINE}")
    assert "tenantry-installed=true" in said
    assert mtu is None or said.split()[-1] == str(mtu)
    assert reaches("blue2", "10.0.0.1")
    eventually(lambda: console.read_text().count("10.0.0.9 is silent") > 1, "what it does not reach")
    assert "10.0.0.9 answers" not in console.read_text()
    libvirt.virsh("destroy", "machine")
    eventually(lambda: not reaches("blue2", "10.0.0.1"), "a machine that is gone")
    assert reaches("red9", "10.0.0.1")
