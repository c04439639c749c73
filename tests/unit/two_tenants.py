"""Two tenants on two switches, with a link, a trunk and a tunnel: what the examination of isolation is tried on."""

from __future__ import annotations

from pathlib import Path

from controller.core import Core
from controller.dataplane.flow import Flow, Program
from controller.fabric.model import End, Interface
from controller.intent.allocation import KeyLedger, allocate
from controller.intent.key_register import LedgerEdit
from controller.intent.loader import load
from controller.state_directory import StateDirectory

FILES = """
fabric:
  switches:
    s1: {dpid: "00000000000000a1", endpoint: 192.0.2.1, tunnels: {vxlan: vx1}}
    s2: {dpid: "00000000000000a2", endpoint: 192.0.2.2, tunnels: {vxlan: vx2}}
tenants:
  blue:
    networks: {web: {segment: vlan}, far: {segment: vxlan}}
    ports:
      web1: {network: web, switch: s1, interface: p1, mac: "02:00:00:00:00:01"}
      web2: {network: web, switch: s2, interface: q1, mac: "02:00:00:00:00:02"}
      far1: {trunk: {7: far}, switch: s1, interface: p2}
      far2: {network: far, switch: s2, interface: q2}
  red:
    networks: {db: {segment: vlan}}
    ports:
      db1: {network: db, switch: s1, interface: p3, mac: "02:00:00:00:00:01"}
      db2: {network: db, switch: s2, interface: q3}
"""
INTERFACES = {"s1": ("l1", "vx1", "p1", "p2", "p3"), "s2": ("l2", "vx2", "q1", "q2", "q3")}
BLUE_PORT, RED_PORT = 3, 5
"""Numbers of p1 and q1, and of p3 and q3."""


def known_core(files: Path, state: Path) -> Core:
    """What a daemon knows of the bridges; it is saved as a daemon does."""
    intent = load([files]).intent
    assert intent
    ledger, keys, _ = allocate(intent, KeyLedger(), 0.0)
    core = Core()
    core.adopt(intent, keys)
    for name, interfaces in INTERFACES.items():
        core.switch_ready(name, [Interface(one, number) for number, one in enumerate(interfaces, 1)], True, 0.0)
    for at, sender in ((End("s1", "l1"), End("s2", "l2")), (End("s2", "l2"), End("s1", "l1"))):
        core.heard(at, sender, 0.0)
    core.changes()
    while core.confirmed(core.connected_switches()):
        core.changes()
    with StateDirectory(state) as directory:
        directory.write_ledger(ledger, LedgerEdit(held=dict(ledger.held)))
        directory.write_memory(core.memory())
    return core


def flow_for(program: Program, app: str, note: str, network: str) -> Flow:
    """The flow that is there for this."""
    reasons = ((flow, flow.reason) for flow in program.flows.values())
    return next(flow for flow, why in reasons if (why.app, why.note, why.network) == (app, note, network))
