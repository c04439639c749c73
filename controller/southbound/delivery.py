"""How a batch gets to a switch: in bundles where the switch has them, so that no packet sees half a change.

No I/O. A delivery is a series of *turns*, each of them written and then awaited: the reply to the barrier at its end
says that all errors are in, and `next_turn` decides on them what comes next.

    in bundles     meters set | open, groups set, flows added, what is gone deleted | commit | meters deleted
    without        meters and groups set, flows added, deletions, with a barrier before each of them

What a switch refuses while a bundle is filled would not keep it from being committed, but flows that need it would
fail then. So the bundle is discarded and the batch *given up*: what was carried out of it counts, and the rest is left
to a new batch, made by those who know now what the switch does not take. What it refuses to commit it undoes as a whole
and names at most one culprit. That gives the batch up, too, but no more than `PATIENCE` times in a row, as there may be
thousands: then the messages are sent without a bundle, in which each is refused for itself. The same is done when the
switch names nothing of ours, and when a bundle was lost too often on the way: a switch forgets one that lies idle (Open
vSwitch for 10 s), and makes a new one of what comes later, which must never be committed.

Meters cannot be in a bundle. A large batch takes several, in order, as a switch does nothing else while it commits.
Then only each is atomic; but all entries are exchanged in one of them, however many they are, after what they lead to
was added and before anything of what the old ones led to is deleted (`Batch.switch_over`). A single message needs none.
Whether the switch has bundles is tried before the first, and not taken back for the session (`Support`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import chain

from controller.southbound import bundle_messages as bundle
from controller.southbound import error_names
from controller.southbound import messages as wire
from controller.southbound.batch import Batch
from controller.southbound.events import Refused
from controller.southbound.items import Item

MESSAGES_PER_WRITE = 128
MESSAGES_PER_BUNDLE = 20_000
ATTEMPTS = 3
"""How often a bundle that was forgotten is filled before its messages go without one."""
PATIENCE = 3
"""How many commits in a row may fail before the messages go without a bundle."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be written now, and how many messages of each kind begin with it."""

    chunks: Iterator[bytes]
    counts: Mapping[str, int]


@dataclass(slots=True)
class Support:
    """What a switch was found to be able to do."""

    has_bundles: bool | None = None
    """None while that is not known."""
    failed_commits: int = 0
    """Refused since the last one that was not."""


class _Stage(Enum):
    ASK = auto()
    PLAIN = auto()
    FILL = auto()
    COMMIT = auto()


class _Trouble(Enum):
    """What is wrong with a bundle."""

    AGAIN = auto()
    """It was forgotten."""
    REFUSED = auto()
    """Something in it was refused, and the switch says what."""
    CULPRIT = auto()
    """Something in it cannot be committed, or the switch does not say what."""
    UNSUPPORTED = auto()
    """It is nothing that the switch can do."""


