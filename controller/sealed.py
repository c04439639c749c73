"""Text with a checksum: whether a file is whole shows before anybody looks at what is in it."""

from __future__ import annotations

import hashlib
import json

VERSION = 1


class Damaged(Exception):
    """Not what was sealed; the message says in what way."""


class UnknownVersion(Exception):
    """Sealed by another version of the program; the message says which."""


def seal(text: str) -> bytes:
    """The text in an envelope with its checksum."""
    return json.dumps({"version": VERSION, "sha256": _checksum(text), "content": text}).encode()


def unseal(envelope: bytes) -> str:
    """The text in an envelope.

    Raises:
        Damaged: the envelope was cut, or its content changed.
        UnknownVersion: it is of a newer form.
    """
    try:
        parts = json.loads(envelope)
        version, text, checksum = parts["version"], parts["content"], parts["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Damaged("damaged (not complete)") from None
    if version != VERSION:
        raise UnknownVersion(f"version {version} of the format, this program knows {VERSION}; update the program")
    if not isinstance(text, str) or _checksum(text) != checksum:
        raise Damaged("damaged (its checksum is wrong)")
    return text


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
