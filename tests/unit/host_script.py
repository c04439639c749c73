"""What the database of a host says, as bytes; for sessions without sockets."""

from __future__ import annotations

import json
from typing import Any

from controller.ovsdb.session import Session

ROOT, BRIDGE, PORT = ["uuid", "root"], ["uuid", "bridge"], ["uuid", "port"]


def message(**fields: Any) -> bytes:  # noqa: ANN401
    return json.dumps(fields).encode()


def update(tables: Any) -> bytes:  # noqa: ANN401
    return message(id=None, method="update", params=["tenantry", tables])


def answer(number: int, result: Any, error: Any = None) -> bytes:  # noqa: ANN401
    return message(id=number, result=result, error=error)


def root_row(**columns: Any) -> dict[str, Any]:  # noqa: ANN401
    row = {
        "bridges": ["set", []],
        "external_ids": ["map", [["tenantry-host", "hv1"]]],
        "datapath_types": ["set", ["netdev", "system"]],
        "next_cfg": 0,
        "cur_cfg": 0,
    }
    return {**row, **columns}


def rows(**columns: Any) -> dict[str, Any]:  # noqa: ANN401
    """All that an empty host has."""
    return {"Open_vSwitch": {"root": {"new": root_row(**columns)}}}


def said(session: Session) -> list[Any]:
    """What the session wrote since."""
    decoder, text, found = json.JSONDecoder(), session.outgoing.decode(), []
    session.outgoing.clear()
    while text:
        one, end = decoder.raw_decode(text)
        found.append(one)
        text = text[end:]
    return found


def ready(now: float = 0.0) -> Session:
    """A session that has read an empty host."""
    session = Session(now)
    session.receive(answer(1, rows()), now)
    session.outgoing.clear()
    return session