@dataclass(slots=True)
class Delivery:
    """One batch on its way."""

    batch: Batch
    wanted: Callable[[Item], bool]
    support: Support
    next_xid: int = field(init=False)
    """The first xid that is not in use."""
    awaited: int = 0
    """The xid of the barrier at the end of this turn."""
    carried: int = 0
    """Messages of a lower number were carried out or refused; all of them in the end, unless `is_given_up`."""
    is_given_up: bool = False
    _turns: Iterator[Turn] = field(init=False)
    _stage: _Stage = _Stage.PLAIN
    _trouble: _Trouble | None = None
    _control: int = 0
    """xid of the request about a bundle in this turn."""
    _bundle: int = 0
    _is_answered: bool = False
    _leftover: int | None = None
    """A bundle that is to be discarded."""

    def __post_init__(self) -> None:
        self.next_xid = self.batch.first_xid + self.batch.size
        self._turns = self._all_turns()

    def next_turn(self) -> Turn | None:
        """What is to be written now; None when the batch is through."""
        return next(self._turns, None)

    def answered(self, xid: int) -> None:
        """The switch did with a bundle what the message `xid` asks."""
        self._is_answered |= xid == self._control

    def refused(self, error: Refused) -> int | None:
        """The switch answered by an error; returns the number of the message if that is refused for good."""
        number = error.xid - self.batch.first_xid
        is_ours = 0 <= number < self.batch.size and number not in self.batch.refused
        if self._stage is _Stage.PLAIN:
            return number if is_ours else None
        if is_ours or error.xid == self._control:
            trouble = self._trouble_of(error, is_ours)
            if self._trouble in (None, _Trouble.AGAIN):
                self._trouble = trouble
            if trouble is _Trouble.REFUSED:
                return number
        return None

    def _trouble_of(self, error: Refused, is_ours: bool) -> _Trouble:
        said = error.type, error.code
        if said == error_names.BUNDLE_TIMEOUT:
            return _Trouble.AGAIN
        if self._stage is _Stage.COMMIT:
            if said == error_names.BUNDLE_BAD_ID:
                return _Trouble.AGAIN
            may_give_up = self.batch.retries is not None or self.support.failed_commits < PATIENCE
            return _Trouble.REFUSED if is_ours and may_give_up else _Trouble.CULPRIT
        if error.xid == self._control or error.type == error_names.EXPERIMENTER:
            return _Trouble.UNSUPPORTED
        return _Trouble.CULPRIT if error.type in error_names.ABOUT_BUNDLES else _Trouble.REFUSED

    @property
    def _is_done(self) -> bool:
        """Whether the switch did with the bundle what this turn asked, without a complaint."""
        return self._trouble is None and self._is_answered

    def _all_turns(self) -> Iterator[Turn]:
        bundled = self.batch.without_meters
        if len(bundled) > 1 and self.support.has_bundles is None:
            yield self._ask()
            self.support.has_bundles = self._is_done
        if len(bundled) <= 1 or not self.support.has_bundles:
            yield self._plain(range(self.batch.size))
            self.carried = self.batch.size
            return
        if bundled.start > 0:
            yield self._plain(range(bundled.start))
            self.carried = bundled.start
        for numbers in _portions(bundled, self.batch.switch_over):
            yield from self._in_bundle(numbers)
            if self.is_given_up:
                if self._leftover is not None:
                    yield self._plain(range(0))
                return
            self.carried = numbers.stop
        if bundled.stop < self.batch.size:
            yield self._plain(range(bundled.stop, self.batch.size))
            self.carried = self.batch.size

    def _in_bundle(self, numbers: range) -> Iterator[Turn]:
        for _ in range(ATTEMPTS if self.support.has_bundles else 0):
            yield self._fill(numbers)
            if self._is_done:
                yield self._commit()
                if self._is_done:
                    self.support.failed_commits = 0
                    return
                self.support.failed_commits += self._trouble is _Trouble.REFUSED
            else:
                self._leftover = self._bundle
            if self._trouble is _Trouble.REFUSED:
                self.is_given_up = True
                return
            if self._trouble in (None, _Trouble.UNSUPPORTED):
                self.support.has_bundles = False
            if self._trouble is not _Trouble.AGAIN:
                break
        yield self._plain(numbers)

    def _ask(self) -> Turn:
        turn = self._turn(_Stage.ASK, [self._open()], {})
        self._leftover = self._bundle
        return turn

    def _fill(self, numbers: range) -> Turn:
        opening = self._open()
        messages = (bundle.add(self._bundle, message) for message in self.batch.messages(numbers, self.wanted))
        return self._turn(_Stage.FILL, chain([opening], messages), {"bundles": 1})

    def _commit(self) -> Turn:
        self._control = self._take_xid()
        return self._turn(_Stage.COMMIT, [bundle.control(bundle.COMMIT, self._bundle, self._control)], {})

    def _plain(self, numbers: range) -> Turn:
        return self._turn(_Stage.PLAIN, self._with_barriers(numbers), {})

    def _open(self) -> bytes:
        self._bundle = self._control = self._take_xid()
        return bundle.control(bundle.OPEN, self._bundle, self._control)

    def _turn(self, stage: _Stage, messages: Iterable[bytes], counts: Mapping[str, int]) -> Turn:
        self._stage, self._trouble, self._is_answered = stage, None, False
        if self._leftover is not None:
            # Whatever the switch says to that does not matter.
            messages = chain([bundle.control(bundle.DISCARD, self._leftover, self._take_xid())], messages)
            self._leftover = None
        self.awaited = self._take_xid()
        return Turn(_chunks(chain(messages, [wire.message(wire.BARRIER_REQUEST, self.awaited)])), counts)

    def _with_barriers(self, numbers: range) -> Iterator[bytes]:
        is_first = True
        for section in self.batch.sections:
            part = range(max(section.start, numbers.start), min(section.stop, numbers.stop))
            if part and not is_first:
                yield wire.message(wire.BARRIER_REQUEST, self._take_xid())
            is_first = is_first and not part
            yield from self.batch.messages(part, self.wanted)

    def _take_xid(self) -> int:
        self.next_xid += 1
        return self.next_xid - 1


def _portions(numbers: range, whole: range) -> Iterator[range]:
    """The numbers in order, as many at a time as a bundle takes; those of `whole` all at once."""
    start = numbers.start
    while start < numbers.stop:
        stop = min(start + MESSAGES_PER_BUNDLE, numbers.stop)
        if whole.start <= start < whole.stop:
            stop = max(stop, whole.stop)
        elif start < whole.start < stop < whole.stop:
            stop = whole.start
        yield range(start, stop)
        start = stop


def _chunks(messages: Iterable[bytes]) -> Iterator[bytes]:
    pending: list[bytes] = []
    for message in messages:
        pending.append(message)
        if len(pending) == MESSAGES_PER_WRITE:
            yield b"".join(pending)
            pending.clear()
    if pending:
        yield b"".join(pending)
