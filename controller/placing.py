"""From ports that name an interface by its id to ports that are somewhere: where hosts have those interfaces.

The result is an intent like any other, so all that follows from it (keys, units, flows) knows nothing of ids. A host is
believed about where an interface is, and about its guest's MAC if the port gives none. It is not believed where that
would touch what the configuration says of others:

- an interface that a port names by switch and interface, a tunnel interface, or one on a switch that is no host's;
- a port that has hosts, on any other one;
- a MAC that is given to another port of one of the networks, or was plugged there before. Then the port's addresses
  are learned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from controller.fabric.memory import Memory
from controller.fabric.plugs import Claim, Plugs, Standing
from controller.intent.model import Intent, IpAddress, Port


@dataclass(slots=True)
class Taken:
    """What ports of an intent have taken already."""

    places: set[tuple[str, str]] = field(default_factory=set)
    """Switches and interfaces of ports that name them."""
    macs: dict[tuple[str, str], str] = field(default_factory=dict)
    """Port by network and MAC, in the networks that were asked for."""

    def plugged(self, intent: Intent, port: Port, standing: Standing) -> tuple[Port, str]:
        """A port with an id as it is with these claims, and what of them is not believed, or ""."""
        bare, claim, standby = port.asked, standing.holder, standing.standby
        refused = f"{', '.join(standing.refused)} may not have it" if standing.refused else ""
        if claim is None:
            return bare, refused
        if doubt := self._doubt(intent, claim):
            return bare, doubt
        where = replace(bare, switch=claim.switch, interface=claim.interface)
        if standby is not None:
            if doubt := self._doubt(intent, standby):
                refused = refused or doubt
            else:
                where = replace(where, standby=standby.place)
        if bare.mac or not claim.mac:
            return where, refused
        owners = {self.macs.get((network, claim.mac), port.id) for network in port.networks}
        if owners != {port.id}:
            return where, f"MAC {claim.mac} is that of port {min(owners - {port.id})}; it is learned instead"
        return replace(where, mac=claim.mac, is_mac_plugged=True), refused

    def _doubt(self, intent: Intent, claim: Claim) -> str:
        """Why no port can be where this claim is, or ""."""
        switch = intent.fabric.switches.get(claim.switch)
        if switch is None or switch.host is None:
            return f"switch {claim.switch} is no host's"
        if claim.interface in switch.tunnels.values() or claim.interface == switch.host.bridge:
            return f"interface {claim.interface} is the switch's own"
        return f"interface {claim.interface} is another port's by its name" if claim.place in self.places else ""


def hosts_of(intent: Intent) -> dict[str, tuple[str, ...]]:
    """By id: the switches of the hosts on which a port may be, if not all may have it."""
    return {port.iface_id: port.hosts for port in intent.ports.values() if port.hosts and port.iface_id}


def with_endpoints(intent: Intent, said: Mapping[str, IpAddress], before: Intent) -> tuple[Intent, dict[str, str]]:
    """An intent in which hosts whose endpoint is not given have what they said, and by switch what is not believed.

    Nobody gets an address that is given to a switch or a port, or that another host has in the intent in force,
    `before`.
    """
    awaited = [
        one for one in intent.fabric.switches.values() if one.host and (one.is_endpoint_said or not one.endpoint)
    ]
    if not awaited:
        return intent, {}
    given = {one.endpoint: f"switch {one.name}" for one in intent.fabric.switches.values() if not one.is_endpoint_said}
    given |= {port.endpoint: f"port {port.id}" for port in intent.ports.values() if port.endpoint}
    switches, doubts = dict(intent.fabric.switches), {}
    for switch in sorted(awaited, key=lambda one: (not _had(before, one.name, said), one.name)):
        address, owner = said.get(switch.name), given.get(said.get(switch.name))
        if address and owner:
            doubts[switch.name] = f"endpoint {address} is that of {owner}"
            address = None
        given[address] = f"switch {switch.name}"
        tunnels = switch.host.tunnels if address and switch.host else {}
        found = replace(switch, endpoint=address, tunnels=tunnels, is_endpoint_said=address is not None)
        switches[switch.name] = found
    if switches == intent.fabric.switches:
        return intent, doubts
    return replace(intent, fabric=replace(intent.fabric, switches=switches)), doubts


def in_place(intent: Intent, plugs: Plugs, said: Mapping[str, IpAddress], before: Intent) -> Intent:
    """The intent of files with its ports and endpoints where hosts have them; `before` is the one in force.

    The claims are by this intent's hosts from then on.
    """
    intent, _ = with_endpoints(intent, said, before)
    plugs.keep_to(hosts_of(intent))
    ports = {name: port for name, (port, _) in placed(intent, plugs.standing, before).items()}
    return replace(intent, ports={**intent.ports, **ports}) if ports else intent


def as_remembered(intent: Intent, memory: Memory) -> Intent:
    """The same as a daemon that had this memory would have it at first."""
    plugs = Plugs()
    plugs.restore(memory.plugs)
    return in_place(intent, plugs, memory.endpoints, intent)


def _had(before: Intent, name: str, said: Mapping[str, IpAddress]) -> bool:
    known = before.fabric.switches.get(name)
    return known is not None and known.is_endpoint_said and known.endpoint == said.get(name)


def placed(intent: Intent, standing: Callable[[str], Standing], before: Intent) -> dict[str, tuple[Port, str]]:
    """The ports with ids of an intent, as they are with these claims, with what is not believed, by port id.

    `before` is the intent in force: of two ports that are plugged with one MAC, the one that has it there keeps it.
    """
    ports = [port for port in intent.ports.values() if port.iface_id]
    if not ports:
        return {}
    taken = Taken()
    networks = {network for port in ports for network in port.networks}
    for port in intent.ports.values():
        if port.iface_id is None and port.switch and port.interface:
            taken.places.add((port.switch, port.interface))
        if port.mac and not port.is_mac_plugged:
            taken.macs.update(((network, port.mac), port.id) for network in port.networks if network in networks)
    found: dict[str, tuple[Port, str]] = {}
    for port in sorted(ports, key=lambda port: (not _has_mac(before, port), port.id)):
        found[port.id] = there, _ = taken.plugged(intent, port, standing(port.iface_id or ""))
        if there.mac:
            taken.macs.update(((network, there.mac), port.id) for network in port.networks)
    return found


def _has_mac(before: Intent, port: Port) -> bool:
    known = before.ports.get(port.id)
    return known is not None and known.is_mac_plugged
