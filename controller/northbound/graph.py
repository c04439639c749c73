"""`tenantry graph`: the fabric as it was last known, from the files and the state directory.

No daemon needs to run, and one that runs is not asked: it saves what it learns about a second later. So what is shown
is what a daemon would start with now.

Exit status: 0, 1 when files or state cannot be used, 2 for wrong usage.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import networkx as nx
import typer

from controller.core import Core
from controller.fabric.graph import fabric_graph
from controller.fabric.memory import Memory
from controller.holder import NoHolder, holder_of
from controller.intent.model import Intent
from controller.northbound.check import Files
from controller.northbound.configured import configured
from controller.northbound.graph_dot import to_dot
from controller.northbound.graph_svg import to_svg
from controller.northbound.graph_text import to_text
from controller.northbound.run import DEFAULT_STATE
from controller.placing import as_remembered
from controller.state_directory import read_memory
from controller.state_file import StateError


class Format(StrEnum):
    """How the graph is written."""

    TEXT = "text"
    JSON = "json"
    GRAPHML = "graphml"
    DOT = "dot"
    SVG = "svg"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the state directory says."""

    memory: Memory
    saved: float
    """When it last changed, in seconds since 1970."""
    is_live: bool
    """Whether a daemon uses the directory, so that what was saved is what is there."""

    def age(self, now: float) -> str:
        """How old it is, for people."""
        whose = "the running daemon" if self.is_live else "the last daemon; none runs now"
        return f"As known to {whose}. Last change {self.saved_at}, {_span(now - self.saved)} ago."

    @property
    def saved_at(self) -> str:
        """When it last changed, as text."""
        return datetime.fromtimestamp(self.saved, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def graph(
    files: Files,
    state: Annotated[
        Path, typer.Option(metavar="DIR", help="State directory of the daemon; it is only read.")
    ] = DEFAULT_STATE,
    form: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Show the fabric: switches, links, tunnel endpoints, ports and guests, and how old that is.

    It reads the files and the state directory; no daemon needs to run. `json` is networkx's node-link form, `graphml`
    and `dot` are for other programs, `svg` is a picture.

    Example: tenantry graph /etc/tenantry --state /var/lib/tenantry --format svg > fabric.svg
    """
    intent = configured(files, state, 1)
    try:
        remembered = _read(state)
    except StateError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    known = remembered_graph(intent, remembered)
    known.graph.update(age=remembered.age(time.time()), saved=remembered.saved_at, live=remembered.is_live)
    # As bytes, so that it is UTF-8 whatever the terminal is set to.
    typer.echo(written(known, form).encode())


def _read(state: Path) -> Remembered:
    # In this order, or a daemon that ends in between would count as running without having saved all.
    try:
        with holder_of(state):
            is_live = True
    except NoHolder:
        is_live = False
    found = read_memory(state)
    if found is None:
        raise StateError(f"{state}: no daemon has saved anything here yet; start one, or name its --state directory")
    return Remembered(found[0], found[1], is_live)


def remembered_graph(intent: Intent, remembered: Remembered) -> nx.Graph[str]:
    """The graph of what is remembered, as far as it fits the intent."""
    core, intent = Core(), as_remembered(intent, remembered.memory)
    core.adopt(intent, {})
    core.restore(remembered.memory, 0.0)
    views = {
        name: replace(view, connected=remembered.is_live and remembered.memory.switches[name].connected)
        for name, view in core.fabric.switches.items()
    }
    fabric = replace(core.fabric, switches=views)
    return fabric_graph(intent, fabric, core.situation.addresses.by_network, remembered.memory.latencies)


def written(known: nx.Graph[str], form: Format) -> str:
    """The graph as text; its attributes are `age` (for people), `saved` and `live`."""
    match form:
        case Format.JSON:
            return json.dumps(nx.node_link_data(known, edges="edges"), indent=1)
        case Format.GRAPHML:
            return "\n".join(nx.generate_graphml(known, prettyprint=True))
        case Format.DOT:
            return to_dot(known)
        case Format.SVG:
            return to_svg(known)
        case Format.TEXT:
            return to_text(known)


def _span(seconds: float) -> str:
    """A time in its largest unit: `4 s`, `3 min`."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
