"""Tables as data: what each one is for, what its flows may match and set, where they may go next.

A pipeline is a tuple of `Table`s. Apps build every flow through `Table.flow`, which refuses what the declaration does
not allow; the same declaration prints the pipeline page of the documentation. This is the one guard against an app
that matches a field nobody set, or jumps to a table that expects something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from controller.dataplane.fields import FIELDS, Field
from controller.dataplane.flow import WHOLE, Action, Actions, Flow, Match, PipelineError, Reason, SetField


def match_of(**criteria: int | tuple[int, int]) -> Match:
    """A match from field names; a pair is (value, mask)."""
    entries = [_entry(name, wanted) for name, wanted in criteria.items()]
    if len(entries) > 1:
        entries.sort(key=_rank)
    return tuple(entries)


@lru_cache(maxsize=4096)
def _entry(name: str, wanted: int | tuple[int, int]) -> tuple[Field, int, int | None]:
    """One field's part of a match. Most are those of the flow before, and need not be in memory once more."""
    value, mask = wanted if isinstance(wanted, tuple) else (wanted, None)
    return FIELDS[name], value, mask


def _rank(entry: tuple[Field, int, int | None]) -> int:
    return entry[0].rank


@dataclass(frozen=True, slots=True)
class Table:
    """One flow table of the pipeline. A packet that no flow of it matches is dropped."""

    id: int
    name: str
    purpose: str
    matches: frozenset[Field]
    sets: frozenset[Field]
    """Fields that actions and the metadata instruction may write here."""
    next: frozenset[str]
    """Names of the tables that may follow."""
    priorities: Mapping[str, int]
    """What kinds of flows there are, highest number first to match."""

    def flow(
        self,
        kind: str,
        match: Match,
        reason: Reason,
        *,
        actions: Iterable[Action] = (),
        goto: Table | None = None,
        metadata: int | None = None,
        metadata_mask: int = WHOLE,
        idle_timeout: int = 0,
    ) -> Flow:
        """A flow of this table, of one of its declared kinds (which gives its priority).

        Raises:
            PipelineError: when it matches, sets or goes to what the table does not declare.
        """
        steps = tuple(actions)
        self._check(kind, match, steps, goto, metadata)
        return Flow(
            table=self.id,
            priority=self.priorities[kind],
            match=match,
            actions=steps,
            goto=goto.id if goto else None,
            metadata=metadata,
            idle_timeout=idle_timeout,
            reason=reason,
            metadata_mask=metadata_mask,
        )

    def _check(self, kind: str, match: Match, actions: Actions, goto: Table | None, metadata: int | None) -> None:
        if kind not in self.priorities:
            raise PipelineError(f"table {self.name} has no flows of kind {kind!r}")
        for matched, _, _ in match:
            if matched not in self.matches:
                raise PipelineError(f"table {self.name} does not match {matched.name}")
        for action in actions:
            if isinstance(action, SetField) and action.field not in self.sets:
                raise PipelineError(f"table {self.name} does not set {action.field.name}")
        if metadata is not None and FIELDS["metadata"] not in self.sets:
            raise PipelineError(f"table {self.name} does not set metadata")
        if goto is not None and goto.name not in self.next:
            raise PipelineError(f"table {self.name} does not go to table {goto.name}")
