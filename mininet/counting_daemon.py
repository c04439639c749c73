"""The daemon, which also keeps in a file how many messages that change a switch it has sent so far.

    python -c "from counting_daemon import main; main('told')" run FILE...

Elsewhere the daemon says it when it ends; a benchmark wants to know while it runs.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

from controller.southbound import progress
from controller.southbound.statistics import Statistics

_WIDTH = 12


class _Kept(Counter[str]):
    """A counter whose total is in a file."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        super().__init__()

    def update(self, *values: Any, **more: int) -> None:  # noqa: ANN401
        """Count."""
        super().update(*values, **more)
        os.pwrite(self._file, f"{self.total():{_WIDTH}}".encode(), 0)


def program(path: Path) -> str:
    """What Python runs, with the file to count in."""
    here = str(Path(__file__).parent)
    return f"import sys; sys.path.append({here!r}); from counting_daemon import main; main({str(path)!r})"


def told(path: Path) -> int:
    """Messages that changed a switch so far."""
    return int(path.read_text() or 0) if path.exists() else 0


def main(path: str) -> None:
    """Go on as the daemon."""
    setattr(progress, "Statistics", lambda: Statistics(sent=_Kept(path)))  # noqa: B010
    from controller.northbound.cli import main as run

    run()
