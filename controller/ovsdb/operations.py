"""Operations of transactions (RFC 7047, 5.2), as far as hosts are given something by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.ovsdb.session import Operation


def insert(table: str, row: Mapping[str, Any], name: str) -> Operation:
    """A new row, which other operations of the transaction call `name`."""
    return {"op": "insert", "table": table, "row": dict(row), "uuid-name": name}


def update(table: str, uuid: str, row: Mapping[str, Any]) -> Operation:
    """Other values for columns of a row."""
    return {"op": "update", "table": table, "where": is_row(uuid), "row": dict(row)}


def refer(table: str, where: list[Any], column: str, row: list[str]) -> Operation:
    """A reference more in a column that is a set."""
    return _mutate(table, where, (column, "insert", row))


def forget(table: str, where: list[Any], column: str, uuid: str) -> Operation:
    """A reference less; rows that nothing refers to are gone with it."""
    return _mutate(table, where, (column, "delete", ["uuid", uuid]))


def add(table: str, uuid: str, column: str, value: str) -> Operation:
    """An element more in a set."""
    return _mutate(table, is_row(uuid), (column, "insert", value))


def put(table: str, uuid: str, column: str, values: Mapping[str, str]) -> Operation:
    """Keys of a map, which has other keys of others."""
    taken = (column, "delete", ["set", list(values)])
    return _mutate(table, is_row(uuid), taken, (column, "insert", as_map(values)))


def drop(table: str, uuid: str, column: str, keys: Iterable[str]) -> Operation:
    """Keys of a map that are to go."""
    return _mutate(table, is_row(uuid), (column, "delete", ["set", list(keys)]))


def expect_none(table: str, column: str, value: str) -> Operation:
    """Do nothing at all if there is such a row by now."""
    there = {"op": "wait", "table": table, "timeout": 0, "where": [[column, "==", value]], "columns": [column]}
    return {**there, "until": "==", "rows": []}


def wake() -> Operation:
    """Have ovs-vswitchd tell, by `cur_cfg`, when it has done all up to here."""
    return _mutate("Open_vSwitch", [], ("next_cfg", "+=", 1))


def is_row(uuid: str) -> list[Any]:
    """The condition that picks one row."""
    return [["_uuid", "==", ["uuid", uuid]]]


def as_map(values: Mapping[str, str]) -> list[Any]:
    """A map as JSON has it."""
    return ["map", [[key, value] for key, value in values.items()]]


def _mutate(table: str, where: list[Any], *mutations: tuple[str, str, Any]) -> Operation:
    return {"op": "mutate", "table": table, "where": where, "mutations": [list(one) for one in mutations]}
