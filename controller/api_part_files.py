"""What was changed over the API, on disk (`controller.journaled`): `api.json`, `api.journal`, and the pair before."""

from __future__ import annotations

from pathlib import Path

from controller.intent.api_part import ApiPart, Entry, PartEdit, edited
from controller.journaled import Form, JournaledFiles, Plain, read_journaled


class ApiPartFiles(JournaledFiles[ApiPart, PartEdit]):
    """The part in a directory that nobody else writes to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _FORM)


def read_api_part(path: Path) -> tuple[ApiPart, str | None]:
    """The part in a state directory, empty at first, and a warning when the snapshot before had to be taken.

    Nothing is locked or changed. Raises StateError.
    """
    return read_journaled(path, _FORM)


def _to_plain(part: ApiPart) -> Plain:
    return {"resources": {path: [entry.number, entry.content] for path, entry in part.entries.items()}}


def _from_plain(content: Plain) -> ApiPart:
    return ApiPart({path: Entry(dict(plain), int(number)) for path, (number, plain) in content["resources"].items()})


def _edit_to_plain(edit: PartEdit) -> Plain:
    return {"resources": dict(edit.resources)}


def _edit_from_plain(content: Plain) -> PartEdit:
    return PartEdit(content["number"], content["resources"])


_FORM = Form(
    name="api",
    kind="what the API keeps",
    empty=ApiPart,
    to_plain=_to_plain,
    from_plain=_from_plain,
    edit_to_plain=_edit_to_plain,
    edit_from_plain=_edit_from_plain,
    edited=edited,
    instead="to begin without what was made over the API",
)
