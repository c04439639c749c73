"""The YAML form of an intent, one model for each kind of mapping.

The models say which keys there are, what each value looks like and what it means to an operator; they are the source
of the JSON Schema. They look at one value at a time. Whatever needs two (a port and its network) is in
`controller.intent.checks` and its neighbours, where both places are known.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, Strict

from controller.intent.lab_document import LAB_FORMS, LabDocument
from controller.intent.model import LinkEnd, Segment
from controller.intent.scalars import (
    Addresses,
    Controller,
    Database,
    Dpid,
    Endpoint,
    IfaceId,
    Interface,
    KeyRanges,
    Mac,
    Name,
    NamePatterns,
    Period,
    ReservedRanges,
    TwoEnds,
    Vid,
    VlanRanges,
)


class Form(BaseModel):
    """A mapping of the document; keys that are not declared are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Draining: TypeAlias = Annotated[
    bool, Strict(), Field(description="Whether frames go around it where they can, so that it can be unplugged.")
]


class TunnelsDocument(Form):
    """Names of a switch's flow-based tunnel interfaces (`remote_ip=flow`, `key=flow`)."""

    vxlan: Interface = Field(default="vxlan0", description="Interface of type vxlan.")
    geneve: Interface = Field(default="geneve0", description="Interface of type geneve.")
    gre: Interface = Field(default="gre0", description="Interface of type gre.")


class HostDocument(Form):
    """A host whose database is connected, and which is given what it needs; the switch is its integration bridge."""

    bridge: Interface = Field(default="br-int", description="Name of the bridge; it is made if it is not there.")
    keep: Annotated[bool, Strict()] = Field(
        default=False, description="Whether the host stays as it is when it is taken out of the configuration."
    )
    connect: Database | None = Field(
        default=None,
        description="Where the host's database listens, for the daemon to connect to; left out, the host connects.",
    )
    controller: Controller | None = Field(
        default=None, description="Where the bridge reaches the daemon, if not at the address that the host came to."
    )


class SwitchDocument(Form):
    """One Open vSwitch bridge that speaks OpenFlow to the daemon."""

    dpid: Dpid = Field(description="Datapath ID: 16 hexadecimal digits in quotes.")
    endpoint: Endpoint | None = Field(
        default=None, description="Tunnel endpoint: the IPv4 or IPv6 address from which overlay packets are sent."
    )
    tunnels: TunnelsDocument = Field(
        default_factory=TunnelsDocument,
        description="Names of the tunnel interfaces, where they differ from the defaults.",
    )
    draining: Draining = False
    host: HostDocument | None = Field(
        default=None, description="That it is the bridge of a host which joins by itself: {} or more."
    )


class LinkDocument(Form):
    """What the operator says about one link; it need not be there."""

    between: TwoEnds = Field(description="Both ends, `switch:interface`, in either order.")
    cost: Annotated[int, Strict()] = Field(
        default=1, ge=1, le=65535, description="Frames take the way whose links have the least sum of costs."
    )
    draining: Draining = False

    @property
    def ends(self) -> tuple[LinkEnd, LinkEnd]:
        """Both ends, the same whichever is written first."""
        one, other = ((end.node, end.interface) for end in self.between)
        return (one, other) if one <= other else (other, one)


class LearningDocument(Form):
    """Bounds on what is learned from ports whose MAC is not given."""

    age: Annotated[int, Strict()] = Field(
        default=300, ge=1, le=65535, description="Seconds of silence after which a learned address is forgotten."
    )
    limit: Annotated[int, Strict()] = Field(
        default=64, ge=1, le=65535, description="Learned addresses for each port; further ones are flooded and counted."
    )


class DiscoveryDocument(Form):
    """The announcements by which links are found."""

    period: Period = Field(
        default="1s",
        validate_default=True,
        description="Seconds between two announcements from one interface; a silent link ends after about three.",
    )


class HostsDocument(Form):
    """What all hosts are given that have `host`."""

    checksums: Annotated[bool, Strict()] = Field(
        default=True, description="Whether packets of VXLAN and Geneve carry a UDP checksum."
    )
    ovn_installed: Annotated[bool, Strict()] = Field(
        default=False, description="Whether an interface whose port is in force is marked as OVN marks it, too."
    )


