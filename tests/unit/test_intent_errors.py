"""The exact text and place of every error a document can have.

The cases are in `intent_errors/*.txt`, each as

    == what is wrong [in tenant|ports|lab]
    YAML: the whole document, or what stands at that place of the documents in intent_cases.py
    --
    the errors, one a line, without the file's name
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit import intent_cases

PLACES: dict[str | None, Callable[[str], str]] = {
    None: lambda text: text + "\n",
    "tenant": intent_cases.tenant,
    "ports": intent_cases.ports,
    "lab": intent_cases.lab,
}


def cases() -> Iterator[Any]:
    for file in sorted((Path(__file__).parent / "intent_errors").glob("*.txt")):
        for case in re.split(r"(?:\A|\n\n)== ", file.read_text().rstrip("\n"))[1:]:
            title, rest = case.split("\n", 1)
            name, place = re.fullmatch(r"(.*?)(?: \[in (\w+)\])?", title).groups()  # type: ignore[union-attr]
            text, errors = rest.rsplit("\n--\n", 1)
            yield pytest.param(PLACES[place](text), errors.split("\n"), id=f"{file.stem}: {name}")


@pytest.mark.parametrize(("text", "expected"), list(cases()))
def test_errors_are_exactly(text: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert intent_cases.errors(text) == [f"t.yaml:{line}" for line in expected]
