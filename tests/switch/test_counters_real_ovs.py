"""What a real Open vSwitch has counted is what `ovs-ofctl` says that it has."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, Output
from controller.dataplane.table import match_of
from controller.southbound.listen import Listen
from private_ovs import PrivateOvs
from tests.switch.southbound_lab import BRIDGE, WHY, fresh_bridge, private_ovs, program_of, serving, until

pytestmark = pytest.mark.ovs
FRAME = "ffffffffffff020000000001" + "88b5" + 46 * "00"


@pytest.fixture
def ovs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateOvs]:
    with private_ovs(tmp_path_factory.mktemp("ovs")) as (running, _):
        fresh_bridge(running)
        yield running


def told(ovs: PrivateOvs, number: int) -> list[int]:
    """Packets and bytes received and sent, as `ovs-ofctl` says."""
    text = ovs.ofctl("dump-ports", BRIDGE, str(number))
    return [int(count) for _, count in re.findall(r"(pkts|bytes)=(\d+)", text)]


def test_interfaces_and_the_flows_of_a_trunk(ovs: PrivateOvs) -> None:
    entering = Flow(0, 10, match_of(in_port=1), (Output(2),), None, None, 0, WHY)
    leaving = Flow(0, 10, match_of(in_port=2), (Output(1),), None, None, 0, WHY)
    neither = Flow(0, 10, match_of(in_port=3), (Output(2),), None, None, 0, WHY)
    path = ovs.directory / "tenantry.sock"
    ovs.vsctl("set-controller", BRIDGE, f"unix:{path}", "--", "set", "controller", BRIDGE, "max_backoff=1000")

    async def run() -> None:
        async with serving(Listen(path=path)) as (southbound, recorder):
            await until(lambda: recorder.ready)
            southbound.replace("s1", program_of(entering, leaving, neither))
            assert await southbound.settled(["s1"], 10)
            for _ in range(7):
                ovs.ofctl("packet-out", BRIDGE, f"in_port=1 packet={FRAME} actions=table")
            found = await southbound.count({"s1": [1]}, 10)
            _, counted = found["s1"]
            assert counted.flows == {cookie_of(entering): (7, 7 * 60), cookie_of(leaving): (0, 0)}
            assert counted.interfaces.keys() == {1, 2}
            one = counted.interfaces[2]
            received, sent = [one.received_packets, one.received_bytes], [one.sent_packets, one.sent_bytes]
            assert [*received, *sent] == told(ovs, 2)
            again = (await southbound.count({}, 10))["s1"][1]
            assert again.flows == {}, "none is asked for without trunk ports"
            assert again.interfaces[2].age > one.age

    asyncio.run(run())
