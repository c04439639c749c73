"""A hypervisor that nobody named joins by its certificate, and its guests are where their ports say: packets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.intent.admitted import dpid_of
from hypervisor import Hypervisor
from packet_train import PacketTrain
from tests.end_to_end import joined_site
from tests.end_to_end.eventually import eventually
from tests.end_to_end.joined_site import HYPERVISORS
from tests.end_to_end.relay import Relay
from tests.end_to_end.running import Installation
from tests.end_to_end.test_hypervisors import journeys
from tests.switch.certificates import certificates

pytestmark = pytest.mark.ovs

NEWCOMER = "hv2"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    certificates(directory, "controller", NEWCOMER, "spare1")
    return directory


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Iterator[Installation]:
    """Three hypervisors, of which one is taken out of the files again."""
    with joined_site.standing(tmp_path_factory.mktemp("admitted")) as installation:
        installation.daemon.serve_tls(keys)
        installation.daemon.stop()
        installation.start()
        with Relay(newcomer(installation).pid, installation.daemon.tls_port):
            newcomer(installation).vsctl("del-manager")
            installation.edit(lambda document: document["fabric"]["switches"].pop(NEWCOMER))
            yield installation


def newcomer(site: Installation) -> Hypervisor:
    found = site.lab.switches[NEWCOMER]
    assert isinstance(found, Hypervisor)
    return found


def admit(site: Installation, *patterns: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["fabric"]["admit"] = list(patterns)

    site.edit(change)


def identify(site: Installation, keys: Path, name: str) -> None:
    """Have the host connect with this certificate."""
    files = [str(keys / file) for file in (f"{name}.key", f"{name}.pem", "ca.pem")]
    # Over a socket, as there is no network to the daemon but the relay.
    own = f"external_ids:tenantry-controller=unix:{newcomer(site).ovs.directory / 'openflow.sock'}"
    said = [own, "external_ids:tenantry-encap-ip=198.51.100.2"]
    newcomer(site).vsctl("set-ssl", *files, "--", "set", "Open_vSwitch", ".", *said)
    newcomer(site).vsctl("set-manager", f"ssl:127.0.0.1:{site.daemon.tls_port}")


def test_who_is_not_admitted_is_refused(site: Installation, keys: Path) -> None:
    admit(site, "hv*")
    identify(site, keys, "spare1")
    site.wait_for_log("no host 'spare1' is in the configuration")
    assert not site.lab.ping("blue1", "10.0.0.2")


def test_a_host_that_is_admitted_is_a_switch_with_its_guests(site: Installation, keys: Path) -> None:
    identify(site, keys, NEWCOMER)
    site.wait_for_log("admitted, as fabric.admit says")
    assert site.reach().is_right
    dpid = newcomer(site).vsctl("get", "bridge", "br-int", "datapath_id").strip().strip('"')
    assert int(dpid, 16) == dpid_of(NEWCOMER, set())


def test_a_daemon_that_starts_again_knows_it(site: Installation) -> None:
    site.widen()
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
    assert site.log().count("admitted, as fabric.admit says") == 1


def test_a_host_that_may_not_join_any_more_is_left(site: Installation) -> None:
    admit(site, "hv*", f"!{NEWCOMER}")
    eventually(lambda: not site.lab.ping("blue1", "10.0.0.2"), "guests that are cut off")
    site.wait_for_log(f"no host '{NEWCOMER}' is in the configuration")
    assert site.lab.ping("blue1", "10.0.0.3")
    admit(site, "hv*")
    assert site.reach().is_right
