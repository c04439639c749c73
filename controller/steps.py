"""What must not change everywhere at once: one step after the other, each when switches confirmed the one before.

Two kinds of things take steps: trees, next hops and addresses (`controller.fabric.settling`), and networks that get
another key (`controller.intent.moves`). A barrier says that a switch holds what it was told; frames that were on their
way by then, and a datapath that follows a little later, are given a short rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from controller.configuration import Configuration
from controller.core import Core
from controller.gate import GRACE
from controller.southbound.southbound import Southbound

REST = 0.05
"""Seconds after which frames sent before a switch confirmed have arrived, and its datapath does what it confirmed."""
CONFIRM_WITHIN = 5.0
"""Seconds for all switches to confirm a step of networks that get another key; then it is asked again."""


class Steps:
    """Takes steps as long as there are any."""

    def __init__(
        self,
        core: Core,
        southbound: Southbound,
        configuration: Configuration,
        clock: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        """`clock` gives seconds since the start; `changed` is called when a step made something to compile."""
        self._core = core
        self._southbound = southbound
        self._configuration = configuration
        self._clock = clock
        self._changed = changed
        self._settling: asyncio.Task[None] | None = None
        self._moving: asyncio.Task[None] | None = None
        self._compiled = asyncio.Event()
        self._failed: asyncio.Queue[BaseException] = asyncio.Queue()
        self._edits = 0
        """How many edits of the intent were taken into force."""
        self._moved_at = 0.0
        """When networks last took a step from key to key."""

    async def bug(self) -> NoReturn:
        """Wait until what takes steps fails; raises what it failed with. Otherwise it would be waited for for ever."""
        raise await self._failed.get()

    def go_on(self) -> None:
        """Take steps if there are any to take."""
        if self._core.settling.is_pending and self._settling is None:
            self._settling = self._begin(self._settle())
        if self._configuration.moves.is_pending and self._moving is None:
            self._moving = self._begin(self._move())

    def compiled(self) -> None:
        """All that was to be compiled was handed to the switches."""
        self._compiled.set()

    def edited(self) -> None:
        """The intent changed, and with it the keys that networks are to get."""
        self._edits += 1
        self._moved_at = self._clock()

    def end(self) -> None:
        """Take no more."""
        for task in filter(None, (self._settling, self._moving)):
            task.cancel()

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failed.put_nowait(error)

    async def _settle(self) -> None:
        while self._core.settling.is_pending:
            if self._core.is_dirty:
                self._compiled.clear()
                await self._compiled.wait()
            elif await self._take_step(self._southbound.confirmed()):
                self._changed()
        self._settling = None

    async def _take_step(self, confirmed: frozenset[str]) -> bool:
        """Take a step if these switches suffice for one, at once or after a rest; otherwise wait for others."""
        if self._core.confirmed(confirmed, is_rested=False):
            return True
        await asyncio.sleep(REST)
        still = confirmed & self._southbound.confirmed()
        if self._core.is_dirty or self._core.confirmed(still):
            return True
        if still == self._southbound.confirmed():
            await self._southbound.progress()
        return False

    async def _move(self) -> None:
        """The same for networks that get another key."""
        while self._configuration.moves.is_pending:
            edits = self._edits
            has_settled = await self._southbound.settled(self._core.connected_switches(), CONFIRM_WITHIN)
            is_confirmed = has_settled and not self._core.is_dirty
            await asyncio.sleep(REST)
            if is_confirmed and edits == self._edits and self._is_settled():
                self._advance_moves()
        self._moving = None

    def _is_settled(self) -> bool:
        """Whether all connected switches hold what they should; one may have come meanwhile, and wait at its gate."""
        return all(map(self._southbound.is_settled, self._core.connected_switches()))

    def _advance_moves(self) -> None:
        """All connected switches hold what the keys in force ask for."""
        now, absent = self._clock(), self._core.absent_switches()
        is_missing_some = bool(absent) or (now < GRACE and bool(self._core.missing_switches()))
        if is_missing_some and now < self._moved_at + GRACE:
            return
        changes = self._configuration.advance_moves(is_complete=not absent)
        if changes is not None:
            self._moved_at = now
            self._core.rekey(changes)
            self._changed()
