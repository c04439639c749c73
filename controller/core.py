"""The core: takes events in turn, and says which units of which switches changed.

It holds the situation (intent, keys, fabric, trees, learned addresses) and the compiler. An event method only notes
what it touches; `changes` then compiles what was touched and nothing else. No input or output happens here and no clock
is read, so every sequence of events can be replayed in a test.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from apps import learning
from controller.attachments import come_to, come_with, end_of, gone_with, is_attached
from controller.consequences import Consequences
from controller.dataplane.fields import ETH_SRC
from controller.dataplane.flow import Reason
from controller.fabric.addresses import Verdict
from controller.fabric.memory import Memory
from controller.fabric.model import End, Interface, SwitchView
from controller.fabric.outside_loops import Attachment, Block
from controller.fabric.plugs import Report
from controller.fabric.reachability import Goal
from controller.fabric.transition import Held
from controller.intent.edit import IntentEdit, difference
from controller.intent.model import Intent, LinkEnd, SegmentKey
from controller.intent.moves import KeyChanges


class Core(Consequences):
    """State of one daemon. Times are seconds of any steady clock."""

    def adopt(
        self, intent: Intent, keys: Mapping[str, SegmentKey], second_keys: Mapping[str, SegmentKey] | None = None
    ) -> None:
        """Take a new intent into force, with the key of each network that has one: `edit`, by comparing the whole."""
        self.edit(difference(self.situation.intent, intent), self.key_changes(keys, second_keys or {}))

    def edit(self, edit: IntentEdit, keys: KeyChanges) -> None:
        """Take an edit of the intent in force, and the keys that changed with it."""
        if edit.fabric:
            self._keep_switches(edit)
        index, addresses = self.situation.index, self.situation.addresses
        index.edit(edit)
        self.layout += 1
        self.forget_answers()
        self.discovery.keep_pace(edit.after.fabric.discovery.period, self._now or 0.0)
        addresses.limit = edit.after.fabric.learning.limit
        addresses.keep_only(edit.touched_networks(), index.learning_ports, index.given_addresses)
        self.loops.forget(gone_with(edit))
        self.loops.arrived(come_with(edit, self.situation))
        self._touched.edit(self.situation, edit)
        self.rekey(keys)
        self._refresh_links()

    def rekey(self, changes: KeyChanges) -> None:
        """Have networks on other keys, and those that move from one to another on a second one each."""
        for known, changed in ((self._keys, changes.entered), (self._second_keys, changes.second)):
            for network, key in changed.items():
                if key is None:
                    known.pop(network, None)
                else:
                    known[network] = key
            self._touched.networks.update(changed)
            self.layout += bool(changed)

    def key_changes(self, keys: Mapping[str, SegmentKey], second_keys: Mapping[str, SegmentKey]) -> KeyChanges:
        """What has to change so that these keys are in force."""
        return KeyChanges(_changed(self._keys, keys), _changed(self._second_keys, second_keys))

    def memory(self) -> Memory:
        """A snapshot of what was learned."""
        known = self.situation.addresses.by_network
        addresses = {network: dict(macs) for network, macs in known.items()}
        measured = ((link, self.discovery.latency(link)) for link in self.fabric.links)
        latencies = {link: seconds for link, seconds in measured if seconds is not None}
        blocked = tuple(self.loops.blocked.values())
        plugs = self.plugs.memory(self.situation.index.ports_by_iface_id)
        heard, endpoints = self.discovery.heard(), dict(self.endpoints)
        given = self.departures.given
        return Memory(self.fabric.switches, heard, addresses, latencies, blocked, plugs, endpoints, given)

    def restore(self, memory: Memory, now: float) -> None:
        """Start with what was learned before, as far as it fits the intent that was adopted."""
        switches = self.situation.intent.fabric.switches
        known = {
            name: replace(view, connected=False)
            for name, view in memory.switches.items()
            if name in switches and switches[name].dpid == view.dpid
        }
        self.situation = replace(self.situation, fabric=replace(self.fabric, switches=known))
        self.has_memory = bool(memory.heard)
        for at, sender in memory.heard:
            if at.switch in known and sender.switch in known:
                self.discovery.hear(at, sender, now)
        for network, macs in memory.addresses.items():
            for mac, port in macs.items():
                self.observed(network, port, mac)
        self.loops.restore((one for one in memory.blocked if is_attached(self.situation.intent, one.at)), now)
        self._touched.switches.update(known)
        self._touched.networks.update(self.situation.intent.networks)
        self._refresh_links()

    def switch_ready(self, name: str, interfaces: Iterable[Interface], has_meters: bool, now: float) -> bool:
        """A switch has a session and reported its interfaces. Whether they are as they were known."""
        known = self.fabric.switches.get(name)
        dpid = self.situation.intent.fabric.switches[name].dpid
        view = SwitchView(name, dpid, {interface.name: interface for interface in interfaces}, True, has_meters)
        self._put_view(view)
        self.discovery.refresh((name,), now)
        is_known = known is not None and known.interfaces == view.interfaces and known.has_meters == has_meters
        if not is_known:
            for interface in known.interfaces.values() if known else ():
                if not _is_usable(view.interfaces.get(interface.name), interface.number):
                    self.discovery.forget(End(name, interface.name))
            if known:
                self.loops.arrived(come_to(self.situation, known, view.interfaces.values()))
            self._touched.switch(self.situation, name)
        self._links_are_stale = True
        return is_known

    def found_trees(self, name: str, held: Held) -> None:
        """A switch that has a session now holds this of trees."""
        self._take_up(self.settling.found(name, held, [one for one in self._flooding_as_told() if one != name]))

    def switch_lost(self, name: str) -> None:
        """A switch has no session any more; what it holds stays in force."""
        if name in self.fabric.switches:
            self._put_view(replace(self.fabric.switches[name], connected=False))

    def interface_changed(self, name: str, interface: Interface, deleted: bool) -> None:
        """An interface came, went, or changed."""
        view = self.fabric.switches.get(name)
        if view is None:
            return
        known = view.interfaces.get(interface.name)
        others = {key: value for key, value in view.interfaces.items() if key != interface.name}
        self._put_view(replace(view, interfaces=others if deleted else {**others, interface.name: interface}))
        if deleted or known is None or known.number != interface.number:
            self._touched.interface(self.situation, name, interface.name)
        if deleted or not interface.up or (known and known.number != interface.number):
            self.discovery.forget(End(name, interface.name))
        if not deleted:
            self.loops.arrived(come_to(self.situation, view, [interface]))
        self._links_are_stale = True

    def host_reported(self, switch: str, said: Report) -> set[str]:
        """A host says this of itself. The ids of interfaces that are held otherwise than before."""
        self.revision += 1
        if said.endpoint:
            self.endpoints[switch] = said.endpoint
        else:
            self.endpoints.pop(switch, None)
        changed = self.plugs.report(switch, said.plugged)
        if self.plugs.note_plain(switch, said.plain):
            # An interface that turns out to be a guest's is the end of no link.
            self.forget_answers()
            self._links_are_stale = True
        return changed

    def silent_hosts(self) -> list[str]:
        """Switches of hosts that join by themselves and have not said what is plugged in since the daemon started."""
        switches = self.situation.intent.fabric.switches.values()
        return sorted(one.name for one in switches if one.host and one.name not in self.plugs.heard)

    def host_lost(self, switch: str) -> set[str]:
        """A host cannot be asked any more about interfaces. The ids that are held otherwise than before."""
        self.revision += 1
        return self.plugs.lost(switch)

    def guest_heard(self, iface_id: str, place: LinkEnd) -> set[str]:
        """A frame of a guest came in at the place of a claim on its id. The ids that are held otherwise than before."""
        self.revision += 1
        return self.plugs.take(iface_id, place)

    def heard(self, at: End, sender: End, now: float, seconds: float | None = None) -> bool:
        """An authentic announcement of `sender` arrived at `at`, after `seconds` if known. Whether that was news.

        One at a tenant's interface counts for nothing.
        """
        here, there = self.ends(at.switch), self.ends(sender.switch)
        if here is None or at not in here.announced or there is None or sender not in there.announced:
            return False
        if not self.discovery.hear(at, sender, now, seconds):
            return False
        self.revision += 1
        self._links_are_stale = True
        return True

    def tick(self, now: float, busy: Collection[str] = ()) -> bool:
        """Time passed: links that were not heard for long are gone, and holds may be over. Whether any link changes.

        Switches that are `busy` do not get to announcements, so their links count as heard now. So do those of switches
        that are not changed yet: another version's flows send copies that say nothing to us.
        """
        self._now = now
        self._links_are_stale |= (is_released := self.damping.release(now))
        if unheard := {*busy, *self.waiting}:
            self.discovery.refresh(unheard, now)
        silent = {name for name, view in self.fabric.switches.items() if not view.connected}
        if not self.discovery.expire(now, silent):
            return is_released
        self.revision += 1
        self._links_are_stale = True
        return True

    def observed(self, network: str, port: str, mac: int) -> Verdict:
        """A frame from `mac`, not known there yet, entered at a port of a network."""
        given = self.situation.index.given_addresses.get(network, frozenset())
        if port not in self.situation.index.learning_ports.get(network, ()):
            return Verdict.INVALID
        if self.loops.is_muted(Attachment(network, port)):
            return Verdict.MUTED
        known = self.situation.addresses.of(network).get(mac)
        verdict = self.situation.addresses.observe(network, port, mac, given)
        if self.situation.addresses.of(network).get(mac) != known:
            self.revision += 1
            self._touched.networks.add(network)
        return verdict

    def count_probe(self, at: End, now: float) -> bool:
        """What looks like a probe came in at an interface. Whether none is taken there from now on."""
        is_too_many = self._probe_limits.count(at, now)
        if is_too_many:
            self._touched.switches.add(at.switch)
        return is_too_many

    def heard_probe(self, at: Attachment, sender: Attachment, now: float) -> None:
        """An authentic probe that had left by `sender` came in at `at`."""
        intent = self.situation.intent
        if is_attached(intent, at) and is_attached(intent, sender):
            port = intent.ports[at.port]
            # Of what was sent to a port whose MAC is given, nothing passes when it comes back.
            if at != sender or not port.mac:
                self.loops.hear(at, sender, now, can_block=port.endpoint is None)

    def note_reach(self, unreached: frozenset[Goal]) -> None:
        """These tunnel endpoints are out of reach from now on, and no others."""
        changed = unreached ^ frozenset(self.situation.unreached)
        if changed:
            self.situation = replace(self.situation, unreached=unreached)
        for goal in changed:
            for port in self.situation.index.ports_by_switch.get(goal.switch, {}).values():
                self._touched.networks.update(port.networks)

    def advance_loops(self, now: float, busy: Collection[str] = ()) -> tuple[list[Block], list[Block]]:
        """Time passed: the ports that are looped outside of us and blocked from now on, and those that are released.

        Switches that are `busy` are judged as if they had no session.
        """

        def is_away(at: Attachment) -> bool:
            end = end_of(self.situation.intent, at)
            view = self.fabric.switches.get(end.switch) if end else None
            is_there = view is not None and view.connected and not (view.name in self.waiting or view.name in busy)
            return end is not None and (not is_there or end in self.situation.unheard)

        self._touched.switches.update(end.switch for end in self._probe_limits.advance(now))
        blocked, released = self.loops.advance(now, is_away)
        for one in self.loops.around(blocked):
            # Where frames that circled came in last is not where their senders are.
            self.situation.addresses.forget_port(one.network, one.port)
            self._touched.networks.add(one.network)
        self._touched.networks.update(block.at.network for block in released)
        self.revision += bool(blocked or released)
        return blocked, released

    def flow_expired(self, name: str, cookie: int) -> tuple[Reason, int] | None:
        """A switch dropped a flow because its learned sender was silent. The sender that is forgotten for it, if any.

        It is given by the flow's reason and the MAC.
        """
        flow = self.compiler.find(name, cookie)
        if flow is None or flow.reason.app != learning.APP:
            return None
        for field, value, _ in flow.match:
            if field is ETH_SRC and self.situation.addresses.forget(flow.reason.network, value):
                self.revision += 1
                self._touched.networks.add(flow.reason.network)
                return flow.reason, value
        return None

    def _keep_switches(self, edit: IntentEdit) -> None:
        """Forget the switches that are no more what they were."""
        old, new = edit.before.fabric.switches, edit.after.fabric.switches
        switches = {
            name: view
            for name, view in self.fabric.switches.items()
            if name in old and name in new and new[name].dpid == old[name].dpid
        }
        for name in self.fabric.switches.keys() - switches.keys():
            self.compiler.forget_switch(name)
        self.situation = replace(self.situation, fabric=replace(self.fabric, switches=switches))


def _is_usable(interface: Interface | None, number: int) -> bool:
    return interface is not None and interface.up and interface.number == number


def _changed(known: Mapping[str, SegmentKey], wanted: Mapping[str, SegmentKey]) -> dict[str, SegmentKey | None]:
    names = known.keys() | wanted.keys()
    return {name: wanted.get(name) for name in names if known.get(name) != wanted.get(name)}
