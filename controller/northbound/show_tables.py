"""The tables of `tenantry show`: which columns there are, and how they look at 80 columns and on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import typer

from controller.northbound.columns import Cell, print_columns

Item: TypeAlias = Mapping[str, Any]

COLOURS = {
    **dict.fromkeys(("up", "connected", "joined", "in sync", "info", "as it should be"), "green"),
    **dict.fromkeys(("changing", "waiting", "joining", "draining", "warning"), "yellow"),
    **dict.fromkeys(("outside", "unplugged", "narrow", "not compared"), "yellow"),
    **dict.fromkeys(("down", "missing", "away", "no", "error", "blocked", "refused", "out", "broken"), "red"),
}
"""By the first words of a cell that says how something is."""


class Subject(StrEnum):
    """What is shown."""

    TENANTS = "tenants"
    NETWORKS = "networks"
    PORTS = "ports"
    SWITCHES = "switches"
    HYPERVISORS = "hypervisors"
    LINKS = "links"
    UNDERLAY = "underlay"
    HOSTS = "hosts"
    FLOWS = "flows"
    DRIFT = "drift"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    heading: str
    cell: Callable[[Item], object]
    is_number: bool = False
    is_state: bool = False


def _key(item: Item) -> str:
    moving = f" > {item['moving_to']}" if item["moving_to"] else ""
    return f"{item['key']}{moving}" if item["key"] is not None else "-"


def _network_problem(item: Item) -> str:
    """What is wrong with a network; whether its switches are there, `show switches` says."""
    if item["segment"] is None:
        return "no key"
    return f"refused by {', '.join(item['refused_by'])}" if item["refused_by"] else ""


def _on(item: Item) -> str:
    if item["endpoint"]:
        return str(item["endpoint"])
    return f"{item['switch']}:{item['interface']}" if item["switch"] else "-"


def _port_on(item: Item) -> str:
    standby = item["standby"]
    return f"{_on(item)}, standby {standby['switch']}:{standby['interface']}" if standby else _on(item)


def _port_networks(item: Item) -> str:
    return item["network"] or ", ".join(f"{one['vlan']}: {one['network']}" for one in item["trunk"])


def _port_state(item: Item) -> str:
    return f"blocked on {', '.join(item['blocked_on'])}" if item["blocked_on"] else str(item["state"])


def _switch_state(item: Item) -> str:
    return f"{_draining(item)}, out of reach" if item["out_of_reach"] else _draining(item)


def _session(item: Item) -> str | None:
    return item["peer"] and f"{'to' if item['opened_by'] == 'daemon' else 'from'} {item['peer']}"


def _passing(item: Item) -> str:
    return f"{item['state']}: {item['passes']} bytes pass" if item["passes"] else str(item["state"])


def _draining(item: Item) -> str:
    return f"{item['state']}, draining" if item["draining"] else str(item["state"])


def _speed(item: Item) -> str:
    speed = item["speed"]
    if not speed:
        return "-"
    return f"{speed / 1e6:g} Gbit/s" if speed >= 1e6 else f"{speed / 1e3:g} Mbit/s"


def _latency(item: Item) -> str:
    return f"{item['latency'] * 1000:.3g} ms" if item["latency"] is not None else "-"


def _why(item: Item) -> str:
    where = item["port"] or item["network"]
    return f"{item['app']}: {item['note']}" + (f" ({where})" if where else "")


def _flow(item: Item) -> str:
    """Without cookie and table, and with blanks at which it can be folded; `ovs-ofctl` takes it so, too."""
    return str(item["text"].split(", ", 2)[-1].replace(",", ", "))


def _about(item: Item) -> str:
    place = item["switch"] and (f"{item['switch']}:{item['interface']}" if item["interface"] else item["switch"])
    return " ".join(filter(None, (place, item["port"] or item["network"])))


def _event(item: Item) -> str:
    about = _about(item)
    return f"{about}: {item['text']}" if about else str(item["text"])


def _difference(item: Item) -> str:
    """What differs, or how the switch is."""
    if item["what"] is None:
        return str(item["state"])
    if item["kind"] == "flow":
        return f"{item['count']} flow{'s' if item['count'] != 1 else ''} {item['what']}"
    return f"{item['kind']} {item['number']:#x} differs"


def _drift_reason(item: Item) -> str:
    if item["app"]:
        return _why(item)
    return item["note"] or ("has Tenantry's mark" if item["what"] == "too many" else "")


def _field(name: str) -> Callable[[Item], object]:
    return lambda item: item[name]


COLUMNS: Mapping[Subject, Sequence[Column]] = {
    Subject.TENANTS: (
        Column("Tenant", _field("name")),
        Column("Owner", _field("owner")),
        Column("Networks", _field("networks"), is_number=True),
        Column("Ports", _field("ports"), is_number=True),
    ),
    Subject.NETWORKS: (
        Column("Network", _field("id")),
        Column("Segment", _field("segment")),
        Column("Key", _key, is_number=True),
        Column("Ports", _field("ports"), is_number=True),
        Column("Switches", lambda item: len(item["switches"]), is_number=True),
        Column("Learned", _field("learned"), is_number=True),
        Column("MTU", _field("guest_mtu"), is_number=True),
        Column("Problem", _network_problem, is_state=True),
    ),
    Subject.PORTS: (
        Column("Port", _field("id")),
        Column("Network", _port_networks),
        Column("At", _port_on),
        Column("MAC", lambda item: item["mac"] or "learned"),
        Column("State", _port_state, is_state=True),
    ),
    Subject.SWITCHES: (
        Column("Switch", _field("name")),
        Column("State", _switch_state, is_state=True),
        Column("Sync", _field("sync"), is_state=True),
        Column("Endpoint", _field("endpoint")),
        Column("Down", _field("down"), is_number=True),
        Column("Networks", _field("networks"), is_number=True),
        Column("Ports", _field("ports"), is_number=True),
        Column("Flows", _field("flows"), is_number=True),
    ),
    Subject.HYPERVISORS: (
        Column("Hypervisor", _field("switch")),
        Column("State", _field("state"), is_state=True),
        Column("Bridge", _field("bridge")),
        Column("Endpoint", lambda item: item["endpoint"] or "-"),
        Column("Session", _session),
        Column("Plugged", _field("plugged"), is_number=True),
        Column("Ports", _field("ports"), is_number=True),
    ),
    Subject.LINKS: (
        Column("Link", _field("id")),
        Column("State", _draining, is_state=True),
        Column("Cost", _field("cost"), is_number=True),
        Column("Speed", _speed, is_number=True),
        Column("Latency", _latency, is_number=True),
    ),
    Subject.UNDERLAY: (
        Column("Endpoint of", _field("switch")),
        Column("To that of", _field("to")),
        Column("Over", _field("encapsulation")),
        Column("State", _passing, is_state=True),
    ),
    Subject.HOSTS: (
        Column("Network", _field("network")),
        Column("MAC", _field("mac")),
        Column("Port", _field("port")),
        Column("At", _on),
        Column("IP", lambda item: ", ".join(item["ip"])),
        Column("How", lambda item: "learned" if item["learned"] else "given"),
    ),
    Subject.FLOWS: (
        Column("Switch", _field("switch")),
        Column("Table", _field("table"), is_number=True),
        Column("Flow", _flow),
        Column("Why", _why),
    ),
    Subject.DRIFT: (
        Column("Switch", _field("switch")),
        Column("State", _difference, is_state=True),
        Column("Network", _field("network")),
        Column("Why", _drift_reason),
    ),
    Subject.EVENTS: (
        Column("Time", lambda item: item["time"][:19].replace("T", " ")),
        Column("What", lambda item: item["kind"]),
        Column("Event", _event),
    ),
}


def print_table(subject: Subject, items: Iterable[Item]) -> None:
    """Print items as a table."""
    columns = COLUMNS[subject]
    rows = [[_cell(column, item) for column in columns] for item in items]
    print_columns([column.heading for column in columns], rows, [column.is_number for column in columns])


def event_line(item: Item) -> str:
    """An event as a line for those who watch."""
    kind = typer.style(f"{item['kind']:16}", fg=COLOURS.get(str(item["level"])))
    return f"{str(item['time'])[11:23]} {kind} {plain(_event(item))}"


def colour_of(state: str) -> str:
    """The colour of a state."""
    return COLOURS.get(state) or COLOURS.get(state.partition(",")[0].partition(":")[0].partition(" ")[0], "")


def _cell(column: Column, item: Item) -> Cell:
    value = column.cell(item)
    text = "-" if value is None or value == "" else plain(str(value))
    return Cell(text, colour_of(text) if column.is_state else "")


def plain(text: str) -> str:
    """Text without what could move a terminal's cursor: interfaces are named by switches, and events quote peers."""
    return text if text.isprintable() else "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
