"""The key ledger on disk (`controller.journaled`): `keys.json`, `keys.journal`, and the pair before.

Where neither snapshot is whole the daemon must not guess, for it would give away keys that are in use.
"""

from __future__ import annotations

from pathlib import Path

from controller.intent.allocation import KeyLedger
from controller.intent.key_register import LedgerEdit, edited
from controller.intent.model import Segment, SegmentKey
from controller.intent.moves import Unsettled
from controller.journaled import Form, JournaledFiles, Plain, read_journaled


class LedgerFiles(JournaledFiles[KeyLedger, LedgerEdit]):
    """The ledger in a directory that nobody else writes to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _FORM)


def read_ledger(path: Path) -> tuple[KeyLedger, str | None]:
    """The ledger in a state directory, empty at first, and a warning when the snapshot before had to be taken.

    Nothing is locked or changed. Raises StateError.
    """
    return read_journaled(path, _FORM)


def _ledger_to_plain(ledger: KeyLedger) -> Plain:
    held, released = ledger.held, ledger.released
    return {
        "held": {network: _plain(held[network]) for network in sorted(held)},
        "released": [[*(_plain(key) or ()), released[key]] for key in sorted(released)],
        **_unsettled_to_plain(ledger.unsettled),
    }


def _ledger_from_plain(content: Plain) -> KeyLedger:
    held = {network: _key(segment, key) for network, (segment, key) in content["held"].items()}
    released = {_key(segment, key): float(since) for segment, key, since in content["released"]}
    return KeyLedger(held, released, _unsettled_from_plain(content))


def _edit_to_plain(edit: LedgerEdit) -> Plain:
    content: Plain = {
        "held": {name: _plain(key) for name, key in edit.held.items()},
        "released": [[*(_plain(key) or ()), since] for key, since in edit.released.items()],
    }
    return content if edit.unsettled is None else content | _unsettled_to_plain(edit.unsettled)


def _edit_from_plain(content: Plain) -> LedgerEdit:
    held = {name: _key(*key) if key else None for name, key in content["held"].items()}
    released = {_key(segment, key): since for segment, key, since in content["released"]}
    return LedgerEdit(held, released, _unsettled_from_plain(content) if "moving" in content else None)


def _unsettled_to_plain(unsettled: Unsettled) -> Plain:
    return {
        "moving": {network: [_plain(key) for key in keys] for network, keys in unsettled.moving.items()},
        "vacated": [[*(_plain(key) or ()), network] for key, network in unsettled.vacated.items()],
    }


def _unsettled_from_plain(content: Plain) -> Unsettled:
    # Snapshots of before there were moves have none of them.
    moving = {
        network: (_key(*entered) if entered else None, _key(*second) if second else None)
        for network, (entered, second) in content.get("moving", {}).items()
    }
    return Unsettled(moving, {_key(segment, key): str(name) for segment, key, name in content.get("vacated", [])})


def _plain(key: SegmentKey | None) -> tuple[str, int] | None:
    return (key.segment.value, key.key) if key else None


def _key(segment: str, key: int) -> SegmentKey:
    return SegmentKey(Segment(segment), key)


_FORM = Form(
    name="keys",
    kind="a ledger",
    empty=KeyLedger,
    to_plain=_ledger_to_plain,
    from_plain=_ledger_from_plain,
    edit_to_plain=_edit_to_plain,
    edit_from_plain=_edit_from_plain,
    edited=edited,
    instead="to give all networks without a chosen key new ones",
)
