"""Signatures of the frames that only this daemon can have made: announcements and probes.

HMAC-SHA-256 (RFC 2104) with the secret of the state directory, cut to 16 bytes (RFC 2104, 5: not below half).
"""

from __future__ import annotations

import hmac
from functools import lru_cache

OUI = b"\x02\x7e\x74"
"""Under which our frames are known; locally administered, so nobody's."""
SIGNATURE_BYTES = 16


def sign(signed: bytes, key: bytes) -> bytes:
    """The signature of these bytes."""
    state = _keyed(key).copy()
    state.update(signed)
    return state.digest()[:SIGNATURE_BYTES]


def is_signed(signed: bytes, signature: bytes, key: bytes) -> bool:
    """Whether it is theirs; takes as long whatever is wrong with it."""
    return hmac.compare_digest(sign(signed, key), signature)


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> hmac.HMAC:
    """What has taken in the key alone, which takes longer than the frame that follows (RFC 2104, 4)."""
    return hmac.new(key, digestmod="sha256")
