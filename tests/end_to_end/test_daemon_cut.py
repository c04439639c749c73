"""The daemon dies in the middle of what it tells the switches, wherever that is: nothing is lost, and nothing crosses.

What is under way is the most that an edit can ask for: networks change their kinds of segment and their keys, one comes
or goes, one gets another description, a port moves. A `Cutter` decides after how many messages the daemon dies.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from controller.ledger_files import read_ledger
from tests.end_to_end.cutter import Cutter
from tests.end_to_end.eventually import PATIENCE, eventually
from tests.end_to_end.fault_site import standing, train
from tests.end_to_end.running import Installation

pytestmark = pytest.mark.ovs

POINTS = 11
"""At how many moments of one edit the daemon dies."""


@pytest.fixture(scope="module")
def standing_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Cutter]]:
    with standing(tmp_path_factory.mktemp("cut")) as both:
        yield both


def changed(document: dict[str, Any]) -> None:
    """The other configuration."""
    tenants = document["tenants"]
    tenants["blue"]["networks"]["web"] = {"segment": "vxlan", "key": 90001}
    tenants["blue"]["networks"]["db"] = {"segment": "vlan", "key": 102, "description": "moved into the fabric"}
    tenants["red"]["networks"]["db"]["key"] = 70002
    tenants["red"]["networks"]["web"]["description"] = "as it was"
    # To where there is no such interface yet.
    tenants["red"]["ports"]["web2"] |= {"switch": "hv3", "interface": "tap9"}
    tenants["green"] = {"networks": {"new": {"segment": "auto"}}}


class Configurations:
    """Two configurations to go to and fro between, and what the switches hold with each."""

    def __init__(self, site: Installation) -> None:
        self._site = site
        document = yaml.safe_load(site.topology.read_text())
        del document["lab"]
        first = yaml.safe_dump(document)
        changed(document)
        self._texts = (first, yaml.safe_dump(document))
        self._held = {0: site.all_cookies()}
        self._at = 0

    def exchange(self) -> None:
        """Replace the one by the other; the daemon takes it up if it lives."""
        self._at = 1 - self._at
        if self._site.daemon.is_running():
            self._site.write(self._texts[self._at])
        else:
            self._site.topology.write_text(self._texts[self._at])

    def wait(self) -> None:
        """Until all switches hold what they should; the first time, whatever it is."""
        eventually(lambda: not is_moving(self._site), "all networks on their keys")
        self._site.settle()
        held = self._held.setdefault(self._at, self._site.all_cookies())
        eventually(lambda: self._site.all_cookies() == held, "the flows of this configuration")


def is_moving(site: Installation) -> bool:
    """Whether the ledger says that networks are under way from key to key."""
    return bool(read_ledger(site.daemon.state)[0].unsettled)


@pytest.fixture(scope="module")
def configurations(standing_site: tuple[Installation, Cutter]) -> Configurations:
    return Configurations(standing_site[0])


def test_a_network_changes_its_kind_of_segment_without_a_gap(
    standing_site: tuple[Installation, Cutter], configurations: Configurations
) -> None:
    site, _ = standing_site
    with train(site) as running:
        for _ in range(2):
            configurations.exchange()
            configurations.wait()
    assert running.faults() == {}


def test_nothing_is_lost_wherever_the_daemon_dies(
    standing_site: tuple[Installation, Cutter], configurations: Configurations
) -> None:
    site, cutter = standing_site
    cutter.arm(None)
    configurations.exchange()
    configurations.wait()
    total = cutter.passed
    assert total > 10 * POINTS
    with train(site) as running:
        for point in range(POINTS):
            cutter.arm(1 + point * total // POINTS, site.daemon.kill)
            configurations.exchange()
            assert cutter.has_cut.wait(PATIENCE)
            site.start()
            configurations.wait()
    assert running.faults() == {}
    assert site.reach().is_right


def test_nothing_is_lost_whenever_the_daemon_is_killed(
    standing_site: tuple[Installation, Cutter], configurations: Configurations
) -> None:
    site, _ = standing_site
    chance = random.Random(3)
    with train(site) as running:
        for _ in range(4):
            configurations.exchange()
            time.sleep(chance.uniform(0.0, 0.4))
            site.daemon.kill()
            site.start()
            configurations.wait()
    assert running.faults() == {}


def test_a_configuration_that_changed_while_the_daemon_was_dead(
    standing_site: tuple[Installation, Cutter], configurations: Configurations
) -> None:
    site, _ = standing_site
    with train(site) as running:
        for _ in range(2):
            site.daemon.kill()
            configurations.exchange()
            site.start()
            configurations.wait()
    assert running.faults() == {}
    assert site.reach().is_right
