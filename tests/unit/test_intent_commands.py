"""The commands `check`, `schema` and `show networks`, as a shell sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.intent.allocation import KeyLedger
from controller.intent.api_part import ApiPart, PartEdit, edited
from controller.intent.key_register import ledger_edit
from controller.intent.model import Segment, SegmentKey
from controller.northbound.cli import app
from controller.state_directory import StateDirectory

VALID = """\
fabric: {switches: {s1: {dpid: "0000000000000001", endpoint: 192.0.2.1}}}
tenants:
  blue:
    networks: {web: {}, db: {segment: vxlan, key: 70000, mtu: 1500}}
    ports:
      p: {network: web, switch: s1, interface: a}
      t: {trunk: {5: web, 6: db}, switch: s1, interface: b}
"""
WARNING = (
    "warning: t.yaml:4:63: mtu 1500 of network blue/db is more than the underlay's 1500 leaves over vxlan and IPv4; "
    "set the guests to 1450, or underlay_mtu to 1550\n"
)
SUM = "Valid: 0 switches, {tenants} tenants, 0 networks, 0 ports.\n"
FRESH = "Keys that a daemon with an empty state directory would give.\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("t.yaml").write_text(VALID)


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_check_of_a_valid_document() -> None:
    assert run("check", "t.yaml") == (0, WARNING + "Valid: 1 switch, 1 tenant, 2 networks, 2 ports, 1 warning.\n", "")


def test_check_of_a_document_with_errors() -> None:
    Path("t.yaml").write_text("tenants: {a: {networks: {n: {mtu: 1}}}, b: []}\n")
    assert run("check", "t.yaml") == (
        1,
        "t.yaml:1:35: mtu of network a/n is 1; use 68 to 65535\n"
        "t.yaml:1:44: tenant b is a list; write a mapping, of keys and values\n"
        "Not valid: 2 errors.\n",
        "",
    )


def test_check_with_what_was_told_over_the_api() -> None:
    with StateDirectory(Path("state")) as state:
        made = PartEdit(1, {"tenants/blue": {}})
        state.api_part.write(edited(ApiPart(), [made]), made)
    found = 't.yaml:3:3: tenant "blue" is given twice, first at /api/v1/tenants/blue; keep one\n'
    assert run("check", "t.yaml", "--state", "state") == (1, f"{found}Not valid: 1 error.\n", "")
    Path("t.yaml").write_text("tenants: {red: {}}\n")
    assert run("check", "t.yaml", "--state", "state") == (0, SUM.format(tenants=2), "")
    assert run("check", "t.yaml") == (0, SUM.format(tenants=1).replace("tenants", "tenant"), "")


def test_check_with_a_state_directory_that_cannot_be_read() -> None:
    Path("state").mkdir()
    Path("state", "api.json").write_text("x")
    found = (
        "error: state/api.json: damaged (not complete); restore it from a backup, or remove it to begin without what"
    )
    assert run("check", "t.yaml", "--state", "state") == (2, "", f"{found} was made over the API\n")


@pytest.mark.parametrize("arguments", [("check",), ("check", "--bogus", "t.yaml"), ("shwo",), ("show", "nothing")])
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    status, output, error = run(*arguments)
    assert (status, output) == (2, "")
    assert "Usage:" in error


@pytest.mark.parametrize("command", [(), ("check",), ("graph",), ("schema",), ("show", "networks")])
def test_help_has_an_example(command: tuple[str, ...]) -> None:
    status, output, _ = run(*command, "--help")
    assert status == 0
    assert f"Example: tenantry {' '.join(command)}" in output


def test_version() -> None:
    status, output, _ = run("--version")
    assert status == 0
    assert output.startswith("tenantry ")


def test_show_networks() -> None:
    status, output, error = run("show", "networks", "t.yaml")
    assert (status, error) == (0, WARNING)
    assert output == (
        "Network   Segment    Key  Ports  Guest MTU\n"
        "blue/db   vxlan    70000      1       1450\n"
        "blue/web  vlan         2      2       1500\n" + FRESH
    )


def test_show_networks_with_the_keys_of_a_state_directory() -> None:
    with StateDirectory(Path("state")) as state:
        ledger = KeyLedger({"blue/web": SegmentKey(Segment.GENEVE, 5000)})
        state.write_ledger(ledger, ledger_edit(KeyLedger(), ledger))
    before = {file: file.read_bytes() for file in Path("state").iterdir()}
    status, output, _ = run("show", "networks", "t.yaml", "--state", "state")
    assert status == 0
    assert "blue/web  geneve    5000      2       1450\nKeys of state.\n" in output
    assert {file: file.read_bytes() for file in Path("state").iterdir()} == before


def test_show_networks_as_json() -> None:
    status, output, _ = run("show", "networks", "--json", "t.yaml")
    assert status == 0
    assert json.loads(output) == [
        {"network": "blue/db", "segment": "vxlan", "key": 70000, "ports": 1, "guest_mtu": 1450},
        {"network": "blue/web", "segment": "vlan", "key": 2, "ports": 2, "guest_mtu": 1500},
    ]


def test_show_networks_without_enough_keys() -> None:
    Path("t.yaml").write_text(
        "fabric: {vlans: 7}\ntenants: {a: {networks: {m: {segment: vlan}, n: {segment: vlan}}}}\n"
    )
    status, output, error = run("show", "networks", "t.yaml")
    assert status == 1
    assert "a/n      none       -      0          -\n" in output
    assert error.startswith("error: no key is left in vlans (7: 1 keys) for network a/n; ")


def test_show_networks_with_a_damaged_state_directory() -> None:
    Path("state").mkdir()
    Path("state/keys.json").write_text("{")
    status, output, error = run("show", "networks", "t.yaml", "--state", "state")
    assert (status, output) == (1, "")
    assert "error: state/keys.json: damaged" in error


def test_show_networks_of_a_document_with_errors() -> None:
    assert run("show", "networks", "missing") == (1, "", "missing:1:1: there is no such file; check its name\n")
