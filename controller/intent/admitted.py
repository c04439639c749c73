"""Hosts that join without being named in the files: which may, and what they are.

A host is admitted by patterns for names (`fabric.admit`), and its name is that of its certificate. It is then a switch
like one that the files name with `host: {}`, with a datapath ID that follows from its name, so it has the same one
whenever it comes. What was admitted is remembered (`controller.intent.api_part`) and counts as long as the patterns say
so and the files do not name it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from hashlib import blake2b

from controller.intent.scalars import is_name

NOT = "!"
"""Begins a pattern of names that may not join."""


def may_join(patterns: Iterable[str], name: str) -> bool:
    """Whether it can be a switch's name, one of the patterns admits it, and none says that it may not."""
    if not is_name(name):
        return False
    matching = [one for one in patterns if fnmatchcase(name, one.removeprefix(NOT))]
    return bool(matching) and not any(one.startswith(NOT) for one in matching)


def dpid_of(name: str, taken: Collection[int]) -> int:
    """A datapath ID for a host, below 2**64 and not 0, always the same but for those that are `taken`."""
    attempt = 0
    while True:
        hashed = blake2b(f"{name} {attempt}".encode(), digest_size=8).digest()
        dpid = int.from_bytes(hashed, "big")
        if dpid and dpid not in taken:
            return dpid
        attempt += 1