class FabricDocument(Form):
    """The operator's part: switches, key pools and defaults."""

    vlans: VlanRanges = Field(default="2-4094", validate_default=True, description="Pool of VLAN IDs.")
    keys: KeyRanges = Field(
        default="4096-16777215", validate_default=True, description="Pool of tunnel IDs for overlay networks."
    )
    reserved: ReservedRanges = Field(default=(), description="VLAN IDs that are never given out nor accepted.")
    overlay: Literal[Segment.VXLAN, Segment.GENEVE, Segment.GRE] = Field(
        default=Segment.VXLAN, description="What `segment: auto` uses when VLANs run out."
    )
    underlay_mtu: Annotated[int, Strict()] = Field(
        default=1500, ge=1280, le=65535, description="Largest IP packet in bytes between tunnel endpoints."
    )
    learning: LearningDocument = Field(default_factory=LearningDocument, description="Bounds on learned addresses.")
    discovery: DiscoveryDocument = Field(default_factory=DiscoveryDocument, description="How links are found.")
    hosts: HostsDocument = Field(default_factory=HostsDocument, description="What hosts are given that join.")
    switches: dict[Name, SwitchDocument] = Field(default={}, description="The switches by name.")
    admit: NamePatterns = Field(
        default=(),
        description="Names of hosts that may join by their certificates without being among the switches: patterns "
        "with * and ?, and behind ! those of hosts that may not.",
    )
    links: tuple[LinkDocument, ...] = Field(default=(), description="Costs of links, and which of them drain.")


class NetworkDocument(Form):
    """One isolated L2 segment of the tenant."""

    segment: Segment = Field(default=Segment.AUTO, description="How its frames are told apart between switches.")
    key: Annotated[int, Strict()] | None = Field(
        default=None, description="VLAN ID or tunnel ID. Left out, one is given from the pool and stays."
    )
    mtu: Annotated[int, Strict()] | None = Field(
        default=None,
        ge=68,
        le=65535,
        description="MTU in bytes that guests are set to, to be checked.",
    )
    lldp: Literal["drop", "pass"] = Field(
        default="drop", description="Whether guests hear each other's LLDP frames, or nobody does."
    )
    description: Annotated[str, Strict()] = Field(default="", description="A note for people.")


class PortDocument(Form):
    """A tenant's attachment: access (`network`), trunk (`trunk`) or outside (`network` and `endpoint`).

    Its interface is named by `switch` and `interface`, or by the id that a hypervisor gives it, `iface_id`.
    """

    network: Name | None = Field(default=None, description="Network of this tenant, untagged towards the guest.")
    trunk: dict[Vid, Name] | None = Field(
        default=None, description="Networks of this tenant by the VLAN ID with which the guest tags them."
    )
    switch: Name | None = Field(default=None, description="Switch on which the interface is.")
    interface: Interface | None = Field(default=None, description="Name of the switch's interface, as in OVSDB.")
    iface_id: IfaceId | None = Field(
        default=None,
        description="Instead of switch and interface: the external_ids:iface-id of the interface on whichever host.",
    )
    hosts: tuple[Name, ...] | None = Field(
        default=None,
        description="With iface_id: the only hosts that may have the interface; the guest may migrate between them.",
    )
    endpoint: Endpoint | None = Field(
        default=None, description="Instead of switch and interface: a tunnel endpoint outside of the fabric."
    )
    mac: Mac | None = Field(default=None, description="The guest's only MAC address. Left out, it is learned.")
    ip: Addresses = Field((), description="The guest's IP addresses, for display; not enforced.")
    description: Annotated[str, Strict()] = Field(default="", description="A note for people.")


class TenantDocument(Form):
    """One tenant's networks and ports."""

    networks: dict[Name, NetworkDocument] = Field(default={}, description="The tenant's networks by name.")
    ports: dict[Name, PortDocument] = Field(default={}, description="The tenant's ports by name.")


class Document(Form):
    """What the tenants of an Open vSwitch fabric should have."""

    fabric: FabricDocument = Field(default_factory=FabricDocument, description="Switches, key pools and defaults.")
    tenants: dict[Name, TenantDocument] = Field(default={}, description="The tenants by name.")
    lab: LabDocument = Field(
        default_factory=LabDocument, description="What Mininet builds around it; the daemon ignores it."
    )


FORMS: dict[tuple[str, ...], tuple[str, type[BaseModel]]] = {
    (): ("the document", Document),
    ("fabric",): ("fabric", FabricDocument),
    ("fabric", "learning"): ("fabric.learning", LearningDocument),
    ("fabric", "discovery"): ("fabric.discovery", DiscoveryDocument),
    ("fabric", "hosts"): ("fabric.hosts", HostsDocument),
    ("fabric", "switches", "*"): ("switch", SwitchDocument),
    ("fabric", "switches", "*", "tunnels"): ("the tunnels of switch", TunnelsDocument),
    ("fabric", "switches", "*", "host"): ("the host of switch", HostDocument),
    ("fabric", "links", "*"): ("the link", LinkDocument),
    ("tenants", "*"): ("tenant", TenantDocument),
    ("tenants", "*", "networks", "*"): ("network", NetworkDocument),
    ("tenants", "*", "ports", "*"): ("port", PortDocument),
    **LAB_FORMS,
}
"""Each model, where it stands in the document, and what messages call it; `*` is a name, or the number of an item."""
