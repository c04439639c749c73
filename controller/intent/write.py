"""A write over the API as a value: what is asked for, under which conditions, and what becomes of it.

Conditions are those of HTTP (RFC 9110, 13.1), by which two writers cannot lose each other's change: who replaces or
deletes something says which version of it was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from controller.intent.api_part import Content


class Result(StrEnum):
    """What a write does to what it names."""

    CREATED = "created"
    REPLACED = "replaced"
    DELETED = "deleted"
    UNCHANGED = "unchanged"


class Refusal(StrEnum):
    """Why a write is refused."""

    NOT_FOUND = "what it names, or is to be in, is not there"
    CONFLICT = "the owner is another, or something else needs it"
    STALE = "it is not the version that was seen"
    UNCONDITIONAL = "it does not say which version was seen"
    INVALID = "the content is wrong"
    FULL = "there are too many resources"
    UNSTORED = "it cannot be stored"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that is wrong with the content."""

    pointer: str
    """Where: a JSON pointer (RFC 6901); empty where it is about the whole."""
    detail: str


class Refused(Exception):
    """A write was refused; nothing changed."""

    def __init__(self, why: Refusal, detail: str, mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__(detail)
        self.why = why
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a write is to be done."""

    versions: frozenset[int] | None = None
    """It is one of these versions; None when that was not said."""
    if_there: bool = False
    """It is there, whatever its version."""
    if_new: bool = False
    """It is not there."""

    def check(self, version: int | None) -> None:
        """Raise Refused unless a resource of this version (None: not there) may be written."""
        if self.if_new and version is not None:
            raise Refused(Refusal.STALE, "it is there already, and was not to be")
        asks = self.if_there or self.versions is not None
        if version is None:
            if asks:
                raise Refused(Refusal.STALE, "it is not there, or not any more")
        elif not asks:
            raise Refused(Refusal.UNCONDITIONAL, "it is there: say which version is meant, If-Match: its ETag")
        elif not self.if_there and version not in (self.versions or ()):
            raise Refused(Refusal.STALE, "it was changed meanwhile: read it again")


@dataclass(frozen=True, slots=True)
class Write:
    """What somebody asks for."""

    path: str
    """Of the resource, below `/api/v1/`."""
    content: Content | None
    """None to delete it."""
    conditions: Conditions = Conditions()
    is_trial: bool = False
    """Whether to say only what would become of it."""
    by: str = ""
    """Who asks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became, or would become, of an accepted write."""

    result: Result
    changes: tuple[tuple[str, Result], ...]
    """All resources that are others than before, by path."""
    warnings: tuple[str, ...] = ()
