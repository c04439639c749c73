"""Writes over the API: one after the other, each judged, stored, and then in force, before it is acknowledged.

A write and a reload of the files exclude each other (`turn`), as each begins with the intent in force and ends with
another. In its turn a write is compared with its conditions, planned (`controller.change_plan`), and appended to a
journal that is flushed to disk; both in a worker thread, while nothing else changes the intent. Then it is taken into
force like a reload, at the cost of what it touches. Should that fail, as its keys cannot be stored, the journal is
taken back.

So what was acknowledged is on disk. What was not is there or not, and always as a whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from controller.admit_plan import plan_admission
from controller.change_plan import Plan, Target, plan
from controller.configuration import Configuration
from controller.core import Core
from controller.drain_plan import plan_draining
from controller.event_log import EventKind
from controller.intent.api_part import MOST, ROOT, ApiPart, Content, PartEdit
from controller.intent.document import FabricDocument
from controller.intent.edit import IntentEdit
from controller.intent.write import Outcome, Refusal, Refused, Result, Write
from controller.journaled import JournaledFiles
from controller.state_file import StateError

log = logging.getLogger(__name__)


class Writes:
    """All writes of one daemon."""

    def __init__(
        self,
        core: Core,
        configuration: Configuration,
        files: JournaledFiles[ApiPart, PartEdit],
        take: Callable[[IntentEdit], bool],
    ) -> None:
        """`take` takes an edit into force, or says that its keys cannot be stored."""
        self.turn = asyncio.Lock()
        """Held while the intent in force is about to be another."""
        self._core = core
        self._configuration = configuration
        self._files = files
        self._take = take
        self._running: set[asyncio.Task[Outcome]] = set()

    def version(self, path: str) -> int | None:
        """The version of a resource that is the API's; None for all others."""
        return self._configuration.part.number(path)

    def marks(self) -> Iterable[str]:
        """Paths of what the API marked as draining, in order."""
        return self._configuration.part.draining()

    def fabric(self) -> FabricDocument:
        """What the files say about the fabric."""
        return self._configuration.base.fabric

    async def write(self, write: Write) -> Outcome:
        """Do it when its turn comes; it is stored and in force on return. Raises Refused.

        Whoever waits for it may go: it is done all the same.
        """
        task = asyncio.create_task(self._write(write))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def admit(self, hosts: Collection[str]) -> None:
        """Have these hosts be switches; that is stored and in force on return. Raises Refused."""
        async with self.turn:
            intent, base, part = self._core.situation.intent, self._configuration.base, self._configuration.part
            if len(part.entries) + len(hosts) > MOST:
                raise Refused(Refusal.FULL, f"there are {len(part.entries):,} resources, and {MOST:,} is the most")
            planned, fabric = await asyncio.to_thread(plan_admission, intent, base.fabric, part, hosts)
            if planned.resources:
                await self._store(planned.resources, planned.edit)
                self._configuration.base = replace(base, fabric=fabric)

    async def _write(self, write: Write) -> Outcome:
        try:
            async with self.turn:
                outcome = await self._perform(write)
        except Refused as refused:
            if not write.is_trial:
                log.info("refused %s of %s: %s", _verb(write), write.by, refused, extra=_names(write, is_done=False))
            raise
        if not write.is_trial and outcome.result is not Result.UNCHANGED:
            log.info("%s by %s: %s/%s", outcome.result, write.by, ROOT, write.path, extra=_names(write, is_done=True))
            for warning in outcome.warnings:
                log.warning("%s", warning, extra=_names(write))
        return outcome

    async def _perform(self, write: Write) -> Outcome:
        planned, outcome = await asyncio.to_thread(self._judge, write)
        resources = _with_tenant(write, planned)
        if write.is_trial or outcome.result is Result.UNCHANGED:
            return outcome
        await self._store(resources, planned.edit)
        return outcome

    async def _store(self, resources: Mapping[str, Content | None], intent: IntentEdit) -> None:
        """Keep these resources, and take into force what follows. Raises Refused, and then nothing is changed."""
        edit = PartEdit(self._files.number + 1, resources)
        try:
            await asyncio.to_thread(self._files.append, edit)
            if not self._take(intent):
                self._files.take_back()
                raise Refused(Refusal.UNSTORED, "the state directory cannot be written; see the daemon's log")
        except StateError as error:
            log.error("%s", error)
            raise Refused(Refusal.UNSTORED, "the state directory cannot be written; see the daemon's log") from None
        self._configuration.part.take(edit)
        await asyncio.to_thread(self._files.fold_if_long, self._configuration.part)

    def _judge(self, write: Write) -> tuple[Plan, Outcome]:
        """What it comes to. Raises Refused."""
        part, base = self._configuration.part, self._configuration.base
        intent, version = self._core.situation.intent, part.number(write.path)
        if write.path.startswith("draining/"):
            planned = plan_draining(intent, base.fabric, part, write)
        else:
            target = Target.at(write.path)
            self._check_owner(target)
            if write.content is None and version is None:
                # Before conditions, which count only for what would be done without them (RFC 9110, 13.2.1).
                raise Refused(Refusal.NOT_FOUND, f"there is no {ROOT}/{write.path}")
            write.conditions.check(version)
            planned = plan(intent, self._core.situation.index, base, target, write.content)
        return planned, _outcome(write, part, planned)

    def _check_owner(self, target: Target) -> None:
        """Raise Refused for a tenant of the files, and for anything of one that is not there."""
        if place := self._configuration.base.places.get(target.tenant):
            what = f"tenant {target.tenant} is defined at {place}; change it there"
            raise Refused(Refusal.CONFLICT, what)
        if target.name and self.version(f"tenants/{target.tenant}") is None:
            what = f"there is no tenant {target.tenant}; make it first: PUT {ROOT}/tenants/{target.tenant} with {{}}"
            raise Refused(Refusal.NOT_FOUND, what)


