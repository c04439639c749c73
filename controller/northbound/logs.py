"""Logs: one line for each event, as `key=value` pairs (logfmt), with switch, tenant, network and port by name.

Whoever logs passes those names in `extra`; here they become pairs of the line, so that `grep network=blue/web` finds
everything about one network.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

NAMES = ("switch", "interface", "tenant", "network", "port", "peer")
"""What may be passed in a log call's `extra`."""


class LogfmtFormatter(logging.Formatter):
    """Formats a record as logfmt."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; a traceback follows on lines of its own."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        names = {name: getattr(record, name, "") for name in NAMES}
        if names["network"] and not names["tenant"]:
            names["tenant"] = str(names["network"]).split("/", 1)[0]
        pairs = [f"time={time}", f"level={record.levelname.lower()}", f"from={record.name.rpartition('.')[2]}"]
        pairs += [f"{name}={_quoted(str(value))}" for name, value in names.items() if value]
        pairs.append(f"message={json.dumps(record.getMessage(), ensure_ascii=False)}")
        line = " ".join(pairs)
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def set_up_logs(level: str) -> None:
    """Send the process's logs of `level` and above to standard error.

    Records down to `info` are made whatever the level, as they are events (`controller.event_log`), too.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(LogfmtFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    handler.setLevel(level.upper())
    root.setLevel(min(handler.level, logging.INFO))
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def _quoted(text: str) -> str:
    plain = text.isprintable() and not any(character in text for character in ' "=\\')
    return text if plain else json.dumps(text, ensure_ascii=False)
