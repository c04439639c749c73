"""Real frames through real bridges come out where the interpreter says, with the tags that it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from controller.intent.model import Segment
from namespaces import new_namespace
from private_ovs import PrivateOvs
from tests.property.conversations import openings
from tests.property.expectation import attachments
from tests.property.scene import World
from tests.property.sent_frames import guest_frames, stray_frames
from tests.property.worlds import worlds
from tests.switch.real_fabric import RealFabric, mark_of

pytestmark = pytest.mark.ovs

WORLDS = 16
FRAMES = 20
MOST_TALK = 60


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PrivateOvs, int]]:
    with new_namespace() as namespace, PrivateOvs(tmp_path_factory.mktemp("ovs"), pid=namespace) as ovs:
        yield ovs, namespace


@settings(
    max_examples=WORLDS,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(world=worlds(3, (Segment.VLAN,)), data=st.data())
def test_frames_come_out_where_the_interpreter_says(
    lab: tuple[PrivateOvs, int], world: World, data: st.DataObject
) -> None:
    assume(any(attachments(world.scene)))
    with RealFabric(world, *lab) as fabric:
        talk = [opening for network in world.scene.intent.networks for opening in openings(world, network)]
        sent = [data.draw(guest_frames(world.scene)) for _ in range(FRAMES)]
        sent += [data.draw(stray_frames(world.scene)) for _ in range(FRAMES // 4)]
        sent += talk[:: 1 + len(talk) // MOST_TALK]
        sent = [(place, packet) for place, packet in sent if place in fabric.guests()]
        expected = {
            mark_of(index): Counter((exit_, out.tags) for exit_, out in world.send(place, packet).delivered)
            for index, (place, packet) in enumerate(sent)
        }
        seen = fabric.exchange(sent, {mark: outcome.total() for mark, outcome in expected.items()})
        for index, injection in enumerate(sent):
            assert seen[mark_of(index)] == expected[mark_of(index)], injection
