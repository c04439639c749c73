"""Guests that are plugged and unplugged at random on four hypervisors, two under one id among them: packets.

Each tenant has four guests and a *double*: somebody else who is plugged in under the id of one of them, on any host, as
its copy is while it migrates, or as a rogue's guest. Who has the id is said by two lines of the rules that are
documented (`Bodies`): whoever holds it keeps it, and when it goes the newest claim takes it. The other reaches nobody.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import pytest

from controller.northbound.api_endpoints import SOCKET
from controller.northbound.client import Server, ask_all
from controller.southbound.listen import Listen
from guest import DEVICE
from hypervisor import Hypervisor
from namespaces import ip_batch, new_namespace
from reach import wait_until_right
from station import Station
from tests.end_to_end import joined_site
from tests.end_to_end.eventually import PATIENCE, eventually
from tests.end_to_end.gossip import Gossip
from tests.end_to_end.joined_site import SEGMENTS
from tests.end_to_end.running import Installation

pytestmark = pytest.mark.ovs

HYPERVISORS = ("hv1", "hv2", "hv3", "hv4")
SEED = 5
PLUGS, BATCH = 200, 25
DOUBLED = 0.2
"""Share of steps that plug or unplug a double."""


@dataclass(slots=True)
class Bodies:
    """Who is plugged in under which id, and who should have it. Bodies are guests and doubles, by name."""

    claims: dict[str, list[str]] = field(default_factory=dict)
    """Bodies by the name of the guest whose id it is, the oldest first."""
    holders: dict[str, str] = field(default_factory=dict)
    """Which of them has the id."""
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Hypervisor and interface by body."""

    def plug(self, guest: str, body: str, place: tuple[str, str]) -> None:
        self.places[body] = place
        self.claims.setdefault(guest, []).append(body)
        self.holders.setdefault(guest, body)

    def unplug(self, body: str) -> None:
        del self.places[body]
        guest = self.guest_of(body)
        self.claims[guest].remove(body)
        if self.holders[guest] == body:
            del self.holders[guest]
            if self.claims[guest]:
                self.holders[guest] = self.claims[guest][-1]

    def guest_of(self, body: str) -> str:
        return next(guest for guest, bodies in self.claims.items() if body in bodies)


