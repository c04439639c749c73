"""What somebody changes by hand on a real Open vSwitch is found and repaired, and what is not ours is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import OUR_GROUPS, OUR_METERS
from controller.dataplane.text import flow_text
from controller.southbound import auditor
from controller.southbound.drift import Drift
from controller.southbound.listen import Listen
from private_ovs import PrivateOvs
from tests.switch.southbound_lab import (
    BRIDGE,
    GROUPS,
    METER,
    WHY,
    as_text,
    flows_of,
    fresh_bridge,
    mac_flow,
    mixed_program,
    private_ovs,
    serving,
    until,
)

pytestmark = pytest.mark.ovs
FOREIGN = "cookie=0x1234, table=0, priority=7,dl_dst=02:00:00:00:00:99 actions=output:2"
STRANGE = flow_text(mac_flow(5000), 0x7E << 56 | 99)
SPARE = OUR_METERS[9]
OURS = cookie_of(mac_flow(8))
Tampering = Callable[[PrivateOvs], object]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateOvs]:
    with private_ovs(tmp_path_factory.mktemp("ovs")) as (running, _):
        yield running


@pytest.fixture
def ovs(lab: PrivateOvs) -> PrivateOvs:
    fresh_bridge(lab)
    return lab


def meet(ovs: PrivateOvs) -> Listen:
    path = ovs.directory / "tenantry.sock"
    ovs.vsctl("set-controller", BRIDGE, f"unix:{path}", "--", "set", "controller", BRIDGE, "max_backoff=1000")
    return Listen(path=path)


def everything_of(ovs: PrivateOvs) -> tuple[set[str], set[str], str]:
    groups = ovs.ofctl("dump-groups", BRIDGE).splitlines()[1:]
    return flows_of(ovs), set(groups), ovs.ofctl("dump-meters", BRIDGE).partition("\n")[2]


def silent(*arguments: str) -> Tampering:
    return lambda ovs: ovs.ofctl(arguments[0], BRIDGE, *arguments[1:])


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (silent("del-flows", "in_port=1"), Drift({WHY: 1}, 0, (), ())),
        # A hundred more have an idle time-out; the switch reports their loss, and they are back before the audit.
        (silent("del-flows", "cookie=0x7e00000000000000/0xff00000000000000"), Drift({WHY: 109}, 0, (), ())),
        (silent("add-flow", STRANGE), Drift({}, 1, (), ())),
        (silent("add-flow", "cookie=0x7e00000000000063,priority=5,in_port=1,actions=drop"), Drift({WHY: 1}, 1, (), ())),
        (silent("del-groups", f"group_id={OUR_GROUPS[1]}"), Drift({WHY: 1}, 0, (OUR_GROUPS[1],), ())),
        (silent("mod-group", f"group_id={OUR_GROUPS[0]},type=all"), Drift({}, 0, (OUR_GROUPS[0],), ())),
        (silent("add-group", f"group_id={OUR_GROUPS[9]},type=all"), Drift({}, 0, (OUR_GROUPS[9],), ())),
        (silent("mod-meter", f"meter={METER.id},pktps,burst,bands=type=drop,rate=7,burst_size=7"), None),
        (silent("mod-flows", "dl_dst=00:00:00:00:00:06,actions=output:2"), Drift({}, 0, (), (), {WHY: 1})),
        # With an idle time-out, so the switch reports that it was deleted to be mended.
        (silent("mod-flows", "dl_dst=00:00:00:00:00:07,actions=output:2"), Drift({}, 0, (), (), {WHY: 1})),
        (silent("add-flow", f"cookie={OURS:#x},priority=5,in_port=2,actions=drop"), Drift({}, 0, (), (), {WHY: 1})),
        (silent("add-meter", f"meter={SPARE},pktps,bands=type=drop,rate=7"), Drift({}, 0, (), (SPARE,))),
    ],
)
def test_what_is_changed_by_hand_is_repaired(ovs: PrivateOvs, tamper: Tampering, found: Drift | None) -> None:
    endpoint, program = meet(ovs), mixed_program()
    ovs.ofctl("add-flow", BRIDGE, FOREIGN)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program)
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            before = everything_of(ovs)
            southbound.audit(["s1"])
            await until(lambda: southbound.statistics.audits == 1)
            assert recorder.drifts == []

            tamper(ovs)
            assert everything_of(ovs) != before
            southbound.audit(["s1"])
            await until(lambda: recorder.drifts)
            drift = recorder.drifts[0][1]
            assert drift == (found or Drift({}, 0, (), (METER.id,)))
            await until(lambda: southbound.statistics.drift_repaired == southbound.statistics.drift_found)
            assert everything_of(ovs) == before
            southbound.audit(["s1"])
            await until(lambda: southbound.statistics.audits == 3)
            assert len(recorder.drifts) == 1

    asyncio.run(scenario())


def test_nobody_has_to_ask(ovs: PrivateOvs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditor, "PERIOD", 0.5)
    endpoint, program = meet(ovs), mixed_program()

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program)
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            for _ in range(3):
                await asyncio.to_thread(ovs.ofctl, "del-flows", BRIDGE)
                await asyncio.sleep(0.1)
                await until(lambda: flows_of(ovs) == as_text(program))

    asyncio.run(scenario())


def test_a_flow_that_is_reported_deleted_makes_the_others_looked_for(
    ovs: PrivateOvs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditor, "SOONEST", 0.1)
    endpoint, program = meet(ovs), mixed_program()

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program)
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            ovs.ofctl("del-groups", BRIDGE)
            ovs.ofctl("del-flows", BRIDGE)
            await until(lambda: recorder.drifts)
            assert await southbound.settled(["s1"], 10)
            assert flows_of(ovs) == as_text(program)
            assert len(ovs.ofctl("dump-groups", BRIDGE).splitlines()) == 1 + len(GROUPS)

    asyncio.run(scenario())
