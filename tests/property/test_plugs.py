"""Whoever holds an id follows from what hosts reported, by the rules; and ports follow, however edits are cut."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.plugs import Claim, Plugged, Plugs

IDS, HOSTS, INTERFACES = ("i", "j", "k"), ("hv1", "hv2", "hv3"), ("tap1", "tap2")
MACS = (None, "02:00:00:00:00:01", "02:00:00:00:00:02")

plugged = st.builds(Plugged, st.sampled_from(IDS), st.sampled_from(MACS), st.booleans())
reports = st.tuples(st.sampled_from(HOSTS), st.dictionaries(st.sampled_from(INTERFACES), plugged) | st.none())


@dataclass
class Oracle:
    """The rules, in words of their own: for one id, who claims it and since when, who is up, and who holds it."""

    since: dict[tuple[str, str], int] = field(default_factory=dict)
    up: dict[tuple[str, str], bool] = field(default_factory=dict)
    holder: tuple[str, str] | None = None

    def report(self, host: str, found: dict[str, bool], now: int) -> None:
        for place in [place for place in self.since if place[0] == host and place[1] not in found]:
            del self.since[place], self.up[place]
        for interface, is_up in sorted(found.items()):
            self.since.setdefault((host, interface), 2 * now + (interface == "tap2"))
            self.up[host, interface] = is_up
        self.decide()

    def lost(self, host: str) -> None:
        self.up = {place: is_up and place[0] != host for place, is_up in self.up.items()}
        self.decide()

    def decide(self) -> None:
        if self.holder in self.since and self.up[self.holder]:
            return
        able = [place for place in self.since if self.up[place]]
        if able:
            self.holder = max(able, key=self.since.__getitem__)
        elif self.holder not in self.since:
            self.holder = max(self.since, key=self.since.__getitem__, default=None)


@given(st.lists(reports, max_size=12))
def test_the_rules_say_who_holds_an_id(history: list[tuple[str, dict[str, Plugged] | None]]) -> None:
    plugs, oracles = Plugs(), {iface_id: Oracle() for iface_id in IDS}
    for now, (host, found) in enumerate(history):
        before = {iface_id: plugs.holder(iface_id) for iface_id in IDS}
        changed = plugs.lost(host) if found is None else plugs.report(host, found)
        for iface_id, oracle in oracles.items():
            if found is None:
                oracle.lost(host)
            else:
                of_it = {name: one.up for name, one in found.items() if one.iface_id == iface_id}
                oracle.report(host, of_it, now)
            holder = plugs.holder(iface_id)
            assert (holder and holder.place) == oracle.holder
            assert (_where(before[iface_id]) != _where(holder)) == (iface_id in changed)
    again = Plugs()
    again.restore(plugs.memory(IDS))
    assert again.memory(IDS) == plugs.memory(IDS)
    assert [again.holder(one) for one in IDS] == [plugs.holder(one) for one in IDS]


def _where(claim: Claim | None) -> object:
    return claim and (claim.place, claim.mac)


def test_a_guest_that_migrates_is_where_it_was_until_that_is_over() -> None:
    plugs = Plugs()
    plugs.report("hv1", {"tap1": Plugged("i")})
    assert plugs.report("hv2", {"tap9": Plugged("i")}) == set()
    assert plugs.report("hv1", {}) == {"i"}
    assert plugs.holder("i") == Claim("i", "hv2", "tap9", holds=True)
    # Its old host comes back, with what was left there, and does not get it.
    assert plugs.report("hv1", {"tap1": Plugged("i", up=False)}) == set()
    assert plugs.report("hv1", {"tap1": Plugged("i")}) == set()
    # The new one is cut off, while the old one says that it is up.
    assert plugs.lost("hv2") == {"i"}
    assert plugs.report("hv2", {"tap9": Plugged("i")}) == set()


def test_who_marks_the_old_interface_as_inactive_moves_the_port_at_once() -> None:
    plugs = Plugs()
    plugs.report("hv1", {"tap1": Plugged("i")})
    plugs.report("hv2", {"tap9": Plugged("i", up=False)})
    assert plugs.report("hv1", {"tap1": Plugged("i", up=False)}) == set()
    assert plugs.report("hv2", {"tap9": Plugged("i", up=True)}) == {"i"}


def test_switches_that_are_none_of_ours_are_forgotten() -> None:
    plugs = Plugs()
    plugs.report("hv1", {"tap1": Plugged("i")})
    plugs.report("hv2", {"tap1": Plugged("j")})
    assert plugs.keep_only({"hv2"}) == {"i"}
    assert plugs.holder("i") is None
    assert plugs.unconfirmed({"hv1"}) == {"hv2"}
