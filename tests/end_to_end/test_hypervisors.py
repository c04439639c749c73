"""Hypervisors that join by one line, and ports that follow their interfaces: packets, on real Open vSwitch."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from controller.dataplane.fields import mac_text
from controller.northbound.asking import asking
from controller.northbound.client import ask_all
from controller.state_directory import read_memory
from guest import DEVICE
from hypervisor import Hypervisor
from namespaces import ip_batch, new_namespace
from packet_train import Journey, PacketTrain
from prober import Prober
from reach import wait_until_right
from station import Station
from tests.end_to_end import joined_site
from tests.end_to_end.eventually import PATIENCE, eventually
from tests.end_to_end.joined_site import HYPERVISORS, iface_id, mac
from tests.end_to_end.rogue import rogue_as
from tests.end_to_end.running import Installation
from tests.end_to_end.test_api_writes import asked, put

pytestmark = pytest.mark.ovs

SEED = 5
ROUNDS, OPERATIONS = 3, 12
INSTALLED = "external_ids:tenantry-installed", "external_ids:ovn-installed"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with joined_site.standing(tmp_path_factory.mktemp("joined")) as installation:
        yield installation


def hypervisor(site: Installation, name: str) -> Hypervisor:
    found = site.lab.switches[name]
    assert isinstance(found, Hypervisor)
    return found


def is_installed(site: Installation, host: str, interface: str) -> bool:
    """Whether a port is marked as installed, both as we do and as OVN does."""
    marks = hypervisor(site, host).vsctl("--if-exists", "get", "interface", interface, *INSTALLED)
    return marks.count("true") == len(INSTALLED)


def test_what_is_plugged_in_is_shown_and_marked_as_installed(site: Installation) -> None:
    taps = {guest.name: (guest.switch, guest.interface) for guest in site.lab.model.guests.values()}
    for host, interface in taps.values():
        eventually(lambda at=(host, interface): is_installed(site, *at), f"{interface} to be marked on {host}")  # type: ignore[misc]
    with asking(None, site.daemon.state, None, None) as daemon:
        hosts = list(ask_all(daemon, "/api/v1/hypervisors", {}))
        ports = list(ask_all(daemon, "/api/v1/ports", {}))
    assert [(one["switch"], one["state"], one["opened_by"], one["plugged"], one["ports"]) for one in hosts] == [
        (name, "joined", "daemon" if name == "hv2" else "host", 2, 2) for name in HYPERVISORS
    ]
    places = {f"{tenant}/vm{member}": taps[f"{tenant}{member}"] for tenant in ("blue", "red") for member in (1, 2, 3)}
    assert {one["id"]: (one["switch"], one["interface"]) for one in ports} == places
    # Given, said by the host, learned.
    assert [one["mac"] for one in ports] == [mac(1), mac(2), None] * 2


def test_guests_are_plugged_and_unplugged_at_random(site: Installation) -> None:
    """Each is reached where it is, by its tenant and nobody else, in whatever order hosts and switches tell of it."""
    chance = random.Random(SEED)
    places = {name: (guest.switch, guest.interface) for name, guest in site.lab.model.guests.items()}
    number = 100
    for _ in range(ROUNDS):
        for name in chance.choices(sorted(places), k=OPERATIONS):
            site.lab.unplug(name)
            number += 1
            places[name] = (chance.choice(HYPERVISORS), f"tap{number}")
            site.lab.plug(name, *places[name])
        found = site.reach()
        assert found.is_right, (sorted(found.missing), sorted(found.leaks))
    for host, interface in places.values():
        eventually(lambda at=(host, interface): is_installed(site, *at), f"{interface} to be marked on {host}")  # type: ignore[misc]
    for name, guest in site.lab.model.guests.items():
        site.lab.move(name, guest.switch, guest.interface)
    assert site.reach().is_right


def is_saved(site: Installation) -> bool:
    """Whether a daemon that is killed now is followed by one that knows as much of guests."""
    found = read_memory(site.daemon.state)
    with asking(None, site.daemon.state, None, None) as daemon:
        learned = {(one["network"], one["mac"]) for one in ask_all(daemon, "/api/v1/hosts", {}) if one["learned"]}
    known = found[0].addresses if found else {}
    return learned == {(network, mac_text(one)) for network, macs in known.items() for one in macs}


def journeys() -> dict[str, Journey]:
    """From host to host, both ways, to an address that is given and to one that a host said."""
    return {"there": Journey("blue1", mac(2), {"blue2"}), "back": Journey("blue2", mac(1), {"blue1"})}


def test_a_daemon_that_was_killed_and_started_again_loses_nothing(site: Installation) -> None:
    site.widen()
    eventually(lambda: is_saved(site), "all that was learned to be saved")
    site.settle()
    before = site.all_cookies()
    with site.prober() as prober:
        with PacketTrain(prober, journeys()) as train:
            site.daemon.kill()
            train.pass_frames(200)
            joined = site.log().count("joined: ")
            site.start()
            site.wait_for_log("joined: ", joined + len(HYPERVISORS))
            train.pass_frames(200)
        assert train.faults() == {}
    site.settle()
    assert site.all_cookies() == before


def test_tunnels_carry_checksums_as_is_asked_for(site: Installation) -> None:
    """Seen on the underlay, both ways: hv2, whose database listens, and hv1, which came by itself.

    While that changes Open vSwitch loses some frames, as with any option of a tunnel; before and after, none is lost.
    """
    both = ["> 198.51.100.1.4789", "> 198.51.100.2.4789"]
    faults: list[dict[str, str]] = []

    def ways(with_checksum: bool) -> list[str]:
        # Offset 6 of UDP (RFC 768), behind headers of Ethernet and IPv4.
        expression = f"host 198.51.100.2 and udp port 4789 and ether[40:2] {'!=' if with_checksum else '=='} 0"
        with site.lab.capture("hv1", "eth0", expression) as seen, site.prober() as prober:
            with PacketTrain(prober, journeys()) as train:
                train.pass_frames(50)
            faults.append(train.faults())
        return [way for way in both if any(way in line for line in seen.lines)]

    site.widen()
    before = site.topology.read_text()
    assert ways(with_checksum=True) == both
    site.write(before.replace("ovn_installed: true", "ovn_installed: true, checksums: false"))
    eventually(lambda: not ways(with_checksum=True), "packets without checksums")
    assert ways(with_checksum=False) == both
    site.write(before)
    eventually(lambda: not ways(with_checksum=False), "packets with checksums")
    assert ways(with_checksum=True) == both
    assert faults[0] == faults[-1] == {}


def test_a_database_that_was_killed_and_started_again_changes_nothing(site: Installation) -> None:
    """Flows are compared, and frames not: ovs-vswitchd 3.1 itself is hardly there while its database is away.

    So the watch over the underlay may have others flood nothing to it in that time, and takes that back.
    """
    # What the test before plugged in is in force.
    assert site.reach().is_right
    site.settle()
    before = {name: site.flows(name) for name in HYPERVISORS}
    lost, joined = site.log().count("host lost: "), site.log().count("joined: ")
    ovs = hypervisor(site, "hv2").ovs
    ovs.kill_database()
    ovs.start_database()
    site.wait_for_log("host lost: ", lost + 1)
    site.wait_for_log("joined: ", joined + 1)
    assert site.flows("hv2") == before["hv2"]
    eventually(lambda: {name: site.flows(name) for name in HYPERVISORS} == before, "the flows of before")
    site.lab.unplug("blue2")
    site.lab.plug("blue2", "hv2", "tap2")
    assert site.reach().is_right


def test_a_host_that_was_away_when_it_was_taken_out_is_left_by_the_next_daemon(site: Installation) -> None:
    """Guests that are plugged in keep their bridge; put into the configuration again, the host joins as before."""
    name, topology = "hv2", site.topology.read_text()
    host = hypervisor(site, name)
    lost = site.log().count("host lost: ")
    host.ovs.kill_database()
    site.wait_for_log("host lost: ", lost + 1)
    site.edit(lambda document: document["fabric"]["switches"].pop(name))
    site.wait_for_log("what was made on it is taken back if it comes back within 30 days")
    site.daemon.kill()
    logged = len(site.log())
    site.daemon.start()
    eventually(lambda: "ready on" in site.log()[logged:], "a daemon that listens")
    host.ovs.start_database()
    site.wait_for_log("left: what was made on it is taken back")
    eventually(lambda: host.vsctl("get-controller", host.bridge).strip() == "", "no controller")
    assert host.vsctl("list-ports", host.bridge).split() == ["tap2", "tap5"]
    marks = host.vsctl("--columns=external_ids", "list", "bridge", host.bridge, "--", "list", "interface")
    assert "tenantry-installed" not in marks
    assert "ovn-installed" not in marks
    site.write(topology)
    # The others were without the daemon for a moment, too, and may try only after eight seconds.
    eventually(lambda: states(site) == dict.fromkeys(HYPERVISORS, "joined"), "all hosts to have joined")
    assert site.reach().is_right


def states(site: Installation) -> dict[str, str]:
    """How each host stands."""
    rows = asked(site, "GET", "/api/v1/hypervisors").json()["items"]
    return {row["switch"]: row["state"] for row in rows}


def twin(site: Installation, host: str, member: int) -> AbstractContextManager[Station]:
    """A second blue guest with the id and the MAC of a running one, on another host: as while it migrates."""
    return plugged_twin(site, host, iface_id("blue", member), mac(member))


@contextmanager
def plugged_twin(site: Installation, host: str, name: str, address: str) -> Iterator[Station]:
    """A guest that the lab does not know, plugged in under an id."""
    owner = hypervisor(site, host)
    with new_namespace() as pid:
        ip_batch([f"link add twin type veth peer name {DEVICE} netns {pid}"], pid=owner.namespace)
        ip_batch([f"link set {DEVICE} address {address} up"], pid=pid)
        ip_batch(["link set twin addrgenmode none up"], pid=owner.namespace)
        ids = [f'external_ids:iface-id="{name}"', f'external_ids:attached-mac="{address}"']
        owner.vsctl("add-port", owner.bridge, "twin", "--", "set", "interface", "twin", *ids)
        try:
            yield Station("twin", "blue/net", (), DEVICE, pid)
        finally:
            owner.vsctl("--if-exists", "del-port", "twin")


def test_a_guest_that_migrates_is_at_one_place_at_any_time(site: Installation) -> None:
    """It is where it was until that is over, and then where it is; what is lost in between is counted."""
    owner = hypervisor(site, "hv2")
    with twin(site, "hv3", 2) as station, Prober([*site.lab.stations.values(), station]) as prober:
        site.widen()
        with PacketTrain(prober, {"to": Journey("blue1", mac(2), {"blue2"})}) as train:
            train.pass_frames(300)
            stays = train.sent
            # On a busy machine a switch may have frames waiting that were sent before.
            eventually(lambda: train.has_arrived("to", stays, "blue2"), "what was sent until then")
            # As libvirt does when the guest has left.
            owner.vsctl("del-port", "tap2")
            eventually(lambda: is_installed(site, "hv3", "twin"), "the port to be where the guest is")
            train.pass_frames(300)
        here, there = train.arrived("to", "blue2"), train.arrived("to", "twin")
        assert set(here) | set(range(stays)) == set(here), "lost while it was where it had been"
        assert not set(here) & set(there)
        assert max(there) == train.sent - 1
        assert len(here) == len(set(here))
        assert len(there) == len(set(there))
        for name in site.lab.stations.keys() - {"blue2"}:
            assert not train.arrived("to", name)
        print(f"\nmigration: {train.sent - len(here) - len(there)} of {train.sent} frames of 1 ms lost")
    site.lab.unplug("blue2")
    site.lab.plug("blue2", "hv2", "tap2")
    assert site.reach().is_right


def test_a_rogue_takes_nothing_from_others(site: Installation) -> None:
    """A host that claims a running guest's id, writes nonsense into its rows, and strangers that send it."""
    rogue = hypervisor(site, "hv3")
    with twin(site, "hv3", 1) as station, Prober([*site.lab.stations.values(), station]) as prober:
        site.widen()
        with PacketTrain(prober, journeys()) as train:
            huge = [f"external_ids:x{number}={'y' * 400}" for number in range(250)]
            rogue.vsctl("set", "Open_vSwitch", ".", *huge, "external_ids:tenantry-controller=nonsense")
            rogue.vsctl("set", "interface", "tap3", "external_ids:attached-mac=nonsense")
            rogue.vsctl("set", "interface", "tap6", f"external_ids:attached-mac={mac(1)}")
            rogue.vsctl("set", "interface", "twin", f"external_ids:iface-id={'z' * 300}")
            rogue.vsctl("set", "interface", "twin", f'external_ids:iface-id="{iface_id("blue", 1)}"')
            for nonsense in (b"\0" * 100, b'{"id":1,"result":{"Bridge":7},"error":null}', b'{"id":' * 100):
                with socket.socket(socket.AF_UNIX) as stranger:
                    stranger.settimeout(PATIENCE)
                    stranger.connect(str(site.daemon.ovsdb))
                    stranger.sendall(nonsense)
                    while stranger.recv(65536):
                        pass
            train.pass_frames(300)
        assert train.faults() == {}
    site.wait_for_log("JSON that is nested more than 32 deep")
    site.wait_for_log(f"not believed as its host says: MAC {mac(1)} is that of port red/vm1; it is learned instead")
    found = wait_until_right(site.lab.stations, PATIENCE)
    assert found.is_right, (sorted(found.missing), sorted(found.leaks))


