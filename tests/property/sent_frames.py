"""Strategies for frames: what honest and hostile guests, outside endpoints and strangers may send into a world."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st

from controller.dataplane.packet import Packet, Tunnel
from controller.dataplane.walk import Place
from controller.fabric.model import End
from controller.intent.model import Segment
from tests.property.expectation import Tags, addresses, attachments, known_addresses, tunnel_of
from tests.property.fabrics import endpoint
from tests.property.scene import Scene
from tests.property.tenancies import KEYS, MACS, TAGS

Injection: TypeAlias = tuple[Place, Packet]
"""Where a frame enters, and the frame."""
T = TypeVar("T")

BROADCAST = 0xFFFFFFFFFFFF
MULTICAST = (0x01005E0000FB, 0x333300000001)
KEPT_BY_BRIDGES = (0x0180C2000000, 0x0180C200000E)
UNKNOWN = 0x02DEAD000001
DESTINATIONS = (*MACS, *MACS, BROADCAST, BROADCAST, *MULTICAST, *KEPT_BY_BRIDGES, UNKNOWN, UNKNOWN)
SOURCES = (*MACS, UNKNOWN + 1, BROADCAST, 0x010000000001, 0x010000000002)
TYPES = (0x0800, 0x0806, 0x86DD, 0x88CC)
PRIORITIES = st.sampled_from((0, 0, 1, 7))
"""Of a guest's tag; 1 is what marks a flooded frame on links."""
VLAN_IDS = (0, *TAGS, *(key for key in KEYS if key < 4095))


@st.composite
def guest_frames(draw: st.DrawFn, scene: Scene) -> Injection:
    """From a tenant's port: mostly as it should be, else with any tag, from any source; to anybody."""
    places = sorted(attachments(scene), key=lambda each: each[1])
    port, place = draw(st.sampled_from(places))
    roles: list[tuple[str, Tags]] = [(name, (tag,)) for tag, name in port.trunk]
    network, tags = draw(st.sampled_from(roles or [(port.network or "", ())]))
    known = sorted(known_addresses(scene, network))
    own = sorted(addresses(scene, network, port)) or [UNKNOWN + 1]
    packet = Packet(
        eth_dst=draw(st.sampled_from((*known, BROADCAST, UNKNOWN)) | st.sampled_from(DESTINATIONS)),
        eth_src=draw(_mostly(st.sampled_from(own), st.sampled_from(SOURCES))),
        eth_type=draw(st.sampled_from(TYPES)),
        tags=draw(_mostly(st.just(tags), _tags() | st.sampled_from(VLAN_IDS).map(lambda inner: (*tags, inner)))),
    )
    return place, replace(packet, priority=draw(PRIORITIES)) if packet.tags else packet


@st.composite
def tunnelled_frames(draw: st.DrawFn, scene: Scene) -> Injection:
    """Out of a tunnel interface, from addresses that are not our switches': mostly ones that a network names."""
    outside = [port for port in scene.intent.ports.values() if port.endpoint]
    sender = draw(st.sampled_from(outside)) if outside else None
    key = scene.keys.get(sender.network or "") if sender else None
    places = [place for place in tunnel_places(scene) if not key or tunnel_of(scene, place[0], key.segment) == place]
    network = sender.network if sender and sender.network else ""
    known = sorted(known_addresses(scene, network))
    strange = st.builds(endpoint, st.sampled_from((4, 6)), st.integers(10, 12))
    packet = Packet(
        eth_dst=draw(st.sampled_from((*known, BROADCAST, UNKNOWN)) | st.sampled_from(DESTINATIONS)),
        eth_src=draw(st.sampled_from(SOURCES)),
        eth_type=draw(st.sampled_from(TYPES)),
        tags=draw(_mostly(st.just(()), _tags())),
        tunnel=Tunnel(
            draw(_mostly(st.just(key.key), st.sampled_from(KEYS)) if key else st.sampled_from(KEYS)),
            draw(_mostly(st.just(sender.endpoint), strange) if sender and sender.endpoint else strange),
            None,
        ),
    )
    return draw(st.sampled_from(places or tunnel_places(scene))), packet


def stray_frames(scene: Scene) -> st.SearchStrategy[Injection]:
    """From interfaces that are nobody's, and of cables that were not discovered."""
    ends = [End(name, f"{name}-free") for name in scene.views]
    ends += [end for cable in scene.cables if cable not in scene.links for end in (cable.a, cable.b)]
    places = [(end.switch, number) for end in ends if (number := scene.number(end)) is not None]
    packets = st.builds(
        Packet,
        eth_dst=st.sampled_from(DESTINATIONS),
        eth_src=st.sampled_from(SOURCES),
        eth_type=st.sampled_from(TYPES),
        tags=st.just(()) | _tags(),
    )
    return st.tuples(st.sampled_from(sorted(places)), packets)


def tunnel_places(scene: Scene) -> list[Place]:
    """Every tunnel interface."""
    segments = (Segment.VXLAN, Segment.GENEVE, Segment.GRE)
    return [place for name in scene.views for segment in segments if (place := tunnel_of(scene, name, segment))]


def link_places(scene: Scene) -> list[Place]:
    """Both interfaces of every link."""
    ends = sorted(end for link in scene.links for end in (link.a, link.b))
    return [(end.switch, number) for end in ends if (number := scene.number(end)) is not None]


def _tags() -> st.SearchStrategy[Tags]:
    """No tag, priority tag, one tag, or two."""
    return st.lists(st.sampled_from(VLAN_IDS), max_size=2).map(tuple)


def _mostly(usual: st.SearchStrategy[T], other: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """Three of the one for one of the other."""
    return st.sampled_from((True, True, True, False)).flatmap(lambda is_usual: usual if is_usual else other)
