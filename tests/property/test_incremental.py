"""Compiling only what an event touched gives what compiling everything gives.

The state machine drives the daemon's core through events in any order: switches and interfaces come and go, links are
heard and fall silent, addresses are learned and forgotten, intent is edited. The changes that the core reports, applied
one after the other as a switch would be told them, must add up to the programs that a compiler without memory makes.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from apps import learning
from controller.core import Core
from controller.dataplane.flow import Flow, Meter
from controller.fabric.discovery import LOST_AFTER, PERIOD
from controller.fabric.model import End, Interface
from controller.fabric.outside_loops import Attachment
from controller.fabric.probe_limits import MOST
from controller.fabric.reachability import Goal
from controller.intent.model import OVERLAYS, Intent, Segment, SegmentKey
from controller.self_check import check_all
from tests.property.fabrics import Plant, plants
from tests.property.scene import compile_all
from tests.property.tenancies import MACS, tenancies
from tests.property.worlds import intent_of


class Events(RuleBasedStateMachine):
    """The daemon's core, the switches as they were told, and all the events there are."""

    core: Core
    plant: Plant
    keys: dict[str, SegmentKey]

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.told: dict[str, dict[int, Flow]] = {}
        self.meters: dict[str, dict[int, Meter]] = {}
        self.fresh = 3000
        """The last key that was given to a network which moves."""

    @initialize(plant=plants(4), data=st.data())
    def begin(self, plant: Plant, data: st.DataObject) -> None:
        self.core, self.plant = Core(), plant
        self.replace_tenants(data)
        for name in plant.views:
            self.connect(name)

    @rule(data=st.data())
    def replace_tenants(self, data: st.DataObject) -> None:
        tenancy = data.draw(tenancies(self.plant))
        self.adopt(intent_of(self.plant, tenancy), tenancy.keys)
        for network, port, mac in tenancy.learned:
            self.core.observed(network, port, mac)

    @rule(data=st.data())
    def remove_a_port(self, data: st.DataObject) -> None:
        if ports := dict(self.core.situation.intent.ports):
            ports.pop(data.draw(st.sampled_from(sorted(ports))))
            self.adopt(replace(self.core.situation.intent, ports=ports), self.keys)

    @rule(data=st.data())
    def rename_a_network(self, data: st.DataObject) -> None:
        """It keeps its key, so most of its flows stay what they are."""
        intent = self.core.situation.intent
        old = data.draw(st.sampled_from(sorted(intent.networks)))
        network = replace(intent.networks[old], name=data.draw(st.sampled_from(("0", "zz"))))
        if network.id in intent.networks:
            return
        networks = {key: value for key, value in intent.networks.items() if key != old} | {network.id: network}
        ports = {
            port.id: replace(
                port,
                network=network.id if port.network == old else port.network,
                trunk=tuple((tag, network.id if name == old else name) for tag, name in port.trunk),
            )
            for port in intent.ports.values()
        }
        keys = {network.id if name == old else name: key for name, key in self.keys.items()}
        self.adopt(replace(intent, networks=networks, ports=ports), keys)

    @rule(data=st.data())
    def swap_keys(self, data: st.DataObject) -> None:
        """Two networks of one kind of segment: each takes over flows that were the other's."""
        pairs = [
            (one, other)
            for one, key in self.keys.items()
            for other, its in self.keys.items()
            if one < other and key.segment == its.segment
        ]
        if pairs:
            one, other = data.draw(st.sampled_from(pairs))
            keys = self.keys | {one: self.keys[other], other: self.keys[one]}
            self.adopt(self.core.situation.intent, keys)

    @rule(data=st.data(), segment=st.sampled_from((Segment.VLAN, *OVERLAYS)))
    def begin_a_move(self, data: st.DataObject, segment: Segment) -> None:
        """A network is to be reached by a second key, too."""
        if self.keys:
            network = data.draw(st.sampled_from(sorted(self.keys)))
            self.fresh += 1
            self.core.rekey(self.core.key_changes(self.keys, {network: SegmentKey(segment, self.fresh)}))

    @rule()
    def take_the_next_step_of_a_move(self) -> None:
        """What was the second key is the one to enter by, or nothing is left of it."""
        for network, key in dict(self.core.situation.second_keys).items():
            before, is_new = self.keys[network], key.key == self.fresh
            self.keys = {**self.keys, network: key} if is_new else self.keys
            self.core.rekey(self.core.key_changes(self.keys, {network: before} if is_new else {}))

    @rule(data=st.data())
    def connect_again(self, data: st.DataObject) -> None:
        self.connect(data.draw(st.sampled_from(sorted(self.plant.views))))

    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        self.core.switch_lost(data.draw(st.sampled_from(sorted(self.plant.views))))

    @rule(data=st.data(), up=st.booleans(), deleted=st.booleans(), offset=st.sampled_from((0, 0, 0, 1000)))
    def change_an_interface(self, data: st.DataObject, up: bool, deleted: bool, offset: int) -> None:
        view = self.plant.views[data.draw(st.sampled_from(sorted(self.plant.views)))]
        name = data.draw(st.sampled_from(sorted(view.interfaces)))
        number = (view.interfaces[name].number + offset) % 65280
        self.core.interface_changed(view.name, Interface(name, number, up), deleted)

    @rule(data=st.data())
    def hear_a_link(self, data: st.DataObject) -> None:
        if self.plant.cables:
            cable = data.draw(st.sampled_from(self.plant.cables))
            self.core.heard(cable.a, cable.b, self.now)
            self.core.heard(cable.b, cable.a, self.now)

    @rule(data=st.data())
    def hear_all_links_but_one(self, data: st.DataObject) -> None:
        silent = data.draw(st.sampled_from(self.plant.cables)) if self.plant.cables else None
        self.now += PERIOD * (LOST_AFTER + 1)
        for cable in self.plant.cables:
            if cable != silent:
                self.core.heard(cable.a, cable.b, self.now)
                self.core.heard(cable.b, cable.a, self.now)
        self.core.tick(self.now)

    @rule(data=st.data(), mac=st.sampled_from(MACS))
    def learn_an_address(self, data: st.DataObject, mac: int) -> None:
        learning_ports = self.core.situation.index.learning_ports
        pairs = sorted((network, port) for network, ports in learning_ports.items() for port in ports)
        if pairs:
            self.core.observed(*data.draw(st.sampled_from(pairs)), mac)

    @rule(data=st.data())
    def let_a_flow_expire(self, data: st.DataObject) -> None:
        cookies = [
            (name, cookie)
            for name, flows in sorted(self.told.items())
            for cookie, flow in sorted(flows.items())
            if flow.reason.app == learning.APP and flow.idle_timeout
        ]
        if cookies:
            self.core.flow_expired(*data.draw(st.sampled_from(cookies)))

    @rule(data=st.data(), seconds=st.sampled_from((0.0, 1.0, 10.0)))
    def hear_probes(self, data: st.DataObject, seconds: float) -> None:
        """Guests connect ports outside of us, or do so no more."""
        ports = self.core.situation.intent.ports.values()
        there = sorted(Attachment(network, port.id) for port in ports for network in port.networks)
        self.now += seconds
        if there:
            one, other = data.draw(st.sampled_from(there)), data.draw(st.sampled_from(there))
            self.core.heard_probe(one, other, self.now)
        self.core.advance_loops(self.now)

    @rule(data=st.data())
    def send_too_many_probes(self, data: st.DataObject) -> None:
        view = self.plant.views[data.draw(st.sampled_from(sorted(self.plant.views)))]
        end = End(view.name, data.draw(st.sampled_from(sorted(view.interfaces))))
        for _ in range(MOST + 1):
            self.core.count_probe(end, self.now)

    @rule(data=st.data())
    def lose_endpoints(self, data: st.DataObject) -> None:
        """Some tunnel endpoints are out of reach from now on."""
        goals = [Goal(name, segment) for name in sorted(self.plant.views) for segment in OVERLAYS]
        self.core.note_reach(data.draw(st.frozensets(st.sampled_from(goals), max_size=3)))

    @rule(is_rested=st.booleans())
    def confirm(self, is_rested: bool) -> None:
        self.core.confirmed(self.core.connected_switches(), is_rested=is_rested)

    @rule()
    def tell_switches(self) -> None:
        for change in self.core.changes():
            flows = self.told.setdefault(change.switch, {})
            for cookie in change.before.flows.keys() - change.after.flows.keys():
                del flows[cookie]
            flows.update(change.after.flows)
            meters = self.meters.setdefault(change.switch, {})
            for meter in set(change.before.meters) - set(change.after.meters):
                del meters[meter.id]
            meters.update((meter.id, meter) for meter in change.after.meters)
        assert check_all(self.core.situation, self.core.compiler) == []
        whole = compile_all(self.core.situation)
        assert {name: self.core.compiler.program(name) for name in whole} == whole
        for name, program in whole.items():
            assert self.told.get(name, {}) == program.flows
            assert self.meters.get(name, {}) == program.meters
            assert all(self.core.compiler.find(name, cookie) == flow for cookie, flow in program.flows.items())

    def teardown(self) -> None:
        if hasattr(self, "core"):
            self.tell_switches()

    def adopt(self, intent: Intent, keys: dict[str, SegmentKey]) -> None:
        self.keys = keys
        self.core.adopt(intent, keys)

    def connect(self, name: str) -> None:
        view = self.plant.views[name]
        self.core.switch_ready(name, view.interfaces.values(), view.has_meters, self.now)


TestEvents = Events.TestCase
TestEvents.settings = settings(max_examples=100, stateful_step_count=20)
