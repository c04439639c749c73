"""Large blocks of memory go back to the system when they are freed.

The tables of dictionaries and sets that grow while switches are filled (a megabyte each) and what waits to be sent are
large, and freed soon after. glibc takes such blocks from the system one by one, but as soon as it has seen one freed it
puts the next ones of that size into its heap, where what is allocated behind them keeps them from being given back
(mallopt(3), "dynamic mmap threshold"). A daemon with 100,000 ports so kept 50 MB that it had no use for.
"""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD = -3
_LARGE = 128 * 1024
"""Bytes; glibc's own threshold, until it moves it."""


def give_back_when_freed() -> None:
    """Keep glibc's threshold where it is at the start. Another C library does as it does."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
