"""Keys that follow intent, edit by edit: what `allocate` gives for the whole, at the cost of what an edit touches.

A network that an edit does not touch would repeat what happened to it before: it is given the key that it holds. That
fails in three cases, which are therefore taken into the run: its key is now asked for by number; it has no key, and may
find one; the fabric differs, and then everything is allocated again. Keys whose quarantine is over become free first.

A settlement takes effect at once. `undo` takes it back when it cannot be stored, and the next one allocates everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controller.intent.allocation import (
    Allocation,
    AllocationProblem,
    KeyLedger,
    Standing,
    is_grounded,
    ports_without_endpoint,
    why_grounded,
)
from controller.intent.edit import IntentEdit
from controller.intent.model import Intent, Port, SegmentKey
from controller.intent.moves import Unsettled


@dataclass(frozen=True, slots=True)
class LedgerEdit:
    """How a ledger differs from the one before; None stands for what is gone."""

    held: Mapping[str, SegmentKey | None] = field(default_factory=dict)
    released: Mapping[SegmentKey, float | None] = field(default_factory=dict)
    unsettled: Unsettled | None = None
    """All that is not settled now; None where that is as before."""

    def __bool__(self) -> bool:
        return bool(self.held or self.released) or self.unsettled is not None


def ledger_edit(before: KeyLedger, after: KeyLedger) -> LedgerEdit:
    """How `after` differs from `before`."""
    held = {name: after.held.get(name) for name in before.held.keys() | after.held.keys()}
    released = {key: after.released.get(key) for key in before.released.keys() | after.released.keys()}
    return LedgerEdit(
        {name: key for name, key in held.items() if before.held.get(name) != key},
        {key: since for key, since in released.items() if before.released.get(key) != since},
        after.unsettled if after.unsettled != before.unsettled else None,
    )


def edited(ledger: KeyLedger, edits: Iterable[LedgerEdit]) -> KeyLedger:
    """The ledger after these edits."""
    held, released, unsettled = dict(ledger.held), dict(ledger.released), ledger.unsettled
    for edit in edits:
        for name, key in edit.held.items():
            if key is None:
                held.pop(name, None)
            else:
                held[name] = key
        for cooling, since in edit.released.items():
            if since is None:
                released.pop(cooling, None)
            else:
                released[cooling] = since
        if edit.unsettled is not None:
            unsettled = edit.unsettled
    return KeyLedger(held, released, unsettled)


class KeyRegister:
    """The ledger in force but for what is not settled, and what makes the next edit of it cheap."""

    def __init__(self, ledger: KeyLedger) -> None:
        ledger = KeyLedger(ledger.held, ledger.released)
        self._ledger = ledger
        self._standing: Standing | None = None
        """What stands for the ledger while it can be edited; None makes the next settlement take everything."""
        self._grounded: dict[str, set[str]] = {}
        """For each network the ids of its ports on switches without endpoint, if any."""
        self._stranded: dict[str, AllocationProblem] = {}
        self._keyless: set[str] = set()
        self._before = ledger
        """The ledger from which `_undo` leads back to the one before the last settlement."""
        self._undo = LedgerEdit()

    @property
    def ledger(self) -> KeyLedger:
        """The ledger in force; to be read before the next settlement, which changes it."""
        return KeyLedger(self._standing.held, self._standing.released) if self._standing else self._ledger

    def settle(self, edit: IntentEdit, now: float) -> tuple[LedgerEdit, tuple[AllocationProblem, ...]]:
        """Give the networks of `edit.after` their keys: how the ledger changed, and problems by network.

        `edit.before` is the intent of the settlement before, if any; `now` is POSIX time in seconds.
        """
        standing = self._standing
        if standing is None or edit.fabric or now < standing.last_release:
            # A clock that was set back makes all quarantines begin now.
            return self._settle_all(edit.after, now)
        return self._settle_some(standing, edit, now)

    def undo(self) -> None:
        """Go back to the ledger before the last settlement."""
        self._ledger = edited(self._before, [self._undo])
        self._standing = None

    def _settle_all(self, intent: Intent, now: float) -> tuple[LedgerEdit, tuple[AllocationProblem, ...]]:
        self._before, self._undo = self.ledger, LedgerEdit()
        self._standing = standing = Standing.empty(intent.fabric, self._before.released, now)
        grounded = ports_without_endpoint(intent)
        run = Allocation(standing, intent.networks.values(), self._before.held, grounded.get)
        run.run(now)
        self._stranded = run.stranded
        self._keyless = intent.networks.keys() - standing.held.keys()
        self._grounded = {}
        for port in intent.ports.values():
            self._ground(intent, port)
        return ledger_edit(self._before, self.ledger), run.problems

    def _settle_some(
        self, standing: Standing, edit: IntentEdit, now: float
    ) -> tuple[LedgerEdit, tuple[AllocationProblem, ...]]:
        for port in edit.old_ports():
            for network in port.networks:
                if its := self._grounded.get(network):
                    its.discard(port.id)
        for port in edit.new_ports():
            self._ground(edit.after, port)
        names = self._concerned(standing, edit)
        networks = [edit.after.networks[name] for name in names if name in edit.after.networks]
        lost = {name: key for name in names if (key := standing.take_back(name)) is not None}
        standing.cooled_before.clear()
        for key in standing.expired(now):
            standing.warm(key)
        run = Allocation(standing, networks, lost, lambda network: self._why(edit.after, network))
        run.run(now)
        for name in names:
            self._stranded.pop(name, None)
        problems = sorted([*run.problems, *self._stranded.values()], key=lambda problem: problem.network)
        self._stranded |= run.stranded
        self._keyless = {network.id for network in networks if network.id not in standing.held}
        return self._noted(standing, names, lost), tuple(problems)

    def _concerned(self, standing: Standing, edit: IntentEdit) -> set[str]:
        """Networks that may get another key than they have, or another problem."""
        names = edit.touched_networks() | self._keyless
        for name in list(names):
            network = edit.after.networks.get(name)
            if network and network.key is not None:
                owner = standing.owner.get(SegmentKey(network.segment, network.key))
                names.update([owner] if owner else [])
        return names

    def _noted(self, standing: Standing, names: set[str], lost: Mapping[str, SegmentKey]) -> LedgerEdit:
        held = [name for name in names if lost.get(name) != standing.held.get(name)]
        released = [key for key, since in standing.cooled_before.items() if since != standing.released.get(key)]
        self._before = self.ledger
        self._undo = LedgerEdit(
            {name: lost.get(name) for name in held}, {key: standing.cooled_before[key] for key in released}
        )
        return LedgerEdit(
            {name: standing.held.get(name) for name in held}, {key: standing.released.get(key) for key in released}
        )

    def _ground(self, intent: Intent, port: Port) -> None:
        if is_grounded(intent.fabric, port):
            for network in port.networks:
                self._grounded.setdefault(network, set()).add(port.id)

    def _why(self, intent: Intent, network: str) -> str | None:
        ports = self._grounded.get(network)
        return why_grounded(intent.ports[min(ports)]) if ports else None