class Trial:
    """The site, and all bodies."""

    def __init__(self, site: Installation, gossip: Gossip, namespaces: dict[str, int]) -> None:
        """`namespaces` are those of doubles, by tenant."""
        self.bodies = Bodies()
        self._site = site
        self._gossip = gossip
        self._chance = random.Random(SEED)
        self._doubles = {f"{tenant}+": pid for tenant, pid in namespaces.items()}
        self._number = self.plugs = self.doubled = 0
        for name, guest in site.lab.model.guests.items():
            self.bodies.plug(name, name, (guest.switch, guest.interface))
            gossip.join(site.lab.stations[name], tenant_of(name))

    def step(self) -> None:
        """Plug or unplug somebody."""
        if self._chance.random() < DOUBLED:
            name = self._chance.choice(list(self._doubles))
            if name in self.bodies.places:
                self._unplug_double(name)
            else:
                self._plug_double(name)
            return
        name = self._chance.choice(list(self._site.lab.model.guests))
        if name in self.bodies.places:
            self._gossip.leave(name)
            self._site.lab.unplug(name)
            self.bodies.unplug(name)
        else:
            self._await_holder(name)
            place = self._place()
            self._site.lab.plug(name, *place)
            self.bodies.plug(name, name, place)
            self._gossip.join(self._site.lab.stations[name], tenant_of(name))

    def settled(self) -> None:
        """Everybody reaches exactly whom it should, and exactly who has an id is marked so."""
        holders = set(self.bodies.holders.values())
        stations = {name: self._station(name) for name in self.bodies.places}
        for name in stations.keys() - holders:
            stations[name] = replace(stations[name], network=f"nobody/{name}")
        with self._gossip.silence():
            found = wait_until_right(stations, PATIENCE)
        assert found.is_right, (sorted(found.missing), sorted(found.leaks))
        eventually(lambda: self._marked() == holders, f"just these to be marked: {sorted(holders)}")
        self._gossip.check()

    def _place(self) -> tuple[str, str]:
        self._number += 1
        self.plugs += 1
        return self._chance.choice(HYPERVISORS), f"new{self._number}"

    def _plug_double(self, name: str) -> None:
        tenant = tenant_of(name)
        guest = self._chance.choice([one for one in self._site.lab.guests if tenant_of(one) == tenant])
        if not self.bodies.claims[guest]:
            return
        self._await_holder(guest)
        self.doubled += 1
        node, (switch, interface) = self._site.lab.guests[guest], self._place()
        owner, pid = self._site.lab.switches[switch], self._doubles[name]
        assert isinstance(owner, Hypervisor)
        mac = str(node.guest.mac or f"02:00:00:00:01:{guest[-1]:0>2}")
        ip_batch([f"link add {interface} type veth peer name {DEVICE} netns {pid}"], pid=owner.namespace)
        addresses = [f"address add {one} dev {DEVICE}" + " nodad" * (one.version == 6) for one in node.guest.addresses]
        ip_batch([f"link set {DEVICE} address {mac} up", *addresses], pid=pid)
        ip_batch([f"link set {interface} addrgenmode none up"], pid=owner.namespace)
        owner.plug(interface, node.guest)
        self.bodies.plug(guest, name, (switch, interface))
        self._gossip.join(self._station(name), tenant)

    def _unplug_double(self, name: str) -> None:
        switch, interface = self.bodies.places[name]
        self._gossip.leave(name)
        owner = self._site.lab.switches[switch]
        owner.vsctl("--if-exists", "del-port", owner.bridge, interface)
        ip_batch([f"link del {interface}"], pid=owner.namespace)
        self.bodies.unplug(name)

    def _await_holder(self, guest: str) -> None:
        """Wait until the daemon knows who has an id, so that it is no question who comes second."""
        if guest in self.bodies.holders:
            place = self.bodies.places[self.bodies.holders[guest]]
            eventually(lambda: self._is_up(guest, place), f"the port of {guest} at {place}")

    def _is_up(self, guest: str, place: tuple[str, str]) -> bool:
        server = Server(Listen(path=self._site.daemon.state / SOCKET))
        port = self._site.lab.model.guests[guest].port
        return any(
            one["id"] == port and (one["switch"], one["interface"], one["state"]) == (*place, "up")
            for one in ask_all(server, "/api/v1/ports", {})
        )

    def _marked(self) -> set[str]:
        """Bodies whose interfaces are marked as installed."""
        find = ("--bare", "--columns=name", "find", "interface", "external_ids:tenantry-installed=true")
        there = {(name, one) for name in HYPERVISORS for one in self._site.lab.switches[name].vsctl(*find).split()}
        bodies = {place: body for body, place in self.bodies.places.items()}
        return {bodies[place] for place in there}

    def _station(self, body: str) -> Station:
        if body in self._site.lab.guests:
            return self._site.lab.stations[body]
        addresses = self._site.lab.stations[self.bodies.guest_of(body)].addresses
        return Station(body, f"{tenant_of(body)}/net", addresses, DEVICE, self._doubles[body])


def tenant_of(body: str) -> str:
    return body[:-1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with joined_site.standing(tmp_path_factory.mktemp("joined"), HYPERVISORS) as installation:
        yield installation


def test_each_is_reached_where_it_is_and_no_frame_crosses_tenants(site: Installation) -> None:
    with ExitStack() as stack, Gossip(SEED) as gossip:
        trial = Trial(site, gossip, {tenant: stack.enter_context(new_namespace()) for tenant in SEGMENTS})
        for goal in range(BATCH, PLUGS + 1, BATCH):
            while trial.plugs < goal:
                trial.step()
            trial.settled()
    assert trial.doubled > PLUGS * DOUBLED / 4
    assert gossip.arrived > PLUGS
    assert " level=error " not in site.log()
    print(f"\n{trial.plugs} plugs, {trial.doubled} doubles; {gossip.arrived} of {gossip.sent} frames arrived somewhere")
