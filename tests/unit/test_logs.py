"""Log lines are logfmt, and name switch, tenant, network and port."""

from __future__ import annotations

import logging
import re

import pytest

from controller.northbound.logs import LogfmtFormatter, set_up_logs


def line(message: str, **names: str) -> str:
    record = logging.LogRecord("controller.daemon", logging.INFO, "file", 1, message, None, None)
    for name, value in names.items():
        setattr(record, name, value)
    return re.sub(r"^time=\S+ ", "", LogfmtFormatter().format(record))


def test_a_line_names_what_it_is_about() -> None:
    assert line("link up", switch="leaf1", network="blue/web", port="blue/web1") == (
        'level=info from=daemon switch=leaf1 tenant=blue network=blue/web port=blue/web1 message="link up"'
    )


def test_empty_names_are_left_out() -> None:
    assert line("ready", switch="", network="") == 'level=info from=daemon message="ready"'


def test_what_a_peer_sent_cannot_forge_a_line() -> None:
    forged = line("lost: a\nlevel=info", peer='x y="z"\n')
    assert "\n" not in forged
    assert forged == 'level=info from=daemon peer="x y=\\"z\\"\\n" message="lost: a\\nlevel=info"'


def test_time_is_utc_with_milliseconds() -> None:
    record = logging.LogRecord("x", logging.INFO, "file", 1, "", None, None)
    assert re.match(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", LogfmtFormatter().format(record))


def test_what_is_not_logged_is_an_event_nevertheless(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    before = root.level
    monkeypatch.setattr(root, "handlers", [])
    try:
        set_up_logs("warning")
        assert [handler.level for handler in root.handlers] == [logging.WARNING]
        assert logging.getLogger("controller.daemon").isEnabledFor(logging.INFO)
        assert not logging.getLogger("controller.daemon").isEnabledFor(logging.DEBUG)
    finally:
        root.setLevel(before)
