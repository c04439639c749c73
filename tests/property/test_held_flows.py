"""What a switch holds, remembered as the difference to what is wanted, is what a plain set would say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, Program, Reason
from controller.dataplane.program import EMPTY_SHARE, Share
from controller.southbound.held_flows import HeldFlows
from controller.southbound.wanted import Wanted

FLOWS = tuple(Flow(1, number, (), (), None, None, 0, Reason("test", "", "blue/web")) for number in range(6))
COOKIES = tuple(map(cookie_of, FLOWS))
SUBSETS = st.frozensets(st.sampled_from(FLOWS))
STEPS = st.lists(st.tuples(st.sampled_from(("replace", "change", "add", "discard", "correct")), SUBSETS))


@given(SUBSETS, SUBSETS, STEPS)
def test_it_is_what_a_plain_set_would_be(
    first: frozenset[Flow], found: frozenset[Flow], steps: list[tuple[str, frozenset[Flow]]]
) -> None:
    wanted = Wanted()
    wanted.replace(Program({cookie_of(flow): flow for flow in first}))
    plain = {cookie_of(flow) for flow in found}
    held = HeldFlows(wanted, frozenset(plain))
    for kind, flows in steps:
        cookies = {cookie_of(flow) for flow in flows}
        if kind == "replace":
            held.rebase(wanted.replace(Program({cookie_of(flow): flow for flow in flows})))
        elif kind == "change":
            before = Share(tuple(wanted.flows.values())[:2]) if wanted.flows else EMPTY_SHARE
            held.rebase(wanted.change(before, Share(tuple(flows))))
        elif kind == "add":
            plain |= cookies
            for cookie in cookies:
                held.add(cookie)
        elif kind == "discard":
            plain -= cookies
            held.discard_all(cookies)
        else:
            assert held.missing_in(cookies) == plain - cookies
            assert held.missed_of(cookies) == cookies - plain
        assert set(held) == plain
        assert [cookie for cookie in COOKIES if cookie in held] == [cookie for cookie in COOKIES if cookie in plain]
        assert held.unlike_wanted == plain ^ wanted.flows.keys()
