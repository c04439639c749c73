"""The form of the answer to why (`controller.api.rows` has the others)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from controller.api.rows import Row


class WhySide(Row):
    """Who sends or receives."""

    port: str | None
    """Null for a MAC that nobody is known to have."""
    network: str | None
    vlan: int | None
    """Tag of its frames."""
    switch: str | None
    interface: str | None
    endpoint: str | None
    mac: str
    """The one that was used."""
    macs: list[str]
    """All that are known."""


class WhyTunnel(Row):
    """From where a packet came out of a tunnel."""

    id: int
    source: str


class WhyExit(Row):
    """An interface by which a frame leaves."""

    interface: str
    number: int


class WhyHop(Row):
    """The frame in one switch on its way."""

    switch: str
    dpid: str
    entered: str = Field(alias="in")
    """The interface by which it enters."""
    number: int
    """That interface's, in OpenFlow."""
    out: str | None
    """The interface by which it leaves on that way; null where it ends."""
    sends: list[WhyExit]
    """All interfaces by which something leaves."""
    frame: str
    """As it enters, in hex."""
    tunnel: WhyTunnel | None


class WhyStep(Row):
    """What one table of one switch did with it."""

    switch: str
    table: str
    flow: str | None
    """The flow that decided, as `ovs-ofctl add-flow` takes it; null when none matched."""
    cookie: str | None
    reason: str


class WhyWay(Row):
    """A verdict about one direction."""

    verdict: Literal["delivered", "blocked", "flooded", "unknown"]
    text: str


class Why(Row):
    """Why a frame gets from one port to another, or does not."""

    verdict: Literal["delivered", "blocked", "flooded", "unknown"]
    """`flooded` gets there, and to all others of the network, as its address is not known."""
    text: str
    """In one line."""
    causes: list[str]
    """All that is in the way, what matters most first."""
    notes: list[str]
    packet: str
    sender: WhySide = Field(alias="from")
    receiver: WhySide = Field(alias="to")
    hops: list[WhyHop]
    steps: list[WhyStep]
    back: WhyWay | None
    """The other direction; null when nobody could send back."""
