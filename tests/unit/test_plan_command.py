"""`tenantry plan`: exact output at 80 columns, asked of a server and computed here; and what is refused."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller import planning
from controller.api.guard import MOST_FILES
from controller.northbound.cli import app
from controller.state_directory import StateDirectory
from tests.unit.api_site import Site, serving
from tests.unit.planned_site import BEFORE, started
from tests.unit.write_site import FILE, write_site

GOLDEN = Path(__file__).parent / "shown"
AFTER = """\
fabric:
  underlay_mtu: 9000
  switches:
    s1: {dpid: "0000000000000001", endpoint: 198.51.100.1, draining: true}
    s2: {dpid: "0000000000000002", endpoint: "2001:db8::2"}
    s3: {dpid: "0000000000000003"}
  links: [{between: ["s1:w", "s2:w"], cost: 7}]
tenants:
  blue:
    networks: {web: {segment: vxlan, description: web servers}, log: {segment: vlan, key: 300}}
    ports:
      a: {network: web, switch: s1, interface: tap3}
      t: {trunk: {6: log}, switch: s1, interface: tap1}
  red: {networks: {n: {segment: vlan}}}
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory as a daemon leaves it that has `before.yaml` in force, and saw s1 === s2."""
    (tmp_path / "before.yaml").write_text(BEFORE)
    (tmp_path / "after.yaml").write_text(AFTER)
    with StateDirectory(tmp_path / "state") as directory:
        directory.write_memory(started(tmp_path / "before.yaml", directory)[0].memory())
    return tmp_path / "state"


@pytest.fixture
def site(state: Path) -> Iterator[Site]:
    with StateDirectory(state) as directory:
        core, configuration = started(state.parent / "before.yaml", directory)
        with serving(state, core=core, configuration=configuration) as site:
            yield site


@pytest.fixture(autouse=True)
def _eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def run(state: Path, *arguments: str, before: str = "") -> tuple[int, str, str]:
    options = ["--without-daemon", "--before", str(state.parent / before)] if before else []
    result = CliRunner().invoke(app, ["plan", *arguments, *options, "--state", str(state)])
    return result.exit_code, result.stdout, result.stderr


def test_what_would_change_in_words_and_numbers(site: Site, state: Path) -> None:
    keys = {file.name: file.read_bytes() for file in state.glob("keys.*")}
    status, output, error = run(state, str(state.parent / "after.yaml"))
    assert (status, error) == (3, "")
    assert output == (GOLDEN / "plan.txt").read_text()
    assert max(map(len, output.splitlines())) <= 80
    assert {file.name: file.read_bytes() for file in state.glob("keys.*")} == keys, "nothing was given out"
    assert run(state, str(state.parent / "after.yaml"))[1] == output, "and nothing taken into force"


def test_nothing_would_change(site: Site, state: Path) -> None:
    unseen = "Not counted, as no daemon has seen it yet: s3.\n"
    assert run(state, str(state.parent / "before.yaml")) == (0, f"{unseen}Nothing would change.\n", "")


def test_without_a_daemon_it_is_the_same(state: Path) -> None:
    after = str(state.parent / "after.yaml")
    assert run(state, after, before="before.yaml") == (3, (GOLDEN / "plan.txt").read_text(), "")
    status, output, _ = run(state, str(state.parent / "before.yaml"), "--without-daemon")
    assert status == 3
    assert "  + blue/a: on blue/web, at s1:tap1\n" in output, "with nothing in force before"


def test_flows_themselves(site: Site, state: Path) -> None:
    """A port's description is in no flow, its MAC is."""
    file = state.parent / "edited.yaml"
    file.write_text(BEFORE.replace("02:00:00:00:00:01", "02:00:00:00:00:02"))
    status, output, _ = run(state, str(file), "--flows")
    assert status == 3
    assert output == (GOLDEN / "plan_flows.txt").read_text()
    file.write_text(BEFORE.replace("tap1, mac", "tap1, description: x, mac"))
    _, output, _ = run(state, str(file), "--flows")
    assert output.startswith('Ports\n  ~ blue/a: description: "" to "x"\n\nNot counted')
    assert output.endswith("\nWould change: 1 item, and no flows.\n")


def test_json(site: Site, state: Path) -> None:
    file = state.parent / "edited.yaml"
    file.write_text(BEFORE.replace("02:00:00:00:00:01", "02:00:00:00:00:02"))
    status, output, _ = run(state, str(file), "--flows", "--json")
    plan = json.loads(output)
    assert (status, plan["changes"], plan["not_seen"], plan["lines_left_out"]) == (3, True, ["s3"], 0)
    (item,) = plan["items"]
    assert item == {
        "kind": "port",
        "name": "blue/a",
        "change": "changed",
        "details": ["MAC: 02:00:00:00:00:01 to 02:00:00:00:00:02"],
    }
    assert {(line["switch"], line["change"]) for line in plan["lines"]} == {
        (switch, change) for switch in ("s1", "s2") for change in ("added", "removed")
    }


def test_files_that_are_not_valid(site: Site, state: Path) -> None:
    file = state.parent / "bad.yaml"
    file.write_text("tenants: {blue: {ports: {a: {network: web, switch: s1, interface: t}}}}\n")
    said = CliRunner().invoke(app, ["check", str(file)]).stdout.splitlines()[:-1]
    assert said
    assert run(state, str(file)) == (1, "", "\n".join(said) + "\n")
    assert run(state, str(state.parent / "missing.yaml"))[0] == 1


