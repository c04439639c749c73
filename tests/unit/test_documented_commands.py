"""What documentation shows works as shown: commands end as they should, and each synopsis has options that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.api import sampling
from controller.northbound.cli import app
from controller.northbound.commands_page import parameters_of
from controller.state_directory import StateDirectory
from tests.documented import NOT_RUN, documented, is_synopsis
from tests.unit.api_site import serving
from tests.unit.planned_site import BEFORE, started

OURS = [command for command in documented() if command.startswith("tenantry ") and command not in NOT_RUN]
ENDS = {
    "tenantry drift": 1,
    "tenantry plan /etc/tenantry.new": 3,
    "tenantry plan new/ --without-daemon --before /etc/tenantry --state /var/lib/tenantry --flows": 3,
}
"""Exit status, where the example has something to say by it."""
WITHOUT_STATE = ("check", "schema")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with all files that are named, and a daemon's state in `state`."""
    place = tmp_path_factory.mktemp("documented")
    patch = pytest.MonkeyPatch()
    patch.setattr(sampling, "FRESH", 0.01)
    patch.chdir(place)
    for name in ("etc", "etc.new", "new", "tenants"):
        (place / name).mkdir()
    changed = BEFORE.replace("tap1, mac", "tap3, mac")
    for file, text in (("etc/a", BEFORE), ("etc.new/a", changed), ("new/a", changed), ("fabric", BEFORE)):
        (place / f"{file}.yaml").write_text(text)
    (place / "tenants" / "red.yaml").write_text("tenants: {red: {networks: {web: {segment: vlan}}}}\n")
    with StateDirectory(place / "state") as state:
        core, configuration = started(place / "etc" / "a.yaml", state)
        state.write_memory(core.memory())
        with serving(place / "state", core=core, configuration=configuration):
            yield place
    patch.undo()


def test_each_command_is_run_or_it_is_said_why_not() -> None:
    others = [command for command in documented() if not command.startswith(("tenantry ", "ovs-vsctl "))]
    assert [command for command in others if command not in NOT_RUN] == []
    assert [command for command in NOT_RUN if command not in documented()] == [], "they are not in the documentation"


@pytest.mark.parametrize("command", [command for command in OURS if not is_synopsis(command)])
def test_a_command_ends_as_it_should(place: Path, command: str) -> None:
    line = command.replace("/etc/tenantry", f"{place}/etc").replace("/var/lib/tenantry", f"{place}/state")
    arguments = shlex.split(line.partition(" > ")[0])[1:]
    if "--state" not in arguments and arguments[0] not in WITHOUT_STATE:
        arguments += ["--state", f"{place}/state"]
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stderr) == (ENDS.get(command, 0), "")
    assert result.stdout


@pytest.mark.parametrize("command", [command for command in documented() if is_synopsis(command)])
def test_a_synopsis_has_options_that_exist(command: str) -> None:
    commands = {callback.__name__: callback for info in app.registered_commands if (callback := info.callback)}
    known = {one.form.split()[0] for one in parameters_of(commands[command.split()[1]])}
    assert set(re.findall(r"--[a-z-]+", command)) <= known


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_what_every_program_has(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 0