SLOWED = "tenantry_hosts_slowed_total"


def counted(site: Installation, metric: str) -> float:
    """What a counter without labels says."""
    lines = asked(site, "GET", "/metrics").text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{metric} "))


def mac_of(site: Installation, port: str) -> str:
    """The MAC that a port has by its host's word."""
    return str(asked(site, "GET", f"/api/v1/ports/{port}").json()["mac"])


def test_a_rogue_database_takes_no_time_from_others(site: Installation) -> None:
    """In the name of hv3, which is admitted: nonsense, claims on ids of others, and updates without end.

    What it may have is moved by each of them, and its endpoint as well.
    """
    host, lost = hypervisor(site, "hv3"), site.log().count("host lost: ")
    ids = [iface_id(tenant, member) for tenant in ("blue", "red") for member in (1, 2, 3)]
    host.vsctl("del-manager")
    site.wait_for_log("host lost: ", lost + 1)
    site.widen()
    with site.prober() as prober, PacketTrain(prober, journeys()) as train:
        with rogue_as("hv3", site.daemon.ovsdb, ids):
            for why in ("7 where a string belongs", "an answer to nothing that was asked", "more than 50000 rows"):
                site.wait_for_log(why)
            slowed = counted(site, SLOWED)
            eventually(lambda: counted(site, SLOWED) > slowed + 3, "the rogue to wait again and again")
            # What others say is followed meanwhile.
            for address in (mac(9), mac(2)):
                hypervisor(site, "hv2").vsctl("set", "interface", "tap5", f'external_ids:attached-mac="{address}"')
                eventually(lambda now=address: mac_of(site, "red/vm2") == now, f"{address} at red/vm2")  # type: ignore[misc]
            train.pass_frames(300)
        joined = site.log().count("joined: ")
        host.join()
        site.wait_for_log("joined: ", joined + 1)
        train.pass_frames(100)
    assert train.faults() == {}
    [said, *_] = (line for line in site.log().splitlines() if "slowed down: " in line)
    assert "its database sends more than it is given time for" in said
    assert "switch=hv3" in said
    found = wait_until_right(site.lab.stations, PATIENCE)
    assert found.is_right, (sorted(found.missing), sorted(found.leaks))