def ask(site: Site, method: str, body: bytes | None, **headers: str) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(site.socket))
    try:
        with suppress(BrokenPipeError):
            # What is refused need not be read.
            connection.request(method, "/api/v1/plan", body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def content(**files: str) -> bytes:
    return json.dumps({"files": [{"name": name, "text": text} for name, text in files.items()]}).encode()


def test_the_daemon_checks_files_itself(site: Site) -> None:
    status, answer = ask(site, "POST", content(one="tenants: {blue: 1}", two="\x00"))
    assert status == 422
    assert answer["detail"] == (
        "the daemon finds them not valid:\n"
        "one:1:17: tenant blue is a number; write a mapping, of keys and values\n"
        "two:1:1: the character U+0000 is not allowed in YAML; remove it"
    )
    assert isinstance(answer["errors"], list)
    assert [one["parameter"] for one in answer["errors"]] == ["one:1:17", "two:1:1"]


@pytest.mark.parametrize(
    ("method", "body", "headers", "status", "detail"),
    [
        ("GET", None, {}, 405, "send files by POST"),
        ("POST", b"{}", {"Content-Type": "text/plain"}, 415, "send JSON: Content-Type: application/json"),
        ("POST", b"{", {}, 422, "body: invalid json: eof while parsing an object at line 1 column 1"),
        ("POST", b'{"files": [{"name": ""}]}', {}, 422, "files.0.name: string should have at least 1 character"),
        ("POST", None, {"Content-Length": str(MOST_FILES + 1)}, 413, "the body has more than 67108864 bytes"),
        ("POST", None, {"Transfer-Encoding": "chunked"}, 411, "say how long the body is: Content-Length"),
    ],
)
def test_what_is_no_question(
    site: Site, method: str, body: bytes | None, headers: dict[str, str], status: int, detail: str
) -> None:
    told, answer = ask(site, method, body, **headers)
    assert (told, answer["detail"]) == (status, detail)


def test_one_is_made_at_a_time_and_the_loop_lives_meanwhile(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that takes for ever, until its process is ended: others are sent away, and all else is answered."""
    started = site.socket.parent / "pid"

    def stand_still(*_: object) -> None:
        kept = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
        shared = [file for file in kept if file.startswith("socket:") or str(site.socket.parent) in file]
        started.write_text(f"{os.getpid()} {shared}")
        time.sleep(600)

    monkeypatch.setattr(planning, "plan_of", stand_still)
    answers: list[tuple[int, dict[str, object]]] = []
    first = threading.Thread(target=lambda: answers.append(ask(site, "POST", content(a=BEFORE))))
    first.start()
    while first.is_alive() and not (started.exists() and started.read_text()):
        time.sleep(0.01)
    meanwhile = ask(site, "POST", content(a=BEFORE))[0]
    shown = CliRunner().invoke(app, ["show", "tenants", "--state", str(site.socket.parent)]).exit_code
    pid, _, shared = started.read_text().partition(" ")
    os.kill(int(pid), signal.SIGKILL)
    first.join()
    assert (meanwhile, shown) == (503, 0)
    assert shared == "[]", "neither sockets nor the lock, or nobody could take them over"
    assert answers == [(500, {**answers[0][1], "detail": "the plan could not be made; the daemon's log has more"})]
    monkeypatch.undo()
    assert ask(site, "POST", content(a=BEFORE))[1]["changes"] is False


def test_a_sandbox_may_forbid_lower_priority(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `SystemCallFilter` in packaging/tenantry.service does."""

    def forbidden(_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "nice", forbidden)
    assert ask(site, "POST", content(a=BEFORE))[0] == 200


def test_wrong_usage(state: Path) -> None:
    result = CliRunner().invoke(app, ["plan", "x.yaml", "--before", "y.yaml"])
    assert result.exit_code == 2
    assert "--before: goes with --without-daemon" in " ".join(result.stderr.split())
    status, output, error = run(state, str(state.parent / "after.yaml"))
    assert (status, output) == (2, "")
    assert "start one, or name its --state directory" in error


def test_what_the_api_keeps_stays_and_files_have_to_fit_it(tmp_path: Path) -> None:
    with write_site(tmp_path) as site:
        assert site.ask("PUT", "/tenants/blue", {"networks": {"db": {"segment": "vxlan"}}}).status_code == 201
        assert site.ask("POST", "/plan", {"files": [{"name": "a", "text": FILE}]}).json()["changes"] is False
        text = FILE.replace("  red:", "  blue: {networks: {web: {segment: vlan}}}\n  red:")
        refused = site.ask("POST", "/plan", {"files": [{"name": "a", "text": text}]})
        assert refused.status_code == 422
        assert 'a:7:3: tenant "blue" is given twice, first at /api/v1/tenants/blue' in refused.json()["detail"]
    after = tmp_path / "after.yaml"
    after.write_text(FILE.replace("key: 7", "key: 8"))
    before = "fabric.yaml"
    status, output, _ = run(tmp_path / "state", str(after), before=before)
    assert status == 3
    assert output.startswith("Networks\n  ~ red/web: vlan 7 to vlan 8; key asked for: 7 to 8\n\n"), "and blue stays"
