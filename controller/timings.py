"""How long things took, as Prometheus histograms: compiling what was touched, and bringing a switch in sync."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import Histogram

COMPILE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SYNC_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class Timings:
    """What a daemon measured since its start."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds, from any steady clock."""
        self._clock = clock
        self.compiling = Histogram(
            "tenantry_compile_seconds",
            "Compiling what one or more events touched, other work in between not counted.",
            buckets=COMPILE_BUCKETS,
            registry=None,
        )
        self.syncing = Histogram(
            "tenantry_sync_seconds",
            "From the first change for a connected switch until it confirmed all.",
            buckets=SYNC_BUCKETS,
            registry=None,
        )
        self.lag = Histogram(
            "tenantry_event_loop_lag_seconds",
            "How much later than asked the event loop called back, ten times a second.",
            buckets=LAG_BUCKETS,
            registry=None,
        )
        self.changed_at: dict[str, float] = {}
        """Switches that are being changed, and since when."""
        self.revisions: dict[str, int] = {}
        """How often each switch's program was changed."""
        self._compiled = 0.0

    def compiled(self, seconds: float, is_done: bool) -> None:
        """The daemon compiled for so long; whether nothing touched is left."""
        self._compiled += seconds
        if is_done:
            self.compiling.observe(self._compiled)
            self._compiled = 0.0

    def changed(self, switch: str, is_connected: bool) -> None:
        """A switch is to hold something else."""
        self.revisions[switch] = self.revisions.get(switch, 0) + 1
        if is_connected:
            self.changed_at.setdefault(switch, self._clock())

    def settled(self, switch: str) -> None:
        """A switch confirmed all that it was told."""
        if (since := self.changed_at.pop(switch, None)) is not None:
            self.syncing.observe(self._clock() - since)

    def lost(self, switch: str) -> None:
        """A switch has no session any more."""
        self.changed_at.pop(switch, None)