def _outcome(write: Write, part: ApiPart, planned: Plan) -> Outcome:
    changed = {path: _result(part, path, content) for path, content in planned.resources.items()}
    if part.number(write.path) is None or write.content is None:
        changed[write.path] = _result(part, write.path, write.content)
    result = changed.get(write.path, Result.REPLACED if changed else Result.UNCHANGED)
    growth = sum((one is Result.CREATED) - (one is Result.DELETED) for one in changed.values())
    if growth > 0 and len(part.entries) + growth > MOST:
        raise Refused(Refusal.FULL, f"there are {len(part.entries):,} resources, and {MOST:,} is the most")
    return Outcome(result, tuple(sorted(changed.items())), planned.warnings)


def _result(part: ApiPart, path: str, content: Content | None) -> Result:
    if content is None:
        return Result.DELETED
    return Result.REPLACED if part.number(path) is not None else Result.CREATED


def _with_tenant(write: Write, planned: Plan) -> dict[str, Content | None]:
    """All resources of the edit: the version of a tenant changes with everything it has."""
    kind, name, *rest = write.path.split("/")
    if kind == "draining":
        return dict(planned.resources)
    is_gone = write.content is None and not rest
    return {f"tenants/{name}": None if is_gone else {}, **planned.resources}


def _verb(write: Write) -> str:
    return f"{'DELETE' if write.content is None else 'PUT'} {ROOT}/{write.path}"


def _names(write: Write, *, is_done: bool | None = None) -> dict[str, str]:
    """What the log line is about, and whether it is an event."""
    kind, *names = write.path.split("/")
    named = {"tenant": names[0], kind.removesuffix("s"): "/".join(names)} if kind != "draining" else {}
    if write.path.startswith("draining/switches/"):
        named = {"switch": names[-1]}
    if is_done is None:
        return named
    return {**named, "event": EventKind.WRITE_ACCEPTED if is_done else EventKind.WRITE_REFUSED}
