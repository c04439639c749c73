"""A load that takes trees of the load before finds what one without them finds, and parses only what changed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.intent import kept_trees, yaml_reader
from controller.intent.kept_trees import KeptTrees
from controller.intent.loader import load
from controller.intent.problems import Problems
from controller.intent.tree import Map

SWITCH = 'fabric: {switches: {s1: {dpid: "0000000000000001"}}}\n'
TEXTS = (
    SWITCH,
    "\n" + SWITCH,
    "tenants: {red: {networks: {a: {}}}}\n",
    "tenants: {blue: {networks: {a: {}}, ports: {p: {network: a, switch: s1, interface: tap1}}}}\n",
    "tenants:\n  blue: {networks: {a: {}}, ports: {p: {network: b, switch: s2, interface: tap1}}}\n",
    "tenants: {blue: {networks: {a: {}, a: {}}}}\n",
    "tenants: {blue: {networks: {a: {segment: vlan, key: 7}, b: {segment: vlan, key: 7}}}}\n",
    "tenants: [\n",
    "",
)
EDITS = st.dictionaries(st.sampled_from(("a.yaml", "b.yaml", "c.yaml")), st.none() | st.sampled_from(TEXTS), min_size=1)


@given(st.lists(EDITS, min_size=2, max_size=8))
def test_whatever_is_edited_the_same_is_found(history: list[dict[str, str | None]]) -> None:
    kept = KeptTrees()
    with tempfile.TemporaryDirectory() as name:
        for edit in history:
            for file, text in edit.items():
                if text is None:
                    Path(name, file).unlink(missing_ok=True)
                else:
                    Path(name, file).write_text(text)
            assert load([Path(name)], kept) == load([Path(name)])


def test_only_what_changed_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def read(text: str, file: int, problems: Problems) -> Map | None:
        parsed.append(text)
        return yaml_reader.read(text, file, problems)

    monkeypatch.setattr(kept_trees, "read", read)
    kept = KeptTrees()
    (tmp_path / "a.yaml").write_text(TEXTS[0])
    (tmp_path / "b.yaml").write_text(TEXTS[2])
    for _ in range(2):
        assert load([tmp_path], kept).intent
    (tmp_path / "b.yaml").write_text(TEXTS[3])
    assert load([tmp_path], kept).intent
    (tmp_path / "0.yaml").write_text("")
    assert load([tmp_path], kept).warnings
    # An empty file is warned of each time, and one more file in front gives the others another number.
    assert parsed == [TEXTS[0], TEXTS[2], TEXTS[3], "", TEXTS[0], TEXTS[3]]
