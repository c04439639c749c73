"""Memory that was in use for a moment is given back."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from pathlib import Path
from controller.large_blocks import give_back_when_freed

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if {is_called}:
    give_back_when_freed()
del [bytearray(4_000_000)][:]
kept, before = [], resident()
blocks = []
for _ in range(100):
    blocks.append(bytearray(400_000))
    kept.append(bytearray(4_000))
del blocks
print((resident() - before) // 1_000_000)
"""


def test_large_blocks_go_back_although_small_ones_behind_them_stay() -> None:
    commands = ([sys.executable, "-c", SCRIPT.format(is_called=called)] for called in (True, False))
    with_call, without = (int(subprocess.run(one, capture_output=True, check=True).stdout) for one in commands)
    assert with_call <= 2
    assert without > 20, "the C library gives them back by itself: is this still needed?"
