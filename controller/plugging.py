"""Ports follow the interfaces that carry their ids: what hosts report becomes edits of the intent.

A report that changes who holds an id (`controller.fabric.plugs`) is an edit of one port, made of the intent in force,
and costs what that port's networks cost. An edit of the files says nothing of where interfaces are, so all ports with
ids are placed in it before it comes into force (`placed`).

What of a report is not believed (`controller.placing`) is tried again with every later edit, and with reports about
ports that had the MAC which it is about: the reason may have gone.

A port is *installed* when the switch has confirmed all it was told while the port was there. The host's row says so
(`external_ids:tenantry-installed`), for those who start a guest only then. Where it stands by, others have to have
confirmed, too, that they send there: from then on its guest can go on there without loss.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from controller.compile_costs import CompileCosts
from controller.consequences import HostSession
from controller.core import Core
from controller.event_log import EventKind
from controller.fabric.plugs import Report, Standing
from controller.gate import GRACE
from controller.intent.edit import IntentEdit, difference
from controller.intent.model import Intent, LinkEnd, Port
from controller.ovsdb.hosts import Hosts
from controller.placing import Taken, hosts_of, placed, with_endpoints
from controller.situation import IntentIndex
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.southbound import Southbound

log = logging.getLogger(__name__)


class Plugging:
    """Takes what hosts report (`controller.ovsdb.hosts.HostHandler`)."""

    def __init__(
        self,
        core: Core,
        southbound: Southbound,
        clock: Callable[[], float],
        schedule: Callable[[], None],
        put: Callable[[IntentEdit], bool],
    ) -> None:
        """`clock` gives seconds since the start; `put` takes an edit of the intent into force.

        `schedule` is called when the core may have changes.
        """
        self._core = core
        self._southbound = southbound
        self._clock = clock
        self._schedule = schedule
        self._put = put
        self._hosts: Hosts | None = None
        self._doubts: dict[str, str] = {}
        """What was not believed, by port."""
        self._doubted = BoundedLog(log)
        self._costs = CompileCosts()

    def begin(self, hosts: Hosts, *, is_open: bool) -> None:
        """From now on hosts may report, if `is_open` for them somewhere; who does not come in time counts as down."""
        self._hosts = hosts
        if not is_open and self._core.silent_hosts():
            log.warning("the configuration has hosts, and they can connect nowhere; add --ovsdb ENDPOINT")
        asyncio.get_running_loop().call_later(GRACE, self._give_up_silent)

    def connected(self, host: str, peer: str, *, is_dialled: bool) -> None:
        """A host has a session with `peer`, which the daemon opened if `is_dialled`."""
        self._core.hosts[host] = HostSession(peer, is_dialled)
        log.info("host connected %s %s", "at" if is_dialled else "from", peer, extra={"switch": host})

    def joined(self, host: str) -> None:
        """A host has all that it should have."""
        self._core.hosts[host] = replace(self._core.hosts[host], has_joined=True)
        log.info("joined: its bridge is as it should be", extra={"event": EventKind.HOST_JOINED, "switch": host})

    def reported(self, host: str, said: Report) -> None:
        """A host says something else of itself than before."""
        before = self._core.pending
        self._follow(self._core.host_reported(host, said))
        self._follow_endpoints()
        if said.no_endpoint:
            self._doubt_host(host, f"endpoint {said.no_endpoint!r} is not the address of one host")
        self._costs.touched(host, self._core.pending - before)
        self._schedule()
        self.settled(host)

    def lost(self, host: str, reason: str) -> None:
        """A host has no session any more."""
        names = {"event": EventKind.HOST_LOST, "switch": host}
        log.warning("host lost: %s", reason, extra=names)
        self._core.hosts.pop(host, None)
        before = self._core.pending
        self._follow(self._core.host_lost(host))
        self._costs.touched(host, self._core.pending - before)

    def compiled(self, seconds: float, pending: int, *, is_done: bool) -> None:
        """Some of so many pending units were compiled, or all: hosts that caused it pay for it."""
        for host, part in self._costs.compiled(seconds, pending, is_done=is_done).items():
            if self._hosts:
                self._hosts.allowances.spend(host, part)

    def heard(self, port_id: str, switch: str) -> None:
        """A guest was heard on a switch where its port stands by: it has gone on there."""
        port = self._core.situation.intent.ports.get(port_id)
        if port is None or port.standby is None or port.standby[0] != switch:
            return
        changed = self._core.guest_heard(port.iface_id or "", port.standby)
        self._southbound.statistics.migrations += bool(changed)
        self._follow(changed)

    def settled(self, switch: str) -> None:
        """A switch may have confirmed all that it was told: say which ports are installed there, or stand by."""
        self._install(switch)
        for other in set(self._core.situation.index.standing_by.values()) - {switch}:
            self._install(other)

    def _install(self, switch: str) -> None:
        if self._hosts is None or switch not in self._hosts.joined:
            return
        if self._core.is_dirty or not self._southbound.is_settled(switch):
            return
        view = self._core.fabric.switches.get(switch)
        there = self._core.situation.index.ports_by_switch.get(switch, {})
        self._hosts.install(
            switch,
            frozenset(
                interface
                for interface, port in there.items()
                if port.iface_id
                and view
                and view.number(interface) is not None
                and (port.standby != (switch, interface) or self._is_sent_to(port))
                and not any(self._southbound.is_off(switch, network) for network in port.networks)
            ),
        )

    def _is_sent_to(self, port: Port) -> bool:
        """Whether all switches have confirmed that they send to where a port stands by."""
        situation = self._core.situation
        by_network = situation.index.ports_by_network
        others = {one for name in port.networks for other, _ in by_network.get(name, ()) for one, _ in other.places}
        is_told = not situation.routes.had_links or all(map(situation.whereabouts.is_told, port.networks))
        return is_told and all(self._southbound.is_settled(one) for one in others if self._core.is_connected(one))

    def placed(self, edit: IntentEdit) -> IntentEdit:
        """An edit of the files with its ports where hosts have them, from the intent in force."""
        before, after = self._core.situation.intent, self._with_endpoints(edit.after)
        self._core.plugs.keep_only({name for name, switch in after.fabric.switches.items() if switch.host})
        self._core.plugs.keep_to(hosts_of(after))
        found = placed(after, self._core.plugs.standing, before)
        for name in self._doubts.keys() - found.keys():
            del self._doubts[name]
        moved = {}
        for name, (port, doubt) in found.items():
            self._doubt(port, doubt)
            if port != after.ports[name]:
                moved[name] = port
        if moved:
            after = replace(after, ports={**after.ports, **moved})
        if edit.before is not before or self._core.endpoints:
            return difference(before, after)
        ports = {name for name in edit.ports.union(found) if before.ports.get(name) != after.ports.get(name)}
        return replace(edit, after=after, ports=frozenset(ports))

    def _follow(self, iface_ids: Iterable[str]) -> None:
        """Other claims hold these ids now."""
        intent, index = self._core.situation.intent, self._core.situation.index
        names = {index.ports_by_iface_id[one] for one in iface_ids if one in index.ports_by_iface_id}
        if not names:
            return
        moved: dict[str, Port] = {}
        # The doubtful last: the MACs that they wait for may just have gone. Others are not looked at again, or a host
        # that claims what it may not have would make the reports of all others dear.
        macs = {intent.ports[name].mac for name in names} - {None}
        doubtful = {
            name for name in self._doubts.keys() & intent.ports.keys() if name in names or self._mac(name) in macs
        }
        for name in [*sorted(names - doubtful), *sorted(doubtful)]:
            port = intent.ports[name]
            standing = self._core.plugs.standing(port.iface_id or "")
            there, doubt = _taken_near(index, port, standing, moved).plugged(intent, port, standing)
            self._doubt(there, doubt)
            if there != port:
                moved[name] = there
        if moved and self._put(_edit(intent, moved)):
            for name, port in moved.items():
                self._report(intent.ports[name], port)

    def _mac(self, name: str) -> str | None:
        """The MAC of a port's guest by its host's word."""
        holder = self._core.plugs.standing(self._core.situation.intent.ports[name].iface_id or "").holder
        return holder.mac if holder else None

    def _follow_endpoints(self) -> None:
        intent = self._core.situation.intent
        after = self._with_endpoints(intent)
        if after is not intent:
            self._put(difference(intent, after))

    def _with_endpoints(self, intent: Intent) -> Intent:
        after, doubts = with_endpoints(intent, self._core.endpoints, self._core.situation.intent)
        for switch, doubt in doubts.items():
            self._doubt_host(switch, doubt)
        return after

    def _doubt_host(self, switch: str, doubt: str) -> None:
        self._southbound.statistics.plugs_doubted += 1
        self._doubted.warning(self._clock(), "not believed as the host says: %s", doubt, switch=switch)

    def _report(self, before: Port, now: Port) -> None:
        if self._hosts:
            for switch, interface in set(before.places) - set(now.places):
                self._hosts.uninstall(switch, interface)
        if replace(before, standby=None) != replace(now, standby=None):
            is_there = now.switch is not None
            kind = EventKind.PORT_PLUGGED if is_there else EventKind.PORT_UNPLUGGED
            came = f", moved from {before.switch}:{before.interface}" if is_there and before.switch else ""
            _say(now, (now if is_there else before).places[0], kind, ("plugged in" if is_there else "unplugged") + came)
        if now.standby and now.standby != before.standby:
            _say(now, now.standby, EventKind.PORT_STANDS_BY, "stands by, as its guest may go on here")
        elif before.standby and before.standby not in now.places:
            _say(now, before.standby, EventKind.PORT_UNPLUGGED, "stands by no more")

    def _doubt(self, port: Port, doubt: str) -> None:
        """Take note of what is not believed of a port, or that all is; say it once."""
        if not doubt:
            self._doubts.pop(port.id, None)
        elif doubt != self._doubts.get(port.id):
            self._doubts[port.id] = doubt
            self._southbound.statistics.plugs_doubted += 1
            self._doubted.warning(self._clock(), "not believed as its host says: %s", doubt, port=port.id)

    def _give_up_silent(self) -> None:
        """Hosts that were known to a predecessor and have not come by now are away."""
        joined = self._hosts.joined if self._hosts else ()
        for host in self._core.plugs.unconfirmed(joined):
            self._follow(self._core.host_lost(host))


def _taken_near(index: IntentIndex, port: Port, standing: Standing, moved: Mapping[str, Port]) -> Taken:
    """What others have taken of what a port may get with claims; `moved` are ports that are not as in the index."""
    taken, claim = Taken(), standing.holder
    for one in filter(None, (claim, standing.standby)):
        other = index.ports_by_switch.get(one.switch, {}).get(one.interface)
        if other and other.iface_id is None:
            taken.places.add(one.place)
    if claim:
        for network in port.networks if claim.mac else ():
            for there, _ in index.ports_by_network.get(network, ()):
                there = moved.get(there.id, there)
                if there.mac == claim.mac and there.id != port.id:
                    taken.macs[network, claim.mac or ""] = there.id
    return taken


def _say(port: Port, where: LinkEnd, kind: EventKind, text: str) -> None:
    names = {"switch": where[0], "interface": where[1], "port": port.id, "network": port.network or ""}
    log.info("%s", text, extra={"event": kind, **names})


def _edit(before: Intent, moved: Mapping[str, Port]) -> IntentEdit:
    after = replace(before, ports={**before.ports, **moved})
    return IntentEdit(before, after, False, frozenset(), frozenset(moved))
