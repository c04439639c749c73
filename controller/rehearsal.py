"""What an edit would do to switches, found by doing it: on a core that nobody else uses, with no switch to tell.

The core takes the edit as it would from a reload. Where it waits for switches before it takes the next step
(`controller.fabric.settling`), they are taken to have confirmed at once, so what comes out is where everything ends.
Switches that were seen and have no session now count as there: that is what they will be told. Networks that move to
another key are taken to have arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.core import Core
from controller.dataplane.program import Share, assemble
from controller.dataplane.program_edit import ProgramEdit, program_edit
from controller.intent.model import Intent, SegmentKey


def rehearse(core: Core, intent: Intent, keys: Mapping[str, SegmentKey]) -> dict[str, ProgramEdit]:
    """Have a settled core take another intent with these keys: the switches whose programs become others, and how."""
    before = {name: core.compiler.shares(name) for name in core.fabric.switches}
    core.adopt(intent, keys)
    settle(core)
    # One that is taken out keeps its flows, as nobody speaks to it any more.
    names = sorted(core.fabric.switches)
    edits = ((name, _edit(before.get(name, []), core.compiler.shares(name))) for name in names)
    return {name: edit for name, edit in edits if edit}


def settle(core: Core) -> None:
    """Take all steps there are, with all switches that were seen connected."""
    switches = {name: replace(view, connected=True) for name, view in core.fabric.switches.items()}
    core.situation = replace(core.situation, fabric=replace(core.fabric, switches=switches))
    core.waiting = ()
    has_moved = True
    while has_moved or core.is_dirty:
        while core.is_dirty:
            core.changes()
        has_moved = core.confirmed(core.connected_switches())


def _edit(before: list[Share], after: list[Share]) -> ProgramEdit:
    # Those that were not compiled again are the same values.
    if set(map(id, before)) == set(map(id, after)):
        return ProgramEdit()
    return program_edit(assemble(before), assemble(after))
