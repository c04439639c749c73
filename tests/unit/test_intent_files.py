"""Files and directories: what is read, how several are joined, and what can be wrong with a file as a whole."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from controller.intent.loader import load

SWITCH = 'fabric: {switches: {s1: {dpid: "0000000000000001"}}}\n'
BLUE = "tenants:\n  blue:\n    networks: {web: {}}\n    ports: {p: {network: web, switch: s1, interface: a}}\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def errors(*names: str) -> list[str]:
    return [str(error) for error in load([Path(name) for name in names]).errors]


def test_a_directory_gives_its_yaml_files_by_name() -> None:
    Path("d/sub").mkdir(parents=True)
    Path("d/fabric.yml").write_text(SWITCH)
    Path("d/blue.yaml").write_text(BLUE)
    Path("d/.hidden.yaml").write_text("[")
    Path("d/notes.txt").write_text("[")
    Path("d/sub/deeper.yaml").write_text("[")
    loaded = load([Path("d")])
    assert (loaded.errors, loaded.warnings, loaded.lab) == ((), (), None)
    assert loaded.intent is not None
    assert loaded.intent.ports["blue/p"].switch == "s1"


def test_a_file_given_twice_is_read_once() -> None:
    Path("d").mkdir()
    Path("d/a.yaml").write_text(SWITCH)
    assert errors("d", "d/a.yaml", "./d/a.yaml") == []


def test_sections_are_spread_and_named_things_given_once() -> None:
    Path("a.yaml").write_text("fabric:\n  overlay: gre\n" + SWITCH.replace("fabric: {", "  ").replace("}}}", "}}"))
    Path("b.yaml").write_text(SWITCH + BLUE)
    Path("c.yaml").write_text("fabric: {overlay: gre}\n" + BLUE)
    assert errors("a.yaml", "b.yaml", "c.yaml") == [
        'b.yaml:1:21: switch "s1" is given twice, first at a.yaml:3:14; keep one',
        'c.yaml:1:10: setting "overlay" is given twice, first at a.yaml:2:3; keep one',
        'c.yaml:3:3: tenant "blue" is given twice, first at b.yaml:3:3; keep one',
    ]


def test_errors_of_several_files_come_at_once_and_in_order() -> None:
    Path("z.yaml").write_text("tenants: {red: {networks: {web: {mtu: 1}}}}\n")
    Path("a.yaml").write_text("tenants: {blue: {networks: {web: {mtu: 1}}}}\n")
    assert [error.split(":")[0] for error in errors("z.yaml", "missing.yaml", "a.yaml")] == [
        "a.yaml",
        "missing.yaml",
        "z.yaml",
    ]


def test_a_file_that_cannot_be_read_causes_no_errors_in_others() -> None:
    Path("fabric.yaml").write_text("fabric: {switches: {s1: {dpid: ")
    Path("blue.yaml").write_text(BLUE + "    nets: {}\n")
    names = [error.split(";")[0] for error in errors("fabric.yaml", "blue.yaml")]
    assert names[0] == 'blue.yaml:5:5: unknown key "nets" in tenant blue'
    assert len(names) == 2
    assert names[1].startswith("fabric.yaml:2:1: not valid YAML")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x7fELF\0\0", "f.yaml:1:1: the file is binary (it holds NUL bytes); give a text file in YAML"),
        (b"tenants: {}\n# caf\xe9\n", "f.yaml:2:6: the byte 0xe9 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_content_that_is_not_text(content: bytes, expected: str) -> None:
    Path("f.yaml").write_bytes(content)
    assert errors("f.yaml") == [expected]


def test_files_that_cannot_be_read() -> None:
    Path("empty").mkdir()
    os.mkfifo("pipe")
    with Path("huge.yaml").open("wb") as stream:
        stream.truncate(100 * 2**20)
    assert errors("empty", "pipe", "huge.yaml", "missing.yaml", "/dev/zero") == [
        "/dev/zero:1:1: not a regular file; give a file or a directory of files",
        "empty:1:1: the directory has no *.yaml or *.yml file; name a file or another directory",
        "huge.yaml:1:1: the file has 100 MiB, and 32 MiB is the most that is read; split it into several files",
        "missing.yaml:1:1: there is no such file; check its name",
        "pipe:1:1: not a regular file; give a file or a directory of files",
    ]


def test_a_file_without_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("f.yaml").write_text(BLUE)

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert errors("f.yaml") == ["f.yaml:1:1: cannot be read (permission denied); make it readable"]


@pytest.mark.parametrize("content", ["", "\n\n", "# only a remark\n", "---\n", "null\n"])
def test_an_empty_file_is_nothing_and_a_warning(content: str) -> None:
    Path("f.yaml").write_text(content)
    loaded = load([Path("f.yaml")])
    assert not loaded.errors
    assert [(warning.what, warning.instead) for warning in loaded.warnings] == [
        ("the file is empty", "remove it if that is meant")
    ]


def test_aliases_that_explode_are_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 12)]
    Path("f.yaml").write_text("\n".join(lines) + "\n")
    before = time.monotonic()
    assert [error.split("; ")[1] for error in errors("f.yaml")] == ["split the file"]
    assert time.monotonic() - before < 5


def test_a_large_file_of_something_else_is_one_error() -> None:
    Path("f.yaml").write_text("".join(f"k{number}: 1\n" for number in range(200_001)))
    assert errors("f.yaml") == [
        "f.yaml:1:1: 200,001 keys and values have the wrong form; check that these files are meant for tenantry"
    ]


def test_aliases_that_do_not_explode_are_written_out() -> None:
    Path("f.yaml").write_text(
        SWITCH + "tenants: {blue: {networks: {a: &n {segment: gre, mtu: 1400}, b: *n}}, red: {networks: {c: *n}}}\n"
    )
    loaded = load([Path("f.yaml")])
    assert loaded.intent is not None
    assert {network.mtu for network in loaded.intent.networks.values()} == {1400}
