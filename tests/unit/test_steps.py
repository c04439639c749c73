"""When steps of networks that move from key to key are taken."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from controller.steps import REST, Steps


class Site:
    """A daemon's parts as far as steps ask them: which switches are connected, and which of those are settled."""

    def __init__(self) -> None:
        self.connected: list[str] = []
        self.settled_switches: set[str] = set()
        self.advances = 0
        core = SimpleNamespace(
            settling=SimpleNamespace(is_pending=False),
            is_dirty=False,
            connected_switches=lambda: list(self.connected),
            absent_switches=lambda: [],
            missing_switches=lambda: [] if self.connected else ["hv1"],
        )
        southbound = SimpleNamespace(settled=self._settled, is_settled=self.settled_switches.__contains__)
        configuration = SimpleNamespace(moves=SimpleNamespace(is_pending=True), advance_moves=self._advance)
        self.steps = Steps(
            cast(Any, core), cast(Any, southbound), cast(Any, configuration), clock=lambda: 1.0, changed=lambda: None
        )

    async def _settled(self, switches: list[str], timeout: float) -> bool:
        await asyncio.sleep(0)
        return self.settled_switches.issuperset(switches)

    def _advance(self, is_complete: bool) -> None:
        self.advances += 1


def test_a_switch_that_comes_while_a_step_rests_holds_it_up_until_it_confirmed() -> None:
    async def run() -> None:
        site = Site()
        site.steps.go_on()
        await asyncio.sleep(REST / 2)
        # With its gate closed, as after the start of a daemon.
        site.connected.append("hv1")
        await asyncio.sleep(3 * REST)
        assert not site.advances
        site.settled_switches.add("hv1")
        await asyncio.sleep(3 * REST)
        assert site.advances
        site.steps.end()

    asyncio.run(run())
