"""Documents that tests make errors in, and the errors of a document."""

from __future__ import annotations

import textwrap
from pathlib import Path

from controller.intent.loader import Loaded, load

_FABRIC = """\
fabric:
  reserved: [100, 200-210]
  switches:
    leaf1: {dpid: "0000000000000001"}
    hv1: {dpid: "0000000000000011", endpoint: 192.0.2.1}
    hv2: {dpid: "0000000000000012", endpoint: 192.0.2.2}
    hv6: {dpid: "0000000000000013", endpoint: "2001:db8::1"}
tenants:
  blue:
"""

_NETWORKS = """\
networks: {web: {segment: vlan, key: 10}, db: {segment: vxlan}, any: {}}
ports:
"""

_LAB = """\
fabric:
  switches:
    leaf1: {dpid: "0000000000000001"}
    hv1: {dpid: "0000000000000011", endpoint: 192.0.2.1}
tenants:
  blue:
    networks: {web: {segment: vlan}, db: {segment: vxlan}}
    ports:
      web1: {network: web, switch: leaf1, interface: leaf1-eth1, mac: "02:00:00:00:00:01"}
      trunk1: {trunk: {5: web}, switch: hv1, interface: eth1}
      up1: {network: web, switch: hv1, interface: eth0}
      out1: {network: db, endpoint: 192.0.2.9}
lab:
"""


def _indented(text: str, depth: int) -> str:
    return textwrap.indent(textwrap.dedent(text).strip("\n") + "\n", " " * depth)


def tenant(text: str) -> str:
    """A document in which tenant blue is `text`, from line 10 and column 5 on."""
    return _FABRIC + _indented(text, 4)


def ports(text: str) -> str:
    """A document in which the ports of tenant blue are `text`, from line 12 and column 7 on."""
    return tenant(_NETWORKS + _indented(text, 2))


def lab(text: str) -> str:
    """A document in which the lab is `text`, from line 14 and column 3 on."""
    return _LAB + _indented(text, 2)


def loaded(text: str, name: str = "t.yaml") -> Loaded:
    """What loading `text` from a file in the current directory gives."""
    Path(name).write_text(text)
    return load([Path(name)])


def errors(text: str) -> list[str]:
    """The errors of a document."""
    return [str(error) for error in loaded(text).errors]


def warnings(text: str) -> list[str]:
    """The warnings of a document that is valid."""
    result = loaded(text)
    assert not result.errors
    return [str(warning) for warning in result.warnings]
