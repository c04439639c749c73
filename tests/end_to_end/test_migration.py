"""Guests migrate between hypervisors while frames pass, one of each kind every millisecond, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from controller.northbound.asking import asking
from controller.northbound.client import ask_all
from frames import BROADCAST, frame
from guest import DEVICE
from hypervisor import Hypervisor
from namespaces import ip_batch, new_namespace
from packet_train import Journey, PacketTrain
from prober import Prober
from station import Station
from tests.end_to_end import migration_site
from tests.end_to_end.eventually import eventually
from tests.end_to_end.migration_site import HYPERVISORS, iface_id
from tests.end_to_end.running import Installation

pytestmark = pytest.mark.ovs

INSTALLED = "external_ids:tenantry-installed"
REFUSED = "not believed as its host says: hv3 may not have it"
ANNOUNCEMENTS = {"rarp": (BROADCAST, 0x8035), "garp": (BROADCAST, 0x0806), "na": ("33:33:00:00:00:01", 0x86DD)}
"""What a guest sends first where it goes on: QEMU's announcement, or the guest's own; with a token in its body."""


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with migration_site.standing(tmp_path_factory.mktemp("migration"), request.param) as installation:
        installation.widen()
        yield installation


def hypervisor(site: Installation, name: str) -> Hypervisor:
    found = site.lab.switches[name]
    assert isinstance(found, Hypervisor)
    return found


def is_installed(site: Installation, host: str, interface: str) -> bool:
    return "true" in hypervisor(site, host).vsctl("--if-exists", "get", "interface", interface, INSTALLED)


def where(site: Installation, tenant: str) -> tuple[str | None, object]:
    """The host of the port that moves, and its standby."""
    with asking(None, site.daemon.state, None, None) as daemon:
        [port] = (one for one in ask_all(daemon, "/api/v1/ports", {}) if one["id"] == f"{tenant}/mover")
    return port["switch"], port["standby"]


def known(site: Installation, tenant: str, of: str = "mover") -> list[tuple[str, bool]]:
    """The addresses of a port: MAC, and whether it was learned."""
    with asking(None, site.daemon.state, None, None) as daemon:
        hosts = [one for one in ask_all(daemon, "/api/v1/hosts", {}) if one["port"] == f"{tenant}/{of}"]
    return [(one["mac"], one["learned"]) for one in hosts]


@contextmanager
def twin(
    site: Installation, host: str, tenant: str, address: str, of: str = "mover", *, is_plugged: bool = True
) -> Iterator[Station]:
    """A second guest with the id and the MAC of another one, as libvirt prepares it on another host."""
    owner = hypervisor(site, host)
    with new_namespace() as pid:
        ip_batch([f"link add twin type veth peer name {DEVICE} netns {pid}"], pid=owner.namespace)
        ip_batch([f"link set {DEVICE} addrgenmode none", f"link set {DEVICE} address {address} up"], pid=pid)
        ip_batch(["link set twin addrgenmode none up"], pid=owner.namespace)
        if is_plugged:
            plug_twin(site, host, tenant, of)
        try:
            yield Station("twin", f"{tenant}/net", (), DEVICE, pid)
        finally:
            owner.vsctl("--if-exists", "del-port", "twin")


def plug_twin(site: Installation, host: str, tenant: str, of: str) -> None:
    owner = hypervisor(site, host)
    ids = f'external_ids:iface-id="{iface_id(tenant, of)}"'
    owner.vsctl("add-port", owner.bridge, "twin", "--", "set", "interface", "twin", ids)
    owner.widen()


def journeys(tenant: str, mac: str, of: str = "mover") -> dict[str, Journey]:
    """To a guest from those on each hypervisor; from it to one, and to all."""
    guest, others = f"{tenant}-{of}", [f"{tenant}-{name}" for name in ("mover", *HYPERVISORS) if name != of]
    to = {f"to{number}": Journey(name, mac, {guest}) for number, name in enumerate(others, 1)}
    last = "02:00:00:00:00:03"
    return {**to, "from": Journey(guest, last, {others[-1]}), "all": Journey(guest, BROADCAST, set(others))}


def put_back(site: Installation, tenant: str) -> None:
    name, (place, interface) = f"{tenant}-mover", home(site, tenant)
    site.lab.unplug(name)
    site.lab.plug(name, place, interface)
    hypervisor(site, place).widen()
    eventually(lambda: is_installed(site, place, interface), "the port to be where it was first")
    assert site.reach().is_right
    site.settle()


def home(site: Installation, tenant: str) -> tuple[str, str]:
    guest = site.lab.model.guests[f"{tenant}-mover"]
    return guest.switch, guest.interface


@pytest.mark.parametrize(
    ("site", "tenant", "announcement"),
    [(4, "over", "rarp"), (4, "wire", "rarp"), (4, "wire", "garp"), (4, "over", "na"), (6, "over", "rarp")],
    indirect=["site"],
)
def test_a_guest_that_migrates_loses_nothing(site: Installation, tenant: str, announcement: str) -> None:
    """It has what was sent to it at the first place until it stops there, and at the second from before it goes on."""
    mover, (first, interface) = f"{tenant}-mover", home(site, tenant)
    before = known(site, tenant)
    [(mac, _)] = before
    with twin(site, "hv2", tenant, mac) as station, Prober([*site.lab.stations.values(), station]) as prober:
        eventually(lambda: is_installed(site, "hv2", "twin"), "the second place to be ready")
        assert where(site, tenant) == (first, {"switch": "hv2", "interface": "twin"})
        with PacketTrain(prober, journeys(tenant, mac)) as train:
            train.pass_frames(300)
            train.send_from(None, "from", "all")
            stopped = train.sent
            # On a busy machine a switch may have frames waiting that were sent before.
            for name in ("to1", "to2", "to3"):
                eventually(partial(train.has_arrived, name, stopped, mover), "what was sent until the guest stopped")
            destination, ethertype = ANNOUNCEMENTS[announcement]
            prober.send_raw("twin", frame("announced", src=mac, dst=destination, ethertype=ethertype))
            train.send_from("twin", "from", "all")
            eventually(lambda: where(site, tenant) == ("hv2", None), "the port to be where its guest is")
            train.pass_frames(300)
            # As libvirt does in the end.
            hypervisor(site, first).vsctl("del-port", interface)
            train.pass_frames(200)
        for name in ("to1", "to2", "to3"):
            here, there = train.arrived(name, mover), train.arrived(name, "twin")
            assert set(range(stopped)) <= set(here), name
            assert there == list(range(train.sent)), name
            assert here == list(range(len(here)))
            assert len(here) < train.sent - 200, "it stands by where it was"
            for other in site.lab.stations.keys() - {mover}:
                assert not train.arrived(name, other)
        faults = train.faults()
        assert {name: faults.get(name) for name in ("from", "all")} == {"from": None, "all": None}
    assert known(site, tenant) == before
    put_back(site, tenant)


@pytest.mark.parametrize(("site", "tenant"), [(4, "over"), (4, "wire")], indirect=["site"])
def test_a_guest_that_is_plugged_in_only_after_it_left_loses_the_time_between(site: Installation, tenant: str) -> None:
    """How long that was is printed, with what two commands took."""
    mover, (first, interface) = f"{tenant}-mover", home(site, tenant)
    [(mac, _)] = before = known(site, tenant)
    with (
        twin(site, "hv2", tenant, mac, is_plugged=False) as station,
        Prober([*site.lab.stations.values(), station]) as prober,
    ):
        with PacketTrain(prober, {"to": Journey(f"{tenant}-hv3", mac, {"twin"})}) as train:
            train.pass_frames(200)
            left = train.sent
            hypervisor(site, first).vsctl("del-port", interface)
            plug_twin(site, "hv2", tenant, "mover")
            train.pass_frames(400)
        here, there = train.arrived("to", mover), train.arrived("to", "twin")
        assert set(range(left)) <= set(here)
        assert there == list(range(there[0], train.sent)), "all from the first one on"
        assert here == list(range(len(here)))
        lost = train.lost_seconds("to", range(len(here), train.sent))
        print(f"\nplugged in after it left ({tenant}): {1000 * lost:.0f} ms lost")
    assert known(site, tenant) == before
    put_back(site, tenant)


@pytest.mark.parametrize(("site", "tenant"), [(4, "over"), (4, "wire")], indirect=["site"])
def test_a_migration_that_is_given_up_changes_nothing(site: Installation, tenant: str) -> None:
    """The second place has copies in the meantime, and nothing of it counts: its host unplugs it again."""
    [(mac, _)] = known(site, tenant)
    with twin(site, "hv2", tenant, mac) as station, Prober([*site.lab.stations.values(), station]) as prober:
        eventually(lambda: is_installed(site, "hv2", "twin"), "the second place to be ready")
        with PacketTrain(prober, journeys(tenant, mac)) as train:
            train.pass_frames(200)
            hypervisor(site, "hv2").vsctl("del-port", "twin")
            eventually(lambda: where(site, tenant) == (home(site, tenant)[0], None), "no second place any more")
            train.pass_frames(200)
        for name in ("to1", "to2", "to3"):
            assert train.arrived(name, f"{tenant}-mover") == list(range(train.sent))
            assert not {other for other in site.lab.stations.keys() - {f"{tenant}-mover"} if train.arrived(name, other)}
        faults = train.faults()
        assert {name: faults.get(name) for name in ("from", "all")} == {"from": None, "all": None}
    site.settle()


@pytest.mark.parametrize(
    ("site", "tenant", "of", "rogue", "why"),
    [
        (4, "over", "mover", "hv3", REFUSED),
        (4, "wire", "mover", "hv3", REFUSED),
        (4, "over", "hv1", "hv2", ""),
    ],
    indirect=["site"],
)
def test_a_rogue_that_claims_a_guest_gets_nothing_of_it(
    site: Installation, tenant: str, of: str, rogue: str, why: str
) -> None:
    """Neither a host that is none of the port's nor, where a port has none said, any: as long as the guest runs."""
    [(mac, _)] = known(site, tenant, of)
    with twin(site, rogue, tenant, mac, of) as station, Prober([*site.lab.stations.values(), station]) as prober:
        if why:
            eventually(lambda: any(f"{tenant}/mover" in line for line in said(site, why)), "a line in the log")
        with PacketTrain(prober, journeys(tenant, mac, of)) as train:
            for number in range(30):
                for destination, ethertype in ANNOUNCEMENTS.values():
                    prober.send_raw("twin", frame("all.1", src=mac, dst=destination, ethertype=ethertype))
                prober.send_raw("twin", frame("all.1", src=mac, dst=f"02:00:00:00:00:0{1 + number % 3}"))
                train.pass_frames(10)
        # What it sent would count as another arrival of the guest's own.
        assert train.faults() == {}
        assert not is_installed(site, rogue, "twin")
    site.settle()


def said(site: Installation, text: str) -> list[str]:
    return [line for line in site.log().splitlines() if text in line]
