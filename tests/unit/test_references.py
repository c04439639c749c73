"""The pages that are made from the code are what it prints today; and all that it says is on them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.northbound.cli import app
from controller.northbound.commands_page import commands_of, parameters_of
from controller.northbound.references import pages
from tests.unit.api_site import app_of, core_of, events_of

ROOT = Path(__file__).parents[2]
PAGES = pages()
AGAIN = "print it again: python -m controller.northbound.references"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_not_stale(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PAGES[name], AGAIN


def test_the_command_prints_all_pages(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "controller.northbound.references", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == PAGES


def test_the_reference_of_commands_has_what_typer_knows() -> None:
    commands = commands_of(app)
    page = PAGES["commands.md"]
    assert re.findall(r"^## (\S+)$", page, re.MULTILINE) == sorted(commands)
    for name, command in commands.items():
        shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"}).stdout
        known = {one.form.split()[0] for one in parameters_of(command) if one.is_option}
        assert known == set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE)) - {"--help"}
        assert "    tenantry " in page.partition(f"## {name}\n")[2].partition("\n## ")[0], "each has an example"


def test_the_reference_of_the_api_is_that_of_a_server_and_its_links_lead_somewhere() -> None:
    page = PAGES["api-reference.md"]
    for path, methods in app_of(core_of(), events_of()).openapi()["paths"].items():
        assert all(f"### {method.upper()} {path}\n" in page for method in methods)
    forms = {name.lower() for name in re.findall(r"^### (\w+)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", page)) <= forms


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_told_how_to_complete(shell: str) -> None:
    result = CliRunner().invoke(app, [], prog_name="tenantry", env={"_TENANTRY_COMPLETE": f"source_{shell}"})
    assert result.exit_code == 0
    assert "_TENANTRY_COMPLETE" in result.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_and_values() -> None:
    def completed(*words: str) -> set[str]:
        environment = {
            "_TENANTRY_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(("tenantry", *words)),
            "COMP_CWORD": str(len(words)),
        }
        return set(CliRunner().invoke(app, [], prog_name="tenantry", env=environment).stdout.split())

    assert completed("pl") == {"plan"}
    assert completed("drift", "--re") == {"--repair"}
    assert {"switches", "drift", "events"} <= completed("show", "")
    assert completed("top", "ten") == {"tenants"}
