"""Whoever has confirmed what, a switch knows an address only if all to whom it may send know it, too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.model import Link
from controller.fabric.paths import Paths
from controller.fabric.routes import Routes
from controller.fabric.spreading import Home, Spread
from controller.intent.model import Segment, SegmentKey
from tests.unit.graphs import SWITCHES, some_links

KEY = SegmentKey(Segment.VLAN, 9)
homes = st.dictionaries(
    st.integers(1, 3), st.builds(Home, st.sampled_from(SWITCHES), st.sampled_from(("t/a", "t/b"))), max_size=3
)
members = st.frozensets(st.sampled_from(SWITCHES), min_size=2)
some_switches = st.sets(st.sampled_from(SWITCHES))
confirmations = st.lists(st.tuples(some_switches, st.booleans()), max_size=3)
steps = st.lists(st.tuples(homes, members, confirmations), max_size=4)


def assert_all_on_the_way_know(before: dict[int, frozenset[str]], spread: Spread, routes: Routes) -> None:
    """`before` is who knew each address when all had confirmed; each switch may or may not have followed since."""
    for mac, home in spread.homes.items():
        told = spread.knowing(mac)
        known = before.get(mac, frozenset())
        for switch in told | known:
            assert all(
                neighbour == home.switch or neighbour in told & known
                for neighbour in routes.neighbours(switch, home.switch)
            )


@given(some_links, homes, members, steps)
def test_no_mixture_sends_to_a_switch_that_does_not_know(
    links: frozenset[Link],
    start: dict[int, Home],
    first: frozenset[str],
    history: list[tuple[dict[int, Home], frozenset[str], list[tuple[set[str], bool]]]],
) -> None:
    routes = Routes.of(Paths(SWITCHES, links))

    def there(wanted: dict[int, Home], switches: frozenset[str]) -> tuple[dict[int, Home], frozenset[str]]:
        return wanted, switches | {home.switch for home in wanted.values()}

    wanted, switches = there(start, first)
    spread = Spread(KEY, wanted, routes.carriers(switches))
    for aimed, some, confirmations in history:
        before = {mac: spread.knowing(mac) for mac in spread.homes}
        wanted, switches = there(aimed, some)
        spread.aim(wanted, routes.carriers(switches))
        for mac, known in before.items():
            assert mac not in spread.homes or spread.knowing(mac) == known, "nothing is told before a step"
        for connected, is_rested in confirmations:
            before = {mac: spread.knowing(mac) for mac in spread.homes}
            spread.step(routes.neighbours, connected, is_rested)
            assert_all_on_the_way_know(before, spread, routes)
            assert is_rested or all(known <= spread.knowing(mac) for mac, known in before.items()), "nobody forgets"
    for _ in range(4 * len(SWITCHES)):
        before = {mac: spread.knowing(mac) for mac in spread.homes}
        has_changed = spread.step(routes.neighbours, SWITCHES, True)
        assert_all_on_the_way_know(before, spread, routes)
        if not has_changed:
            break
    carriers = routes.carriers(switches)
    assert spread.homes == wanted
    assert {mac: spread.knowing(mac) for mac in wanted} == {mac: carriers[home.switch] for mac, home in wanted.items()}
