"""Two guests that join their ports outside of the fabric: each bridges its own with a cable between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from guest import DEVICE
from lab import Lab
from namespaces import ip_batch

_BRIDGE, _CABLE = "br0", "cable"


@contextmanager
def joined(lab: Lab, one: str, other: str) -> Iterator[None]:
    """Hold the two guests joined."""
    places = [lab.guests[name].namespace for name in (one, other)]
    ip_batch([f"link add {_CABLE} type veth peer name {_CABLE} netns {places[1]}"], pid=places[0])
    for place in places:
        devices = [f"link set {device} master {_BRIDGE} up" for device in (DEVICE, _CABLE)]
        ip_batch([f"link add {_BRIDGE} type bridge", *devices, f"link set {_BRIDGE} up"], pid=place)
    try:
        yield
    finally:
        ip_batch([f"link del {_CABLE}", f"link del {_BRIDGE}"], pid=places[0])
        ip_batch([f"link del {_BRIDGE}"], pid=places[1])
