"""What the southbound counts. Totals since the start, except where a name says otherwise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Statistics:
    """Counters of all sessions together."""

    connections: int = 0
    """Peers that connected, whoever they were."""
    sessions: int = 0
    """Switches that became ready."""
    closed: Counter[str] = field(default_factory=Counter)
    """Ends of connections by kind, such as `malformed`, `incompatible`, `silent`, `unknown switch`, `duplicate`."""
    sent: Counter[str] = field(default_factory=Counter)
    """Messages that change a switch, by kind."""
    refusals: int = 0
    """Errors from switches about something of ours."""
    packet_ins: int = 0
    packet_ins_dropped: int = 0
    """Copies that came faster than they are looked at."""
    packet_outs: int = 0
    packet_outs_dropped: int = 0
    """Frames for a switch that does not read, or is not there."""
    handler_errors: int = 0
    """Exceptions out of the handler: bugs."""
