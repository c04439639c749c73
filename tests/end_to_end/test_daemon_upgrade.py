"""A daemon of another version, with other tables, takes over the switches of this one, and back, and no frame notices.

Between switches of both versions only tags, tunnel IDs and announcements count, so they may stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests.end_to_end.altered_daemon import IDS
from tests.end_to_end.eventually import eventually
from tests.end_to_end.fault_site import standing, train
from tests.end_to_end.held import our_flows, wire_to
from tests.end_to_end.running import Installation

pytestmark = pytest.mark.ovs

PROGRAM = "from tests.end_to_end.altered_daemon import main; main({!r})"
NETWORKS = 3600
"""Of the large program: six flows each on either of two switches."""
NOWHERE = "tcp:127.0.0.1:1"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with standing(tmp_path_factory.mktemp("upgrade")) as (installation, _):
        yield installation


def tables(site: Installation, switch: str) -> set[int]:
    """Ids of the tables that have flows of ours."""
    with wire_to(site.lab.switches[switch]) as wire:
        return {table for table, _ in our_flows(wire)}


def take_over(site: Installation, program: str) -> None:
    """End the daemon in good order, and start one that runs `program`; switches connect when they like."""
    assert site.daemon.stop() == 0
    site.daemon.program, logged = program, len(site.log())
    site.daemon.start()
    eventually(lambda: "ready on" in site.log()[logged:], "a daemon that listens")
    site.lab.reconnect()


def wait_for_tables(site: Installation, switches: Iterable[str], variant: str) -> None:
    """Until these switches have flows in exactly the tables of a variant."""
    ids = {0, *IDS[variant].values()}
    eventually(lambda: all(tables(site, name) == ids for name in switches), f"the {variant} tables")


@pytest.mark.parametrize("variant", list(IDS))
def test_other_tables_take_over_and_back_without_loss(site: Installation, variant: str) -> None:
    before, program = site.all_cookies(), site.daemon.program
    with train(site) as running:
        take_over(site, PROGRAM.format(variant))
        wait_for_tables(site, before, variant)
        running.pass_frames(200)
        take_over(site, program)
        eventually(lambda: site.all_cookies() == before, "what was there before")
    assert running.faults() == {}


@pytest.mark.parametrize("behind", ["hv2"])
def test_a_switch_of_the_version_before_works_among_those_of_the_next(site: Installation, behind: str) -> None:
    before, program, switch = site.all_cookies(), site.daemon.program, site.lab.switches[behind]
    target = switch.vsctl("get-controller", switch.bridge).strip()
    with train(site) as running:
        switch.vsctl("set-controller", switch.bridge, NOWHERE)
        take_over(site, PROGRAM.format("moved"))
        wait_for_tables(site, before.keys() - {behind}, "moved")
        running.pass_frames(500)
        assert site.cookies(behind) == before[behind]
        switch.vsctl("set-controller", switch.bridge, target)
        wait_for_tables(site, [behind], "moved")
        take_over(site, program)
        eventually(lambda: site.all_cookies() == before, "what was there before")
    assert running.faults() == {}
    assert site.reach().is_right


def enlarge(document: dict[str, Any]) -> None:
    """Further networks with a member on hv1 and on hv2, on one trunk port each."""
    names = [f"n{number}" for number in range(NETWORKS)]
    trunk = dict(enumerate(names, 2))
    document["tenants"]["bulk"] = {
        "networks": {name: {"segment": "vxlan", "key": 100_000 + number} for number, name in enumerate(names)},
        "ports": {
            f"t{at}": {"switch": f"hv{at}", "interface": "bulk", "mac": f"02:00:00:00:01:0{at}", "trunk": trunk}
            for at in (1, 2)
        },
    }


def test_a_switch_with_more_flows_than_fit_into_a_bundle(site: Installation) -> None:
    program = site.daemon.program
    for name in ("hv1", "hv2"):
        switch = site.lab.switches[name]
        switch.vsctl("add-port", switch.bridge, "bulk", "--", "set", "interface", "bulk", "type=internal")
    site.edit(enlarge)
    eventually(lambda: len(site.cookies("hv1")) > 20_000, "all flows")
    site.settle()
    before = site.all_cookies()
    with train(site) as running:
        take_over(site, PROGRAM.format("moved"))
        wait_for_tables(site, before, "moved")
        take_over(site, program)
        eventually(lambda: site.all_cookies() == before, "what was there before")
    assert running.faults() == {}
