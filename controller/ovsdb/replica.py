"""A copy of what matters of a host's database: rows of five tables, as the host says they are now.

Only columns that follow from configuration are asked for, none that counts packets, so a host says something only when
somebody changes something. A change of a row brings all its columns again (RFC 7047, 4.1.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from controller.ovsdb import values
from controller.ovsdb.values import Json
from controller.southbound.framing import ProtocolError

OWNER = "tenantry-owner"
"""The key of `external_ids` that marks a row as made by us; its value is the host's name."""
UNTRIED = "tenantry-untried"
"""The same, on a bridge that we made and that was not up yet."""
HOST, CONTROLLER = "tenantry-host", "tenantry-controller"
"""What a host may say in `Open_vSwitch` about who it is, and where it reaches the daemon."""
ENDPOINTS = "tenantry-encap-ip", "ovn-encap-ip"
"""The same about its tunnel endpoint: ours before OVN's."""
IFACE_ID, ATTACHED_MAC, IFACE_STATUS = "iface-id", "attached-mac", "iface-status"
"""What virtualisation writes into `external_ids` (Open vSwitch's "Integration Guide for Centralized Control")."""
INSTALLED = "tenantry-installed"
"""What we write there, of an interface whose port is in force."""
OVN_INSTALLED, OVN_INSTALLED_AT = "ovn-installed", "ovn-installed-ts"
"""What OVN writes instead (controller/binding.c): `true`, and when, in milliseconds since 1970."""
OVN_IS_OURS = "tenantry-ovn-installed"
"""That we wrote the last two, and not somebody else."""
KEYS = {
    "external_ids": frozenset(
        {
            *(OWNER, UNTRIED, HOST, CONTROLLER, *ENDPOINTS, IFACE_ID, ATTACHED_MAC, IFACE_STATUS),
            *(INSTALLED, OVN_INSTALLED, OVN_INSTALLED_AT, OVN_IS_OURS),
        }
    ),
    "other_config": frozenset({"datapath-id"}),
    "options": frozenset({"remote_ip", "key", "local_ip", "csum"}),
}
"""The keys that are kept of each column that is a map."""
MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Root:
    """The row of table Open_vSwitch."""

    bridges: frozenset[str]
    external_ids: dict[str, str]
    datapath_types: frozenset[str]
    next_cfg: int
    """Counts what was asked of ovs-vswitchd."""
    cur_cfg: int
    """Up to where it has done that."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """A row of table Bridge."""

    name: str
    ports: frozenset[str]
    controller: frozenset[str]
    fail_mode: str
    protocols: frozenset[str]
    datapath_type: str
    datapath_id: str
    """Empty while there is no such bridge in ovs-vswitchd."""
    other_config: dict[str, str]
    external_ids: dict[str, str]


@dataclass(frozen=True, slots=True)
class Port:
    """A row of table Port."""

    name: str
    interfaces: frozenset[str]
    external_ids: dict[str, str]


@dataclass(frozen=True, slots=True)
class Interface:
    """A row of table Interface."""

    name: str
    type: str
    link_state: str
    """`up`, `down`, or empty while there is no such device."""
    options: dict[str, str]
    external_ids: dict[str, str]


@dataclass(frozen=True, slots=True)
class Controller:
    """A row of table Controller."""

    target: str
    is_connected: bool
    external_ids: dict[str, str]


TABLES: dict[str, type[Any]] = {
    "Open_vSwitch": Root,
    "Bridge": Bridge,
    "Port": Port,
    "Interface": Interface,
    "Controller": Controller,
}
_READERS: dict[str, Callable[[Json], Any]] = {
    **dict.fromkeys(("bridges", "ports", "controller", "interfaces"), values.references),
    **dict.fromkeys(("datapath_types", "protocols"), values.texts),
    **dict.fromkeys(("next_cfg", "cur_cfg"), values.number),
    "is_connected": values.truth,
}


def monitor_requests() -> dict[str, Any]:
    """Which columns to ask for, as `monitor` takes it."""
    return {table: [{"columns": list(form.__dataclass_fields__)}] for table, form in TABLES.items()}


@dataclass(slots=True)
class Replica:
    """The rows, by UUID."""

    roots: dict[str, Root] = field(default_factory=dict)
    bridges: dict[str, Bridge] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    controllers: dict[str, Controller] = field(default_factory=dict)
    _tables: dict[str, dict[str, Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        every = (self.roots, self.bridges, self.ports, self.interfaces, self.controllers)
        self._tables = dict(zip(TABLES, cast(tuple[dict[str, Any], ...], every), strict=True))

    def apply(self, updates: Json) -> None:
        """Take `table-updates`. Raises ValueError for what is none, and ProtocolError for too many rows."""
        for table, changes in _pairs(updates):
            if table not in TABLES:
                raise ValueError(f"a change of table {table[:20]!r}, which was not asked for")
            form, rows = TABLES[table], self._tables[table]
            for uuid, change in _pairs(changes):
                new = change.get("new") if isinstance(change, dict) else None
                if new is None:
                    rows.pop(uuid, None)
                else:
                    rows[uuid] = _row(form, new)
        if sum(map(len, self._tables.values())) > MOST_ROWS:
            raise ProtocolError("too much", f"more than {MOST_ROWS} rows")

    @property
    def root(self) -> Root:
        """The row of table Open_vSwitch. Raises ValueError if there is not exactly one."""
        if len(self.roots) != 1:
            raise ValueError(f"{len(self.roots)} rows in table Open_vSwitch")
        return next(iter(self.roots.values()))

    def bridge(self, name: str) -> tuple[str, Bridge] | None:
        """The bridge of that name, with its UUID."""
        return next(((uuid, one) for uuid, one in self.bridges.items() if one.name == name), None)

    def ports_on(self, bridge: Bridge) -> Iterator[tuple[str, Port]]:
        """The ports of a bridge, with their UUIDs, by name."""
        found = [(uuid, self.ports[uuid]) for uuid in bridge.ports if uuid in self.ports]
        yield from sorted(found, key=lambda pair: pair[1].name)

    def controllers_of(self, bridge: Bridge) -> Iterator[tuple[str, Controller]]:
        """The controllers of a bridge, with their UUIDs, by target."""
        found = [(uuid, self.controllers[uuid]) for uuid in bridge.controller if uuid in self.controllers]
        yield from sorted(found, key=lambda pair: pair[1].target)


def _pairs(value: Json) -> list[tuple[str, Json]]:
    if not isinstance(value, dict):
        raise ValueError(f"{type(value).__name__} where an object belongs")
    return list(value.items())


def _row(form: type[Any], new: Json) -> object:
    if not isinstance(new, dict):
        raise ValueError("a row that is no object")
    found = {}
    for column in form.__dataclass_fields__:
        if column not in new:
            raise ValueError(f"a row of {form.__name__} without {column}")
        if column in KEYS:
            found[column] = values.mapping(new[column], KEYS[column])
        else:
            found[column] = _READERS.get(column, values.text)(new[column])
    return form(**found)
