"""The form of the answers. These types are what the OpenAPI document is made of.

A name that is not known, or does not apply, is null. Ids are `tenant/name`.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from controller.event_log import EventKind


class Row(BaseModel):
    """One line of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Item = TypeVar("Item", bound=Row)


Owner = Literal["files", "api"]


class Page(Row, Generic[Item]):
    """Some of what there is, in order."""

    items: list[Item]
    next: str | None
    """What to give as `after` to have the next page; null on the last one."""


class Tenant(Row):
    """A tenant."""

    name: str
    owner: Owner
    """Where it is changed: in the files of the configuration, or here."""
    networks: int
    ports: int


class Network(Row):
    """A network."""

    id: str
    tenant: str
    name: str
    segment: Literal["vlan", "vxlan", "geneve", "gre"] | None
    """Null while there is no key for it."""
    key: int | None
    """VLAN ID or tunnel ID."""
    moving_to: str | None
    """The other segment and key by which it is received, too, while it moves from one to the other."""
    switches: list[str]
    """Where it has ports."""
    refused_by: list[str]
    """Switches that refused it, so that it is off there until they take all of it."""
    ports: int
    learned: int
    """Addresses that were learned."""
    guest_mtu: int | None
    """Largest IP packet that a guest may send, in bytes."""
    description: str
    owner: Owner
    written: dict[str, Any]
    """As it was asked for: what to PUT to have it so."""


class Tree(Row):
    """The links along which a VLAN network's frames to all, and to unknown addresses, get from member to member."""

    links: list[str]
    """Ids of links. Floods go on, too, to what only other networks on the same tree need."""


class Trunk(Row):
    """A network of a trunk port."""

    vlan: int
    """VLAN ID towards the guest."""
    network: str


class Standby(Row):
    """Where the guest of a port may go on in a moment, as it migrates."""

    switch: str
    interface: str


class Port(Row):
    """A tenant's port."""

    id: str
    tenant: str
    name: str
    network: str | None
    """Null for a trunk port."""
    trunk: list[Trunk]
    switch: str | None
    """Null for a port outside, and for one whose `iface_id` no host has."""
    interface: str | None
    iface_id: str | None
    """The id by which a host names the interface, if that is how the port is bound."""
    standby: Standby | None
    """Where another host of the port's has an interface with that id, too, while its guest has not been heard there."""
    endpoint: str | None
    """The endpoint outside that it is behind."""
    state: Literal["up", "down", "missing", "unplugged", "outside"]
    """That of its interface; `outside` behind an endpoint that is none of our switches'."""
    blocked_on: list[str]
    """Networks on which it is blocked, as it is looped outside."""
    mac: str | None
    """Null when it is learned."""
    ip: list[str]
    description: str
    owner: Owner
    written: dict[str, Any]
    """As it was asked for: what to PUT to have it so."""


class Interface(Row):
    """An interface of a switch."""

    name: str
    number: int
    """In OpenFlow."""
    state: Literal["up", "down"]
    speed: int | None
    """In kbit/s."""


class Switch(Row):
    """A switch."""

    name: str
    dpid: str
    state: Literal["connected", "away", "missing"]
    """`away` was seen before and has no session, `missing` was never seen."""
    sync: Literal["in sync", "changing", "waiting"] | None
    """`waiting` is left as it was until the view of it is complete; null without session."""
    session_seconds: float | None
    """How long its session lasts."""
    endpoint: str | None
    out_of_reach: list[Literal["vxlan", "geneve", "gre"]]
    """Encapsulations by which its endpoint is out of reach of all others, so that nobody floods to it."""
    draining: bool
    interfaces: int
    down: int
    """Interfaces that are down."""
    ports: int
    """Tenants' ports on it."""
    networks: int
    """Networks on it."""
    flows: int
    """How many it should hold."""


