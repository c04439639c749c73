"""Which hosts have caused what is compiled: each pays for its part of the time that takes.

What a report touches and was not touched before is its host's. The rest (an edit of the files, links, addresses) is
nobody's. All units count the same, so a plug in the middle of a large reload costs its host one unit of 10,000. Until
all is compiled nobody's part is over: what is touched anew after it was compiled is added to it.
"""

from __future__ import annotations


class CompileCosts:
    """Of what is not compiled yet."""

    def __init__(self) -> None:
        self._touched: dict[str, int] = {}
        """Units by host."""
        self._whole = 0

    def touched(self, host: str, units: int) -> None:
        """A host's report touched so many units more."""
        if units > 0:
            self._touched[host] = self._touched.get(host, 0) + units

    def compiled(self, seconds: float, pending: int, *, is_done: bool) -> dict[str, float]:
        """Some of `pending` units were compiled, or all, in so many seconds. Seconds by host that is to pay."""
        self._whole = max(self._whole, pending, sum(self._touched.values()))
        costs = {host: seconds * units / self._whole for host, units in self._touched.items()}
        if is_done:
            self._touched, self._whole = {}, 0
        return costs
