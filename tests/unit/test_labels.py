"""Labels: what they look like on the wire is a contract between versions, and no two may look alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.labels import half, label_of, labelled, next_hop_group, to_label, to_switch
from apps.trees import FIRST_GROUPS
from controller.dataplane.flow import OUR_GROUPS
from controller.fabric.paths import PLANES, SWITCH_NUMBERS

numbers = st.integers(0, SWITCH_NUMBERS - 1)
planes = st.integers(0, PLANES - 1)
macs = st.integers(0, 2**48 - 1)


def test_a_labelled_address_is_the_same_in_every_version() -> None:
    assert f"{labelled(label_of(0x5A5A5, 3), 0x020000123456):012x}" == "5a9697123456"
    assert f"{labelled(label_of(0, 0), 0xFFFFFFFFFFFF):012x}" == "020000ffffff"


@given(numbers, planes, macs)
def test_it_is_one_stations_and_locally_administered(number: int, plane: int, mac: int) -> None:
    address = labelled(label_of(number, plane), mac)
    assert address >> 40 & 0b11 == 0b10
    assert half(address) == half(mac)


@given(numbers, planes, numbers, planes, macs)
def test_it_names_its_switch_and_plane_and_no_other(one: int, a: int, other: int, b: int, mac: int) -> None:
    def matches(criterion: tuple[int, int]) -> bool:
        value, mask = criterion
        return labelled(label_of(one, a), mac) & mask == value

    assert matches(to_label(label_of(other, b))) == ((one, a) == (other, b))
    assert matches(to_switch(other)) == (one == other)


@given(numbers, planes)
def test_groups_are_ours_and_trees_have_others(number: int, plane: int) -> None:
    group = next_hop_group(label_of(number, plane))
    assert group in OUR_GROUPS
    assert group < FIRST_GROUPS[0]
