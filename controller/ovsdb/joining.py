"""What is to be written to a host's database so that it has what it should, and nothing else of ours.

`join` compares the rows with a plan, and returns the operations of one transaction, or none when all is as it should
be. So a host that joins, one that was changed by hand, and one whose plan changed are the same case, and whatever is
done twice is done once. What takes several steps is asked again after each.

What we make is marked (`replica.OWNER`) and what is not marked is not changed, with these exceptions: the configured
bridge itself, which is taken over if it is there (its `fail_mode`, `protocols` and datapath id), and references to our
rows. Where a row of somebody else serves already, such as a controller with our address or a tunnel interface of that
name, nothing is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.intent.model import Segment
from controller.ovsdb import operations as do
from controller.ovsdb.plan import HostPlan
from controller.ovsdb.replica import OWNER, UNTRIED, Bridge, Replica
from controller.ovsdb.session import Operation

NETDEV, SYSTEM = "netdev", "system"
PROTOCOL = "OpenFlow13"


def join(replica: Replica, plan: HostPlan, target: str) -> list[Operation]:
    """What a host needs; `target` is how its bridge reaches the daemon, or "" to leave that as it is."""
    found = replica.bridge(plan.bridge)
    changes = [*leave(replica, plan.bridge)]
    if found is None:
        changes += _make_bridge(replica, plan)
    else:
        changes += _settings(replica, plan, *found)
        changes += _controller(replica, plan, target, *found)
        changes += _tunnels(replica, plan, *found)
    return [*changes, do.wake()] if changes else []


def is_there(replica: Replica, plan: HostPlan) -> bool:
    """Whether ovs-vswitchd has the bridge under its datapath id."""
    found = replica.bridge(plan.bridge)
    return found is not None and found[1].datapath_id == f"{plan.dpid:016x}"


def leave(replica: Replica, but: str = "") -> Iterator[Operation]:
    """Undo what was made on this host, except on the bridge called `but`.

    A bridge that we made goes with it, unless somebody else has plugged something into it: then it stays, secure.
    """
    for uuid, bridge in replica.bridges.items():
        if bridge.name == but:
            continue
        ports = list(replica.ports_on(bridge))
        ours = [port for port, row in ports if OWNER in row.external_ids]
        if OWNER in bridge.external_ids and len(ports) - len(ours) <= 1:
            yield do.forget("Open_vSwitch", [], "bridges", uuid)
            continue
        for port in ours:
            yield do.forget("Bridge", do.is_row(uuid), "ports", port)
        for controller, row in replica.controllers_of(bridge):
            if OWNER in row.external_ids:
                yield do.forget("Bridge", do.is_row(uuid), "controller", controller)
        if OWNER in bridge.external_ids:
            yield do.drop("Bridge", uuid, "external_ids", [OWNER, UNTRIED])


def _make_bridge(replica: Replica, plan: HostPlan) -> Iterator[Operation]:
    kinds = replica.root.datapath_types
    if not kinds:
        return  # ovs-vswitchd has not said yet which it has.
    yield do.expect_none("Bridge", "name", plan.bridge)
    yield do.insert("Interface", {"name": plan.bridge, "type": "internal"}, "interface")
    yield do.insert("Port", {"name": plan.bridge, "interfaces": ["named-uuid", "interface"]}, "port")
    row = {
        "name": plan.bridge,
        "ports": ["named-uuid", "port"],
        "datapath_type": SYSTEM if SYSTEM in kinds else NETDEV,
        "fail_mode": "secure",
        "protocols": PROTOCOL,
        "other_config": do.as_map({"datapath-id": f"{plan.dpid:016x}"}),
        "external_ids": do.as_map({OWNER: plan.name, UNTRIED: "true"}),
    }
    yield do.insert("Bridge", row, "bridge")
    yield do.refer("Open_vSwitch", [], "bridges", ["named-uuid", "bridge"])


def _settings(replica: Replica, plan: HostPlan, uuid: str, bridge: Bridge) -> Iterator[Operation]:
    if bridge.fail_mode != "secure":
        yield do.update("Bridge", uuid, {"fail_mode": "secure"})
    if PROTOCOL not in bridge.protocols:
        yield do.add("Bridge", uuid, "protocols", PROTOCOL)
    dpid = f"{plan.dpid:016x}"
    if bridge.other_config.get("datapath-id") != dpid:
        yield do.put("Bridge", uuid, "other_config", {"datapath-id": dpid})
    if UNTRIED in bridge.external_ids:
        yield from _datapath(replica, uuid, bridge)


def _datapath(replica: Replica, uuid: str, bridge: Bridge) -> Iterator[Operation]:
    """Take a bridge that we have just made to userspace if it does not come up.

    The kernel's datapath is offered by ovs-vswitchd whether or not the kernel has the module. Later on a bridge that is
    not up says nothing about its datapath.
    """
    root = replica.root
    has_failed = not bridge.datapath_id and root.cur_cfg >= root.next_cfg
    if has_failed and bridge.datapath_type != NETDEV and NETDEV in root.datapath_types:
        yield do.update("Bridge", uuid, {"datapath_type": NETDEV})
    if has_failed or bridge.datapath_id:
        yield do.drop("Bridge", uuid, "external_ids", [UNTRIED])


def _controller(replica: Replica, plan: HostPlan, target: str, uuid: str, bridge: Bridge) -> Iterator[Operation]:
    rows = list(replica.controllers_of(bridge))
    ours = [(controller, row) for controller, row in rows if OWNER in row.external_ids]
    if not target:
        return
    serving = next((controller for controller, row in rows if row.target == target), None)
    for controller, _ in ours:
        if controller != serving:
            yield do.forget("Bridge", do.is_row(uuid), "controller", controller)
    if serving is None:
        # In-band control would let frames past the tables that go to the daemon's address.
        row = {"target": target, "connection_mode": "out-of-band", "external_ids": do.as_map({OWNER: plan.name})}
        yield do.insert("Controller", row, "controller")
        yield do.refer("Bridge", do.is_row(uuid), "controller", ["named-uuid", "controller"])


def _tunnels(replica: Replica, plan: HostPlan, uuid: str, bridge: Bridge) -> Iterator[Operation]:
    wanted = {name: segment for segment, name in plan.tunnels.items()} if plan.endpoint else {}
    taken = {port.name for port in replica.ports.values()}
    for port, row in replica.ports_on(bridge):
        if OWNER not in row.external_ids:
            continue
        segment = wanted.get(row.name)
        if segment is None:
            yield do.forget("Bridge", do.is_row(uuid), "ports", port)
            continue
        for interface in row.interfaces & replica.interfaces.keys():
            known = replica.interfaces[interface]
            if (known.type, known.options) != (segment.value, _options(plan, segment)):
                yield do.update("Interface", interface, _tunnel(plan, segment))
    for name, segment in wanted.items():
        if name not in taken:
            yield do.insert("Interface", {"name": name, **_tunnel(plan, segment)}, f"interface_{segment.value}")
            made = {"name": name, "external_ids": do.as_map({OWNER: plan.name})}
            made["interfaces"] = ["named-uuid", f"interface_{segment.value}"]
            yield do.insert("Port", made, f"port_{segment.value}")
            yield do.refer("Bridge", do.is_row(uuid), "ports", ["named-uuid", f"port_{segment.value}"])


def _tunnel(plan: HostPlan, segment: Segment) -> dict[str, object]:
    return {"type": segment.value, "options": do.as_map(_options(plan, segment))}


def _options(plan: HostPlan, segment: Segment) -> dict[str, str]:
    options = {"remote_ip": "flow", "key": "flow", "local_ip": str(plan.endpoint)}
    # In GRE it would take four bytes more from the guests' MTU (RFC 2784, 2.1).
    has_checksum = plan.settings.checksums and segment is not Segment.GRE
    return options | {"csum": "true"} if has_checksum else options