def test_a_port_that_is_written_over_the_api_is_where_its_interface_waits(site: Installation) -> None:
    """Its guest is plugged in before there is a port for it; a reload of the files leaves it where it is."""
    where = "fd0c6a5e-7b0f-4a53-9ad5-000000000009"
    with (
        plugged_twin(site, "hv3", where, mac(9)) as station,
        Prober([*site.lab.stations.values(), station]) as prober,
        asking(None, site.daemon.state, None, None) as daemon,
    ):
        put(site, "tenants/green", {})
        put(site, "networks/green/net", {"segment": "vxlan"})
        assert not is_installed(site, "hv3", "twin")
        put(site, "ports/green/vm", {"network": "net", "iface_id": where})
        eventually(lambda: is_installed(site, "hv3", "twin"), "the port to be in force")
        site.write(site.topology.read_text() + "\n")
        [port] = (one for one in ask_all(daemon, "/api/v1/ports", {}) if one["tenant"] == "green")
        assert (port["switch"], port["interface"], port["mac"], port["state"]) == ("hv3", "twin", mac(9), "up")
        assert port["written"] == {"network": "net", "iface_id": where}
        prober.send("twin", "alone")
        assert prober.received("alone") == {}, "green is alone"
        asked(site, "DELETE", "/api/v1/ports/green/vm", if_match="*")
        eventually(lambda: not is_installed(site, "hv3", "twin"), "no port to be there any more")
