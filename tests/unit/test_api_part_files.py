"""What the API keeps outlives a crash at any byte: each write that was stored is there, and no half of one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller import journaled
from controller.api_part_files import ApiPartFiles, read_api_part
from controller.intent.api_part import ApiPart, Content, Entry, PartEdit, edited
from controller.state_file import StateError
from tests.unit.write_site import PORT, write_site

paths = st.sampled_from(("tenants/a", "networks/a/b", "ports/a/b", "draining/switches/s"))
contents: st.SearchStrategy[Content | None] = st.one_of(
    st.none(), st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)
)
histories = st.lists(st.dictionaries(paths, contents, min_size=1), min_size=1, max_size=5)


def versions(history: list[dict[str, Content | None]]) -> list[dict[str, Entry]]:
    """What is there after each edit, and before the first."""
    edits = [PartEdit(number, resources) for number, resources in enumerate(history, 1)]
    return [edited(ApiPart(), edits[:count]).entries for count in range(len(edits) + 1)]


@settings(max_examples=20)
@given(histories)
def test_a_journal_truncated_at_any_length_has_the_edits_that_were_whole(
    tmp_path_factory: pytest.TempPathFactory, history: list[dict[str, Content | None]]
) -> None:
    path, ends = tmp_path_factory.mktemp("part"), [0]
    files = ApiPartFiles(path)
    assert files.read()[0].entries == {}
    for number, resources in enumerate(history, 1):
        files.append(PartEdit(number, resources))
        ends.append((path / "api.journal").stat().st_size)
    whole, expected = (path / "api.journal").read_bytes(), versions(history)
    assert ends[-1] == len(whole)
    for length in range(len(whole) + 1):
        (path / "api.journal").write_bytes(whole[:length])
        count = sum(end <= length for end in ends) - 1
        part, warning = read_api_part(path)
        assert (part.entries, warning) == (expected[count], None)
    successor = ApiPartFiles(path)
    successor.read()
    successor.append(PartEdit(successor.number + 1, {"tenants/z": {}}))
    assert read_api_part(path)[0].entries == {**expected[-1], "tenants/z": Entry({}, len(history) + 1)}


def test_it_is_folded_and_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journaled, "SHORT", 2000)
    with write_site(tmp_path) as site:

        async def many() -> None:
            async with site.client() as client:
                await client.put("/tenants/blue", json={})
                await client.put("/networks/blue/web", json={})
                for number in range(100):
                    body = {**PORT, "description": f"write {number}"}
                    await client.put("/ports/blue/a", json=body, headers={"If-Match": "*"} if number else {})

        asyncio.run(many())
        part = site.configuration.part.entries
        assert sum(file.stat().st_size for file in site.state.glob("api.*")) < 2 * 2000 + 2000
    assert read_api_part(tmp_path / "state")[0].entries == part
    assert part["ports/blue/a"] == Entry({**PORT, "description": "write 99"}, 102)
    (tmp_path / "state" / "api.json").write_bytes(b"{")
    found, warning = read_api_part(tmp_path / "state")
    assert found.entries == part
    assert warning is not None
    assert warning.endswith("api.json.bak, and its journal")


def test_an_edit_that_is_taken_back_is_not_there(tmp_path: Path) -> None:
    files = ApiPartFiles(tmp_path)
    files.read()
    files.append(PartEdit(1, {"tenants/a": {}}))
    files.append(PartEdit(2, {"tenants/b": {"long": 100 * "x"}}))
    files.take_back()
    assert read_api_part(tmp_path)[0].entries == {"tenants/a": Entry({}, 1)}
    files.append(PartEdit(2, {"tenants/c": {}}))
    assert read_api_part(tmp_path)[0].tenants() == {"a", "c"}


def test_without_a_whole_snapshot_it_does_not_guess(tmp_path: Path) -> None:
    contents: tuple[Any, ...] = (b"{", b'{"version": 1}')
    for content in contents:
        (tmp_path / "api.json").write_bytes(content)
        with pytest.raises(StateError, match="remove it to begin without what was made over the API"):
            read_api_part(tmp_path)
