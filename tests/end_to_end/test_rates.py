"""Where frames pass, rates say so, also on the networks of a trunk port; and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from controller.northbound.cli import app
from guest import DEVICE
from packet_train import Journey, PacketTrain
from prober import Prober
from station import Station
from tests.end_to_end.running import TOPOLOGIES, Installation, running

pytestmark = pytest.mark.ovs
WIRE = "s1:s1-eth11 -- s2:s2-eth11"
TRUNK, ACCESS = "02:00:00:00:00:0a", "02:00:00:00:00:01"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "trunk.yaml", tmp_path_factory.mktemp("rates")) as installation:
        yield installation


def rates(pair: Installation, *arguments: str) -> dict[str, dict[str, Any]]:
    result = CliRunner().invoke(app, ["top", *arguments, "--json", "--state", str(pair.daemon.state)])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["behind"] == []
    return {item["id"] if "id" in item else item["name"]: item for item in answer["items"]}


def test_rates_of_a_train_from_a_trunk_to_an_access_port(pair: Installation) -> None:
    guests = pair.lab.guests.values()
    with Prober([Station(one.name, "", (), DEVICE, one.namespace) for one in guests]) as prober:
        journeys = {
            "to": Journey("blue-a", ACCESS, {"blueweb"}, source=TRUNK, vlans=[11]),
            "back": Journey("blueweb", TRUNK, {"blue-a"}),
        }
        with PacketTrain(prober, journeys):
            rates(pair, "ports")
            ports, networks = (rates(pair, of, "--tenant", "blue") for of in ("ports", "networks"))
    for one in (ports["blue/a"], ports["blue/web1"]):
        assert min(one["packets_in"], one["packets_out"]) > 20
        assert one["bits_in"] > 8 * 60 * 20
    web, db = networks["blue/web"], networks["blue/db"]
    assert min(web["packets_in"], web["packets_out"]) > 40, "of both ports"
    assert max(db["packets_in"], db["packets_out"]) < 10
    assert next(iter(networks)) == "blue/web", "the most first"


def test_a_link_is_loaded_in_the_direction_in_which_frames_pass(pair: Installation) -> None:
    guests = pair.lab.guests.values()
    with Prober([Station(one.name, "", (), DEVICE, one.namespace) for one in guests]) as prober:
        journey = Journey("blue-a", ACCESS, {"bluedb"}, source=TRUNK, vlans=[12])
        with PacketTrain(prober, {"over": journey}):
            rates(pair, "links")
            ((name, link),) = rates(pair, "links").items()
    assert (name, link["speed"]) == (WIRE, 10_000_000)
    assert link["packets_a_to_b"] > 20
    assert link["packets_b_to_a"] < 10
    assert link["bits_a_to_b"] > 8 * 60 * 20
    assert link["load"] == pytest.approx(link["bits_a_to_b"] / 10**10, abs=1e-6)
