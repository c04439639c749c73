"""An index that is edited is the index of the intent that the edits lead to; what an edit touches is what it says."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.intent.edit import difference
from controller.intent.model import Intent
from controller.situation import IntentIndex
from tests.property.fabrics import plants
from tests.property.tenancies import tenancies
from tests.property.worlds import intent_of


@st.composite
def histories(draw: st.DrawFn) -> list[Intent]:
    """Intents of one or two fabrics, each of which may be a part of another."""
    history = [Intent()]
    for plant in draw(st.lists(plants(4), min_size=1, max_size=2)):
        for _ in range(draw(st.integers(1, 3))):
            intent = intent_of(plant, draw(tenancies(plant)))
            left_out = draw(st.sets(st.sampled_from(sorted(intent.ports)))) if intent.ports else set()
            ports = {name: port for name, port in intent.ports.items() if name not in left_out}
            history += [intent, replace(intent, ports=ports), intent]
    return history


@given(histories())
def test_an_edited_index_is_the_index_of_the_whole(history: list[Intent]) -> None:
    index = IntentIndex(Intent())
    for before, after in itertools.pairwise(history):
        index.edit(difference(before, after))
        assert vars(index) == vars(IntentIndex(after))


@given(histories())
def test_what_is_not_touched_is_what_it_was(history: list[Intent]) -> None:
    for before, after in itertools.pairwise(history):
        edit = difference(before, after)
        assert edit.fabric == (before.fabric != after.fabric)
        assert edit.networks == {name for name, _ in before.networks.items() ^ after.networks.items()}
        assert edit.ports == {name for name, _ in before.ports.items() ^ after.ports.items()}
        old, new = IntentIndex(before), IntentIndex(after)
        for network in (before.networks.keys() | after.networks.keys()) - edit.touched_networks():
            assert before.networks[network] == after.networks[network]
            assert old.ports_by_network.get(network) == new.ports_by_network.get(network)
