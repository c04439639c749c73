"""Ethernet frames that carry a token, for tests that must know exactly which frame arrived where.

A token is a short name; its bytes can be found anywhere in a frame, so the same token is recognised in a frame of ours,
in the payload of a ping (`ping -p`), and inside an encapsulation. Frames of ours have the EtherType that IEEE 802 sets
aside for local experiments.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

BROADCAST = "ff:ff:ff:ff:ff:ff"
MULTICAST = "01:00:5e:00:00:fb"
EXPERIMENTAL = 0x88B5
"""IEEE Std 802, local experimental EtherType 1."""
TAG = 0x8100
MINIMUM = 60
"""Octets of the shortest Ethernet frame, without its check sequence."""

_MAGIC = b"TNTY"
_WIDTH = 12


def token_bytes(token: str) -> bytes:
    """The 16 bytes by which a token of up to 12 characters is found."""
    encoded = token.encode("ascii")
    if not 0 < len(encoded) <= _WIDTH:
        raise ValueError(f"a token has 1 to {_WIDTH} ASCII characters, not {token!r}")
    return _MAGIC + encoded.ljust(_WIDTH, b"\0")


def token_in(data: bytes) -> str | None:
    """The first token in `data`."""
    at = data.find(_MAGIC)
    if at < 0 or len(data) < at + 16:
        return None
    return data[at + 4 : at + 16].rstrip(b"\0").decode("ascii", "replace")


def frame(
    token: str,
    *,
    src: str,
    dst: str = BROADCAST,
    vlans: Sequence[int] = (),
    size: int = MINIMUM,
    ethertype: int = EXPERIMENTAL,
) -> bytes:
    """A frame of `size` octets, tags included, with the tags `vlans` from the outside in."""
    head = _mac(dst) + _mac(src)
    tags = b"".join(struct.pack("!HH", TAG, vlan) for vlan in vlans)
    body = head + tags + struct.pack("!H", ethertype) + token_bytes(token)
    if size < len(body):
        raise ValueError(f"{size} octets are too few for a token and {len(vlans)} tags")
    return body.ljust(size, b"\0")


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))
