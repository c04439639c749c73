"""Shows the daemon's last log lines beside a test that failed."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.end_to_end.running import Installation


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for value in item.funcargs.values():
            if isinstance(value, Installation):
                report.sections.append(("daemon's log", value.daemon.log_tail(40)))
    return report
