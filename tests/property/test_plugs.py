"""Whoever holds an id follows from what hosts reported, by the rules; and ports follow, however edits are cut."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.plugs import Claim, Plugged, Plugs, Standing

IDS, HOSTS, INTERFACES = ("i", "j", "k"), ("hv1", "hv2", "hv3"), ("tap1", "tap2")
MAY_HAVE = {"j": ("hv1", "hv2"), "k": HOSTS}
"""The hosts of ids that have some."""
MACS = (None, "02:00:00:00:00:01", "02:00:00:00:00:02")

plugged = st.builds(Plugged, st.sampled_from(IDS), st.sampled_from(MACS), st.booleans())
found_there = st.dictionaries(st.sampled_from(INTERFACES), plugged)
heard = st.tuples(st.sampled_from(IDS), st.sampled_from(INTERFACES))
steps = st.tuples(st.sampled_from(HOSTS), found_there | found_there | heard | st.none())
"""A host reports what it has, has a guest that sends, or is lost."""


@dataclass
class Oracle:
    """The rules, in words of their own: for one id, who claims it and since when, who is up, and who holds it."""

    hosts: tuple[str, ...] = ()
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

    def heard(self, host: str, interface: str) -> None:
        if self.standby == (host, interface):
            self.holder = host, interface

    def decide(self) -> None:
        if self.holder in self.since and self.up[self.holder]:
            return
        able = [place for place in self.trusted if self.up[place]]
        if able:
            self.holder = max(able, key=self.since.__getitem__)
        elif self.holder not in self.since:
            self.holder = max(self.trusted, key=self.since.__getitem__, default=None)

    @property
    def trusted(self) -> list[tuple[str, str]]:
        return [place for place in self.since if not self.hosts or place[0] in self.hosts]

    @property
    def refused(self) -> list[str]:
        return sorted({place[0] for place in self.since} - {place[0] for place in self.trusted})

    @property
    def standby(self) -> tuple[str, str] | None:
        """Who is newer than a holder that is up, is up on another host, and is trusted with its guest."""
        if not self.hosts or self.holder is None or not self.up[self.holder]:
            return None
        after = self.since[self.holder]
        newer = [place for place in self.trusted if self.up[place] and self.since[place] > after]
        return max((one for one in newer if one[0] != self.holder[0]), key=self.since.__getitem__, default=None)


@given(st.lists(steps, max_size=14))
def test_the_rules_say_who_holds_an_id(
    history: list[tuple[str, dict[str, Plugged] | tuple[str, str] | None]],
) -> None:
    plugs, oracles = Plugs(), {iface_id: Oracle(MAY_HAVE.get(iface_id, ())) for iface_id in IDS}
    plugs.keep_to(MAY_HAVE)
    for now, (host, what) in enumerate(history):
        before = {iface_id: plugs.standing(iface_id) for iface_id in IDS}
        match what:
            case None:
                changed = plugs.lost(host)
            case (iface_id, interface):
                changed = plugs.take(iface_id, (host, interface))
                oracles[iface_id].heard(host, interface)
            case _:
                changed = plugs.report(host, what)
        for iface_id, oracle in oracles.items():
            if what is None:
                oracle.lost(host)
            elif isinstance(what, dict):
                oracle.report(host, {name: one.up for name, one in what.items() if one.iface_id == iface_id}, now)
            found = plugs.standing(iface_id)
            assert (found.holder and found.holder.place) == oracle.holder
            assert (found.standby and found.standby.place) == oracle.standby
            assert list(found.refused) == oracle.refused
            assert (_said(before[iface_id]) != _said(found)) == (iface_id in changed)
    again = Plugs()
    again.restore(plugs.memory(IDS))
    again.keep_to(MAY_HAVE)
    assert again.memory(IDS) == plugs.memory(IDS)
    assert [again.standing(one) for one in IDS] == [plugs.standing(one) for one in IDS]


def _said(standing: Standing) -> object:
    return [one and (one.place, one.mac) for one in (standing.holder, standing.standby)], standing.refused


def test_a_guest_that_is_heard_has_moved_and_what_was_on_its_way_does_not_take_it_back() -> None:
    plugs = Plugs()
    plugs.keep_to({"i": ("hv1", "hv2")})
    plugs.report("hv1", {"tap1": Plugged("i")})
    assert plugs.report("hv2", {"tap9": Plugged("i")}) == {"i"}
    standby = plugs.standing("i").standby
    assert standby is not None
    assert standby.place == ("hv2", "tap9")
    assert plugs.take("i", ("hv1", "tap1")) == set()
    assert plugs.take("i", ("hv2", "tap9")) == {"i"}
    assert plugs.standing("i").standby is None
    assert plugs.take("i", ("hv1", "tap1")) == set()
    # It migrates back: a new interface is a new claim.
    plugs.report("hv1", {})
    assert plugs.report("hv1", {"tap2": Plugged("i")}) == {"i"}
    assert plugs.take("i", ("hv1", "tap2")) == {"i"}
    assert plugs.holder("i") == Claim("i", "hv1", "tap2", holds=True)


def test_who_is_none_of_its_hosts_has_nothing_of_it_and_nobody_stands_by_without_hosts() -> None:
    plugs = Plugs()
    plugs.keep_to({"i": ("hv1", "hv2")})
    assert plugs.report("hv3", {"tap1": Plugged("i"), "tap2": Plugged("j")}) == {"i", "j"}
    assert plugs.standing("i") == Standing(refused=("hv3",))
    plugs.report("hv2", {"tap1": Plugged("j")})
    assert plugs.standing("j").standby is None
    assert plugs.take("j", ("hv2", "tap1")) == set()
    # Its hosts become others, as it is edited.
    assert plugs.keep_to({"i": ("hv3",)}) == {"i"}
    assert plugs.holder("i") == Claim("i", "hv3", "tap1", holds=True)
    assert plugs.keep_to({}) == set()


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
