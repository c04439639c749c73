"""The strategy for whole worlds: a fabric, tenants on it, and what was discovered and learned there."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from controller.intent.model import Fabric, Intent, Segment
from tests.property.fabrics import Plant, plants
from tests.property.scene import Scene, World
from tests.property.tenancies import SEGMENTS, Tenancy, tenancies


@st.composite
def worlds(draw: st.DrawFn, most: int = 6, segments: Sequence[Segment] = SEGMENTS) -> World:
    """A world of at most `most` switches."""
    plant = draw(plants(most))
    return World(scene_of(plant, draw(tenancies(plant, segments))))


def scene_of(plant: Plant, tenancy: Tenancy) -> Scene:
    """The scene of these tenants on that fabric."""
    return Scene(
        intent=intent_of(plant, tenancy),
        keys=dict(tenancy.keys),
        views=plant.views,
        cables=plant.cables,
        links=plant.links,
        learned=tuple(tenancy.learned),
    )


def intent_of(plant: Plant, tenancy: Tenancy) -> Intent:
    """What was asked for."""
    tenants = tuple(dict.fromkeys(network.tenant for network in tenancy.networks.values()))
    return Intent(Fabric(plant.switches), tenants, dict(tenancy.networks), dict(tenancy.ports))
