"""Learned addresses beside a model that is as simple as can be: a list of what was learned, oldest first."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from controller.fabric.addresses import Addresses, Verdict

LIMIT = 2
NETWORKS = ("red/a", "red/b", "blue/a")
PORTS = ("red/p", "red/q", "blue/p")
MACS = (0x020000000001, 0x020000000002, 0x020000000003)
GROUP = 0x030000000001

networks, ports, macs = st.sampled_from(NETWORKS), st.sampled_from(PORTS), st.sampled_from(MACS)


class LearnedAddresses(RuleBasedStateMachine):
    """Every operation on both, and both must agree."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses = Addresses(LIMIT)
        self.model: list[tuple[str, int, str]] = []
        self.verdicts: list[Verdict] = []

    @rule(network=networks, port=ports, mac=macs, given=st.sets(macs, max_size=1))
    def observe(self, network: str, port: str, mac: int, given: Collection[int]) -> None:
        known = [entry for entry in self.model if entry[:2] == (network, mac)]
        held = sum(entry[2] == port for entry in self.model)
        if mac in given:
            expected = Verdict.FORGED
        elif known and known[0][2] == port:
            expected = Verdict.KNOWN
        elif held >= LIMIT:
            expected = Verdict.FULL
            self.model = [entry for entry in self.model if entry not in known]
        else:
            expected = Verdict.MOVED if known else Verdict.LEARNED
            self.model = [entry for entry in self.model if entry not in known] + [(network, mac, port)]
        self.verdicts.append(expected)
        assert self.addresses.observe(network, port, mac, given) is expected

    @rule(network=networks, port=ports, mac=st.sampled_from((0, GROUP, 0xFFFFFFFFFFFF)))
    def observe_what_nobody_can_be(self, network: str, port: str, mac: int) -> None:
        self.verdicts.append(Verdict.INVALID)
        assert self.addresses.observe(network, port, mac, ()) is Verdict.INVALID

    @rule(network=networks, mac=macs)
    def forget(self, network: str, mac: int) -> None:
        left = [entry for entry in self.model if entry[:2] != (network, mac)]
        assert self.addresses.forget(network, mac) is (left != self.model)
        self.model = left

    @rule(
        learning=st.dictionaries(networks, st.frozensets(ports)),
        given=st.dictionaries(networks, st.frozensets(macs, max_size=1)),
    )
    def change_the_intent(self, learning: dict[str, frozenset[str]], given: dict[str, frozenset[int]]) -> None:
        self.addresses.keep_only(NETWORKS, learning, given)
        self.model = [
            (network, mac, port)
            for network, mac, port in self.model
            if port in learning.get(network, ()) and mac not in given.get(network, ())
        ]

    @invariant()
    def agree(self) -> None:
        for network in NETWORKS:
            assert self.addresses.of(network) == {mac: port for other, mac, port in self.model if other == network}
        assert self.addresses.counts == {verdict: self.verdicts.count(verdict) for verdict in Verdict}

    @invariant()
    def keep_nothing_of_what_is_forgotten(self) -> None:
        """Memory is bounded: no entry stays for a network without addresses."""
        assert set(self.addresses.by_network) == {network for network, _, _ in self.model}
        assert all(sum(entry[2] == port for entry in self.model) <= LIMIT for port in PORTS)


TestLearnedAddresses = LearnedAddresses.TestCase
TestLearnedAddresses.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
