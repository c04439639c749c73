"""A plan: what would change if another intent came into force, in words and in flows, groups and meters.

It is made on a core of its own (`controller.rehearsal`). Keys are allocated as they would be; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.core import Core
from controller.dataplane.program_edit import ProgramEdit
from controller.intent.allocation import AllocationProblem, KeyLedger
from controller.intent.edit import difference
from controller.intent.edit_words import ItemEdit, item_edits
from controller.intent.key_register import KeyRegister
from controller.intent.model import Intent
from controller.placing import in_place
from controller.rehearsal import rehearse, settle


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change."""

    items: tuple[ItemEdit, ...]
    programs: Mapping[str, ProgramEdit]
    """By switch, those that become others."""
    unseen: tuple[str, ...]
    """Switches that were never seen, so that nobody knows what they would get."""
    problems: tuple[AllocationProblem, ...]
    """What is to be known about keys."""

    def __bool__(self) -> bool:
        return bool(self.items or self.programs)


def plan_of(core: Core, before: Intent, ledger: KeyLedger, after: Intent, now: float) -> Plan:
    """What would change if `after` came into force instead of `before`, whose networks have the keys in `ledger`.

    The core has to be about `before`, and is about `after` then: it must be nobody else's. What it has begun is brought
    to its end first, so that only what the other intent does is in the plan. `now` is POSIX time in seconds.
    """
    after = in_place(after, core.plugs, core.endpoints, before)
    register = KeyRegister(ledger)
    register.settle(difference(Intent(), before), now)
    keys = dict(register.ledger.held)
    edit = difference(before, after)
    _, problems = register.settle(edit, now)
    new_keys = register.ledger.held
    core.adopt(before, keys)
    settle(core)
    programs = rehearse(core, after, new_keys)
    unseen = sorted(after.fabric.switches.keys() - core.fabric.switches.keys())
    return Plan(tuple(item_edits(edit, keys, new_keys)), programs, tuple(unseen), problems)
