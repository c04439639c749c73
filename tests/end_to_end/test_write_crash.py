"""A daemon that is killed while it is written to: what it acknowledged is there when it starts again."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from pathlib import Path
from typing import Any

from controller.northbound.api_endpoints import SOCKET
from controller.northbound.client import NoAnswer, Server, ask, ask_all
from controller.southbound.listen import Listen
from demo_daemon import DaemonProcess
from tests.end_to_end.eventually import eventually

FABRIC = 'fabric: {switches: {s1: {dpid: "00000000000000c1"}}}\n'
NUMBERS, WRITERS, KILLS = 500, 4, 2
"""Each number is two writes."""


class Writer(http.client.HTTPConnection):
    """A connection over the daemon's socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))

    def put(self, path: str, content: dict[str, Any]) -> int:
        self.request("PUT", f"/api/v1/{path}", json.dumps(content))
        answer = self.getresponse()
        answer.read()
        return answer.status


class Crowd:
    """Writers that make networks and ports, each of its own, until the daemon does not answer any more."""

    def __init__(self, socket: Path) -> None:
        self.acknowledged: set[str] = set()
        self.asked: set[str] = set()
        self._socket = socket
        self._numbers = iter(range(NUMBERS))
        self._lock = threading.Lock()

    def write(self) -> None:
        """Let all of them write, and return when none does any more."""
        threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _write(self) -> None:
        writer = Writer(self._socket)
        while True:
            with self._lock:
                number = next(self._numbers, None)
            if number is None:
                return
            port = {"network": f"n{number}", "switch": "s1", "interface": f"eth{number}"}
            for path, content in ((f"networks/blue/n{number}", {}), (f"ports/blue/p{number}", port)):
                self.asked.add(path)
                try:
                    status = writer.put(path, content)
                except (OSError, http.client.HTTPException):
                    return
                assert status == 201
                self.acknowledged.add(path)


def test_what_was_acknowledged_outlives_sigkill(tmp_path: Path) -> None:
    file = tmp_path / "fabric.yaml"
    file.write_text(FABRIC)
    daemon = DaemonProcess(tmp_path, [file])
    server = Server(Listen(path=daemon.state / SOCKET))
    crowd = Crowd(daemon.state / SOCKET)

    def answers() -> bool:
        try:
            return bool(ask(server, "/api/v1/status", {}))
        except NoAnswer:
            return False

    with daemon:
        eventually(answers, "a daemon that answers")
        assert Writer(daemon.state / SOCKET).put("tenants/blue", {}) == 201
        for kill in range(KILLS):
            goal = len(crowd.acknowledged) + 2 * NUMBERS // (KILLS + 2)
            writing = threading.Thread(target=crowd.write)
            writing.start()
            eventually(lambda goal=goal: len(crowd.acknowledged) >= goal, "writes")  # type: ignore[misc]
            daemon.kill()
            writing.join()
            daemon.start()
            eventually(answers, f"a daemon that answers after kill {kill + 1}")
            there = {
                f"{kind}/{one['id']}"
                for kind in ("networks", "ports")
                for one in ask_all(server, f"/api/v1/{kind}", {})
            }
            assert crowd.acknowledged <= there <= crowd.asked
        crowd.write()
        ports = {port["id"]: port["network"] for port in ask_all(server, "/api/v1/ports", {})}
        keys = {network["key"] for network in ask_all(server, "/api/v1/networks", {})}
        assert len(keys) == ask(server, "/api/v1/status", {})["networks"], "no key was given to two"
        assert daemon.stop() == 0
    assert {f"ports/{name}" for name in ports} >= {path for path in crowd.acknowledged if path.startswith("ports/")}
    assert all(network.rpartition("n")[2] == name.rpartition("p")[2] for name, network in ports.items())
    assert "a bug" not in daemon.log.read_text()