class Hypervisor(Row):
    """A host that joins by itself."""

    switch: str
    """The switch that is its integration bridge."""
    bridge: str
    state: Literal["joined", "joining", "away"]
    """Of its database: `joining` has a session and not all that it should have, `away` has no session."""
    peer: str | None
    """Other end of the session: where the host came from, or where it was connected to."""
    opened_by: Literal["host", "daemon"] | None
    """Who opened the session."""
    endpoint: str | None
    plugged: int
    """Interfaces that have an id."""
    ports: int
    """Ports that are there by such an id."""


class SwitchDetail(Switch):
    """A switch and its interfaces."""

    interface_list: list[Interface]


class Trouble(Row):
    """What is wrong with the underlay at an endpoint, or on the way from there to another."""

    switch: str
    to: str | None
    """The switch to whose endpoint the way leads; null for the endpoint itself."""
    encapsulation: Literal["vxlan", "geneve", "gre"]
    state: Literal["out of reach", "broken", "narrow"]
    """An endpoint is out of reach of all others; nothing passes on a broken way, and not all sizes on a narrow one."""
    passes: int | None
    """The largest packet of the underlay that passes on the way, in bytes."""


class Link(Row):
    """A link between two switches."""

    id: str
    a_switch: str
    a_interface: str
    b_switch: str
    b_interface: str
    state: Literal["up", "down"]
    """`down` is named in the configuration and not there; other links are forgotten when they go."""
    cost: int
    draining: bool
    """Whether it, or a switch at its ends, drains."""
    speed: int | None
    """Of the slower end, in kbit/s."""
    latency: float | None
    """One way, in seconds."""


class Draining(Row):
    """A switch or link that frames are to go around, so that it can be unplugged."""

    kind: Literal["switch", "link"]
    name: str
    by_api: bool
    by_files: bool
    state: Literal["moving", "needed", "clear"]
    """`moving` while frames are led elsewhere; then `clear`, or `needed` if some still have no other way."""
    uses: list[str]
    """What it is still used for, as far as switches were told."""


class Changed(Row):
    """What becomes of a resource."""

    resource: str
    result: Literal["created", "replaced", "deleted", "unchanged"]


class Trial(Row):
    """What would become of a write."""

    result: Literal["created", "replaced", "deleted", "unchanged"]
    changes: list[Changed]
    warnings: list[str]


class Host(Row):
    """An address of a guest on a network."""

    network: str
    mac: str
    port: str
    switch: str | None
    interface: str | None
    endpoint: str | None
    learned: bool
    """Learned from what it sent; otherwise given in the configuration."""
    ip: list[str]


class Flow(Row):
    """A flow that a switch should hold, and why."""

    switch: str
    cookie: str
    table: int
    priority: int
    text: str
    """As `ovs-ofctl add-flow` takes it."""
    app: str
    """Which part of Tenantry wants it."""
    note: str
    """What it is for."""
    network: str | None
    """Null when it is there regardless of networks."""
    port: str | None


class Event(Row):
    """Something that happened."""

    id: int
    time: str
    """UTC, as in RFC 3339."""
    kind: EventKind
    level: Literal["info", "warning", "error", "critical"]
    text: str
    switch: str | None
    interface: str | None
    tenant: str | None
    network: str | None
    port: str | None


class Status(Row):
    """How the daemon is."""

    version: str
    started: str
    """UTC, as in RFC 3339."""
    uptime_seconds: float
    tenants: int
    networks: int
    networks_without_key: int
    ports: int
    switches: int
    connected: int
    in_sync: int
    links: int
    """Those that are up."""
    learned: int
    """Addresses that were learned."""
    blocked: int
    """Ports that are blocked on a network."""
    out_of_reach: int
    """Switches whose endpoints are out of reach by some encapsulation."""
    last_event: int
    """Id of the last event."""
    sync: dict[str, Literal["in sync", "changing", "waiting"] | None]
    """By switch; null without session."""


class ParameterError(Row):
    """What is wrong with a parameter."""

    parameter: str
    detail: str


class ContentError(Row):
    """What is wrong with the content of a write."""

    pointer: str
    """Where: a JSON pointer (RFC 6901); empty where it is about the whole, or about something else."""
    detail: str


class Problem(Row):
    """An error, as in RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[ParameterError | ContentError] | None = None
