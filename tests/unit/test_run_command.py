"""What `tenantry run` says to wrong usage and to a start that cannot be: exact texts and exit statuses."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.northbound.cli import app

VALID = "fabric: {switches: {s1: {dpid: '00000000000000b1'}}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "fabric.yaml"
    file.write_text(VALID)
    return file


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["run", *arguments])
    assert result.exit_code == 2
    return re.sub(r"\s+", " ", result.output.partition("Error: ")[2]).strip()


def test_wrong_endpoints_are_explained(file: Path) -> None:
    assert refused(str(file), "--listen", "6653") == (
        "Invalid value for --listen: '6653' is no endpoint; write tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH"
    )
    assert refused(str(file), "--listen", "ssl:127.0.0.1:6653") == (
        "Invalid value for --listen: 'ssl:127.0.0.1:6653' needs a certificate, its key, "
        "and the authority of the switches' certificates"
    )


def test_tls_files_go_together(file: Path) -> None:
    assert refused(str(file), "--tls-cert", "c.pem") == (
        "Invalid value for --tls-cert, --tls-key, --tls-ca: go together: give all three, or none"
    )


def test_a_file_with_errors_keeps_the_daemon_from_starting(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("fabrik: {}\n")
    result = CliRunner().invoke(app, ["run", str(wrong), "--state", str(tmp_path / "state")])
    assert result.exit_code == 1
    assert f"{wrong}:1:1: " in result.output
    assert "not started: the configuration is not valid" in result.output


def test_a_state_directory_in_use_is_named(file: Path, tmp_path: Path) -> None:
    state = tmp_path / "file"
    state.write_text("")
    result = CliRunner().invoke(app, ["run", str(file), "--state", str(state)])
    assert result.exit_code == 1
    assert f"not started: {state}" in result.output


def test_a_missing_certificate_is_named(file: Path, tmp_path: Path) -> None:
    options = ["--tls-cert", "/none/c.pem", "--tls-key", "/none/k.pem", "--tls-ca", "/none/a.pem"]
    # Without an endpoint it is for hosts that the daemon connects to.
    for listen in ("ssl:127.0.0.1:0", "tcp:127.0.0.1:0"):
        arguments = [str(file), "--state", str(tmp_path / "state"), "--listen", listen, *options]
        result = CliRunner().invoke(app, ["run", *arguments])
        assert result.exit_code == 1
        assert "not started: cannot use certificate /none/c.pem with key /none/k.pem: no such file" in result.output


def test_questions_are_answered_in_safe_places_only(file: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0123456789abcdef\n")
    token.chmod(0o600)
    tls = ("--tls-cert", "c", "--tls-key", "k", "--tls-ca", "a")
    for arguments, said in (
        (("--api", "tcp:0.0.0.0:80"), "Invalid value for --api: 'tcp:0.0.0.0:80' is not loopback"),
        (("--api", "tcp:[::]:80", "--api-token", str(token)), "Invalid value for --api: 'tcp:[::]:80' is not loopback"),
        (("--api", "tcp:controller:80"), "Invalid value for --api: 'tcp:controller:80' is not loopback"),
        (("--api", "ssl:0.0.0.0:443", *tls), "Invalid value for --api: 'ssl:0.0.0.0:443' needs --api-token"),
        (("--api", "ssl:0.0.0.0:443", "--api-token", str(token)), "'ssl:0.0.0.0:443' needs a certificate"),
        (("--api", "8080"), "Invalid value for --api: '8080' is no endpoint"),
        (("--api-token", str(token)), "Invalid value for --api-token: is for tcp: and ssl: endpoints"),
        (("--api", "tcp:127.0.0.1:1", "--api-token", "/none"), "Invalid value for --api-token: /none: No such file"),
    ):
        assert said in refused(str(file), *arguments)


def test_a_token_is_long_and_nobody_elses(file: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("short")
    token.chmod(0o600)
    arguments = (str(file), "--api", "tcp:127.0.0.1:1", "--api-token", str(token))
    assert "a token is 16 or more printable characters" in refused(*arguments)
    token.write_text("0123456789abcdef")
    token.chmod(0o644)
    assert "everybody may read it; make its mode 0600" in refused(*arguments)


def test_a_start_that_fails_leaves_no_socket_behind(file: Path, tmp_path: Path) -> None:
    state, openflow = tmp_path / "state", tmp_path / "openflow.sock"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        api = f"tcp:127.0.0.1:{taken.getsockname()[1]}"
        arguments = [str(file), "--state", str(state), "--listen", f"unix:{openflow}", "--api", api]
        result = CliRunner().invoke(app, ["run", *arguments])
    assert result.exit_code == 1
    assert f"not started: cannot listen on {api}: address already in use" in result.output
    assert not openflow.exists()
    assert not (state / "api.sock").exists()
