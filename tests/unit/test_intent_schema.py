"""The JSON Schema and docs/configuration.md agree with what the loader takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from controller.intent.loader import load
from controller.intent.problems import Problems
from controller.intent.yaml_reader import read
from controller.northbound.cli import app
from tests.unit.json_schema import accepts

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SCHEMA: dict[str, Any] = json.loads(CliRunner().invoke(app, ["schema"]).stdout)
TOPOLOGIES = sorted((ROOT / "topologies").glob("*.y*ml"))


def values(text: str) -> Any:  # noqa: ANN401
    problems = Problems()
    problems.add_file(Path("text"))
    return read(text, 0, problems)


def keys(schema: dict[str, Any]) -> Iterator[str]:
    for form in (schema, *schema["$defs"].values()):
        yield from form.get("properties", {})


@pytest.mark.parametrize("file", TOPOLOGIES, ids=lambda file: file.name)
def test_topologies_are_valid_and_fit_the_schema(file: Path) -> None:
    loaded = load([file])
    assert (loaded.errors, loaded.warnings) == ((), ())
    assert accepts(SCHEMA, values(file.read_text()))


@pytest.mark.parametrize("block", [block for block in BLOCKS if not block.startswith("# ")])
def test_the_examples_of_the_page_load(block: str, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(block)
    loaded = load([tmp_path / "t.yaml"])
    assert (loaded.errors, loaded.warnings) == ((), ())
    assert accepts(SCHEMA, values(block))


def test_the_page_s_files_load_together(tmp_path: Path) -> None:
    files = [block for block in BLOCKS if block.startswith("# ")]
    for block in files:
        (tmp_path / block.split("\n")[0].removeprefix("# ").replace("/", "-")).write_text(block)
    assert len(files) > 1
    assert load([tmp_path]).errors == ()


@pytest.mark.parametrize("key", sorted(set(keys(SCHEMA))))
def test_the_page_explains_every_key(key: str) -> None:
    assert re.search(rf"^\| `{key}` \||`{key}` \(|`{key}`[:,]", PAGE, re.MULTILINE)


def test_every_key_is_described() -> None:
    for form in (SCHEMA, *SCHEMA["$defs"].values()):
        for key, schema in form.get("properties", {}).items():
            assert schema.get("description", "").endswith("."), key


@pytest.mark.parametrize(
    "text",
    [
        "fabrik: {}",
        "fabric: {switches: {s: {}}}",
        'fabric: {switches: {s: {dpid: "11"}}}',
        "fabric: {switches: {s: {dpid: 0000000000000011}}}",
        "fabric: {overlay: vlan}",
        "fabric: {vlans: [2, x]}",
        "fabric: {underlay_mtu: 100}",
        "fabric: {discovery: {period: 11}}",
        "fabric: {discovery: {period: 1 hour}}",
        "tenants: {a: {networks: {n: {lldp: flood}}}}",
        "tenants: {a: {networks: {n: {segment: vlam}}}}",
        "tenants: {a: {ports: {p: {swich: s}}}}",
        'tenants: {a: {ports: {p: {mac: "01:00:00:00:00:00"}}}}',
        "tenants: {a: {ports: {p: {interface: interface-number-1}}}}",
        'lab: {wires: [["a:b"]]}',
        'fabric: {links: [{between: ["a:b"]}]}',
        'fabric: {links: [{between: ["a:b", "c:d"], cost: 0}]}',
        'fabric: {links: [{between: ["a:b", "c:d"], draining: "yes"}]}',
    ],
)
def test_the_schema_refuses_what_an_editor_can_see(text: str) -> None:
    assert not accepts(SCHEMA, values(text))
