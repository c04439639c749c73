"""Plans for whoever asks the running daemon: made by a copy of its process, one at a time.

To plan is to take an edit (`controller.rehearsal`), which may take seconds and as much memory as the daemon has. On the
event loop that would hold up sessions, in a thread it would take the interpreter from it, and the core cannot be shared
with it. A forked process has a core of its own for nothing: all that is there, as it is at this moment, copied page by
page where it is written to. It reads the files, too, which come from outside. Whatever becomes of it, the daemon only
waits for its answer.

The copy lets go at once of all that it shares with the daemon: signals, sockets, and the lock on the state directory.
It has lower priority, and is the first to go when memory is short.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from pydantic import ValidationError

from controller.api.plan_rows import PlannedFiles, plan_answer
from controller.api.problems import Errors, problem_body
from controller.api.rows import ParameterError
from controller.configuration import Configuration
from controller.core import Core
from controller.intent.problems import Problem
from controller.plan import plan_of

log = logging.getLogger(__name__)

NICE = 10
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


class Planning:
    """Makes plans."""

    def __init__(self, core: Core, configuration: Configuration) -> None:
        self._core = core
        self._configuration = configuration
        self._process: BaseProcess | None = None

    async def plan(self, body: bytes, with_lines: bool) -> tuple[int, bytes]:
        """Status and body of the answer to who sends `body`; nobody else may be waiting for one."""
        ours, theirs = get_context("fork").Pipe(duplex=False)
        process = get_context("fork").Process(target=self._work, args=(theirs, body, with_lines), daemon=True)
        self._process = process
        # The copy has the daemon's handlers until it lets go of them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        reading = asyncio.ensure_future(asyncio.to_thread(_read, ours))
        try:
            answer = await asyncio.shield(reading)
        finally:
            process.kill()
            await asyncio.shield(asyncio.to_thread(process.join))
            self._process = None
        if answer is None:
            log.error("a copy of this process ended before it had made a plan")
            detail = "the plan could not be made; the daemon's log has more"
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)
        return int.from_bytes(answer[:2], "big"), answer[2:]

    def close(self) -> None:
        """End what is being made."""
        if self._process:
            self._process.kill()

    def _work(self, pipe: Connection, body: bytes, with_lines: bool) -> None:
        _stand_alone(pipe.fileno())
        status, answer = self._answer(body, with_lines)
        pipe.send_bytes(status.to_bytes(2, "big") + answer)

    def _answer(self, body: bytes, with_lines: bool) -> tuple[int, bytes]:
        try:
            asked = PlannedFiles.model_validate_json(body)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "body"
            return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}: {first['msg'].lower()}")
        loaded = self._configuration.read_as([(file.name, file.text) for file in asked.files])
        if loaded.intent is None:
            return _not_valid(loaded.errors)
        known = self._configuration
        plan = plan_of(self._core, known.in_force, known.ledger, loaded.intent, time.time())
        return HTTPStatus.OK, plan_answer(plan, with_lines).model_dump_json().encode()


def _stand_alone(pipe: int) -> None:
    """Share nothing with the process that this one is a copy of, but the pipe; and be in nobody's way."""
    signal.set_wakeup_fd(-1)
    for one in _SIGNALS:
        signal.signal(one, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    logging.disable()
    for number in _open_files():
        if number > 2 and number != pipe:
            with suppress(OSError):
                os.close(number)
    # A sandbox may forbid that; then it is as important as the daemon.
    with suppress(OSError):
        os.nice(NICE)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    # What lives is not looked at, which would copy it.
    gc.freeze()


def _open_files() -> list[int]:
    return [int(name.name) for name in Path("/proc/self/fd").iterdir()]


def _read(pipe: Connection) -> bytes | None:
    with pipe, suppress(EOFError):
        return pipe.recv_bytes()
    return None


def _not_valid(errors: Sequence[Problem]) -> tuple[int, bytes]:
    told: Errors = [
        ParameterError(parameter=f"{one.file}:{one.line}:{one.column}", detail=f"{one.what}; {one.instead}")
        for one in errors
    ]
    detail = "\n".join(["the daemon finds them not valid:", *map(str, errors)])
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, told)


def _problem(status: HTTPStatus, detail: str, errors: Errors | None = None) -> tuple[int, bytes]:
    return status, problem_body(status, detail, errors)
