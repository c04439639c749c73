"""`tenantry drain` and `undrain`: what is said, and with which status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.northbound.cli import app
from tests.unit.api_site import Marks, Site, Switches, core_of, serving


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def site(tmp_path: Path, marks: Marks) -> Iterator[Site]:
    core = core_of()
    while core.settling.is_pending or core.is_dirty:
        core.confirmed(["s1", "s2"])
        core.changes()
    with serving(tmp_path, core=core, writer=marks) as site:
        yield site


def run(site: Site, *arguments: str) -> tuple[int, list[str], str]:
    result = CliRunner().invoke(app, [*arguments, "--state", str(site.socket.parent)])
    return result.exit_code, result.stdout.splitlines(), result.stderr


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Switches, "is_settled", lambda *_: True)


@pytest.mark.usefixtures("settled")
def test_what_no_frame_uses_can_be_unplugged(site: Site, marks: Marks) -> None:
    assert run(site, "drain", "s3") == (0, ["s3 drains", "safe to unplug: no frame uses it any more"], "")
    assert marks.paths == {"draining/switches/s3"}
    assert run(site, "undrain", "s3") == (0, ["s3 is used again"], "")
    assert run(site, "undrain", "s3") == (1, [], "error: it is not marked\n")


@pytest.mark.usefixtures("settled")
def test_a_link_is_named_by_an_interface_at_one_end(site: Site, marks: Marks) -> None:
    status, lines, _ = run(site, "drain", "s2:wire1")
    assert (status, lines) == (
        1,
        [
            "s2:wire1 drains",
            "not safe to unplug: it is still needed",
            "  s1 sends by it to s2",
            "  s1 floods by it",
            "  s2 sends by it to s1",
            "  s2 floods by it",
        ],
    )
    assert marks.paths == {"draining/links/s1:wire1/s2:wire1"}
    assert run(site, "undrain", "s1:wire1")[0] == 0
    unknown = "error: no link is known at s1:wire5; see `tenantry show links`\n"
    assert run(site, "drain", "s1:wire5") == (1, [], unknown)


@pytest.mark.usefixtures("settled")
def test_a_switch_with_guests(site: Site) -> None:
    status, lines, _ = run(site, "drain", "s1")
    assert (status, lines[1:]) == (1, ["not safe to unplug: it is still needed", "  2 ports of tenants are on it"])


def test_it_does_not_wait_for_ever(site: Site) -> None:
    """s2 has not confirmed."""
    status, lines, _ = run(site, "drain", "s3", "--timeout", "0.2")
    assert (status, lines[1:]) == (1, ["not safe to unplug: not all switches have confirmed yet"])


@pytest.mark.usefixtures("settled")
def test_json(site: Site) -> None:
    status, lines, _ = run(site, "drain", "s3", "--json")
    assert (status, json.loads(lines[0])) == (
        0,
        {"kind": "switch", "name": "s3", "by_api": True, "by_files": False, "state": "clear", "uses": []},
    )
    assert run(site, "undrain", "s3", "--json") == (0, ["null"], "")
