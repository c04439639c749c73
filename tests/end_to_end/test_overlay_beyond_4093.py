"""4,500 networks live at once: more than VLAN IDs exist, the first ones by VLAN and the rest by tunnel ID."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

import beyond_4093
from controller.gate import LISTENING
from tests.end_to_end.running import Installation, running
from tests.end_to_end.shown import shown_networks
from wire_watch import watch

pytestmark = pytest.mark.ovs

LAST_VLAN, FIRST_OVERLAY = beyond_4093.VLANS, beyond_4093.VLANS + 1


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("beyond")
    file = directory / "beyond-4093.yaml"
    file.write_text(beyond_4093.topology())
    with running(file, directory) as installation:
        yield installation


def network(number: int) -> str:
    return f"many/{beyond_4093.network_name(number)}"


def marks(installation: Installation, number: int) -> set[tuple[int | None, int | None]]:
    """VLAN ID and tunnel ID under which a sample's frames travel."""
    stations = [installation.lab.stations[beyond_4093.station_name("many", name, number)] for name in ("hv1", "hv2")]
    return {(passage.vlan, passage.key) for passage in watch(installation.lab, stations[0], stations[1])}


def test_boundary_is_where_vlans_end_and_both_sides_carry_traffic(installation: Installation) -> None:
    assert installation.reach().is_right
    rows = shown_networks(installation)
    assert len(rows) == beyond_4093.NETWORKS
    segments = [rows[network(number)].segment for number in range(1, beyond_4093.NETWORKS + 1)]
    assert segments == ["vlan"] * LAST_VLAN + ["vxlan"] * (beyond_4093.NETWORKS - LAST_VLAN)
    assert len({(row.segment, row.key) for row in rows.values()}) == beyond_4093.NETWORKS
    assert marks(installation, LAST_VLAN) == {(rows[network(LAST_VLAN)].key, None)}
    assert marks(installation, FIRST_OVERLAY) == {(None, rows[network(FIRST_OVERLAY)].key)}


def test_restarted_daemon_keeps_keys_and_flows(installation: Installation) -> None:
    rows, held = shown_networks(installation), installation.all_cookies()
    assert min(map(len, held.values())) > 4 * beyond_4093.NETWORKS
    ready = installation.log().count("interfaces")
    installation.daemon.kill()
    installation.daemon.start()
    installation.wait_for_log("interfaces", ready + len(held))
    assert installation.reach().is_right
    # A change that must not come cannot be waited for; by then the daemon would have begun.
    time.sleep(LISTENING + 1)
    installation.settle()
    assert shown_networks(installation) == rows
    assert installation.all_cookies() == held
