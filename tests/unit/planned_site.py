"""A configuration in force, on a core that saw s1 === s2: what plans are made from."""

from __future__ import annotations

from pathlib import Path

from controller.configuration import Configuration
from controller.core import Core
from controller.fabric.model import End, Interface
from controller.rehearsal import settle
from controller.state_directory import StateDirectory

BEFORE = """\
fabric:
  switches:
    s1: {dpid: "0000000000000001", endpoint: 198.51.100.1}
    s2: {dpid: "0000000000000002", endpoint: "198.51.100.2"}
    s3: {dpid: "0000000000000003"}
tenants:
  blue:
    networks: {web: {segment: vlan}, db: {segment: vxlan}}
    ports:
      a: {network: web, switch: s1, interface: tap1, mac: "02:00:00:00:00:01"}
      b: {network: web, switch: s2, interface: tap1, ip: ["10.0.0.1", "2001:db8::1"]}
"""


def started(file: Path, directory: StateDirectory) -> tuple[Core, Configuration]:
    """A core with the file in force, and the configuration that loaded it."""
    configuration, core = Configuration([file], directory), Core()
    _, edit = configuration.read()
    assert edit
    core.edit(edit, configuration.settle_keys(edit))
    interfaces = [Interface("tap1", 1), Interface("tap3", 3), Interface("w", 4), Interface("vxlan0", 5)]
    for name in ("s1", "s2"):
        core.switch_ready(name, interfaces, True, 0.0)
    core.heard(End("s1", "w"), End("s2", "w"), 0.0)
    core.heard(End("s2", "w"), End("s1", "w"), 0.0)
    settle(core)
    return core, configuration
