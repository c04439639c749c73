"""What a table refuses, in words that name the table and what is wrong."""

from __future__ import annotations

import pytest

from controller.dataplane.fields import ETH_DST, ETH_SRC, FIELDS, IN_PORT, METADATA, VLAN_VID
from controller.dataplane.flow import Flow, Match, Output, PipelineError, Reason, SetField
from controller.dataplane.program import assemble, share_of
from controller.dataplane.table import Table, match_of

REASON = Reason("test", "one", network="red/a")
LAST = Table(2, "last", "", frozenset({METADATA}), frozenset(), frozenset(), {"any": 0})
TABLE = Table(
    1, "middle", "", frozenset({IN_PORT, ETH_DST}), frozenset({VLAN_VID}), frozenset({"last"}), {"known": 200, "any": 0}
)


def test_a_flow_gets_table_and_priority_from_the_declaration() -> None:
    flow = TABLE.flow("known", match_of(in_port=3), REASON, actions=[Output(4)], goto=LAST)
    assert flow == Flow(1, 200, ((IN_PORT, 3, None),), (Output(4),), 2, None, 0, REASON)


def test_an_undeclared_kind_is_refused() -> None:
    with pytest.raises(PipelineError, match=r"^table middle has no flows of kind 'special'$"):
        TABLE.flow("special", (), REASON)


def test_an_undeclared_match_is_refused() -> None:
    with pytest.raises(PipelineError, match=r"^table middle does not match eth_src$"):
        TABLE.flow("known", match_of(in_port=1, eth_src=2), REASON)


def test_an_undeclared_field_is_not_set() -> None:
    with pytest.raises(PipelineError, match=r"^table middle does not set eth_dst$"):
        TABLE.flow("known", (), REASON, actions=[SetField(ETH_DST, 1)])


def test_metadata_is_a_field_like_others() -> None:
    with pytest.raises(PipelineError, match=r"^table middle does not set metadata$"):
        TABLE.flow("known", (), REASON, metadata=1)


def test_an_undeclared_next_table_is_refused() -> None:
    with pytest.raises(PipelineError, match=r"^table last does not go to table middle$"):
        LAST.flow("any", (), REASON, goto=TABLE)


def test_criteria_stand_in_the_order_of_the_wire() -> None:
    expected: Match = ((IN_PORT, 1, None), (ETH_SRC, 3, None), (ETH_DST, 2, 0xFF))
    assert match_of(eth_src=3, eth_dst=(2, 0xFF), in_port=1) == expected
    assert [field.rank for field in FIELDS.values()] == list(range(len(FIELDS)))


def test_two_flows_for_one_match_are_refused() -> None:
    one = TABLE.flow("known", match_of(in_port=1), REASON, actions=[Output(1)])
    other = TABLE.flow("known", match_of(in_port=1), Reason("test", "other"), actions=[Output(2)])
    text = r"^two flows of table 1, priority 200 match the same packets: test: one \(network red/a\) and test: other$"
    with pytest.raises(PipelineError, match=text):
        assemble([share_of([one]), share_of([other])])


def test_the_same_flow_for_two_reasons_is_one_flow() -> None:
    one = TABLE.flow("known", match_of(in_port=1), REASON)
    other = TABLE.flow("known", match_of(in_port=1), Reason("test", "other"))
    assert len(assemble([share_of([one]), share_of([other])]).flows) == 1
