"""The counters read as one line."""

from __future__ import annotations

from collections import Counter

from controller.southbound.statistics import Statistics


def test_what_is_zero_is_left_out() -> None:
    assert str(Statistics()) == "nothing happened"
    refused = Counter(forged=4)
    counted = Statistics(connections=3, closed=Counter({"silent": 1, "malformed": 2}), announcements_refused=refused)
    assert str(counted) == ("connections 3, closed (malformed) 2, closed (silent) 1, announcements refused (forged) 4")
