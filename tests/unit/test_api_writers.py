"""A hundred writers at once: who says what was seen loses nobody's change, and nobody's is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from controller.api_part_files import read_api_part
from tests.unit.write_site import WriteSite, write_site

WRITERS = 100


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WriteSite]:
    with write_site(tmp_path) as site:
        assert site.ask("PUT", "/tenants/blue", {}).status_code == 201
        yield site


async def add_word(client: httpx.AsyncClient, path: str, word: str) -> int:
    """Read, add a word, and write, until nobody was quicker; how often it was tried."""
    tries = 0
    while True:
        tries += 1
        read = await client.get(path)
        content = {**read.json()["written"], "description": f"{read.json()['description']} {word}"}
        answer = await client.put(path, json=content, headers={"If-Match": read.headers["etag"]})
        if answer.status_code == 200:
            return tries
        assert answer.status_code == 412
        await asyncio.sleep(0.01 * int(word[1:]))


def test_on_one_resource(site: WriteSite) -> None:
    async def all_of_them() -> list[int]:
        async with site.client() as client:
            await client.put("/networks/blue/web", json={"segment": "vlan"})
            return await asyncio.gather(
                *(add_word(client, "/networks/blue/web", f"w{number}") for number in range(WRITERS))
            )

    tries = asyncio.run(all_of_them())
    assert max(tries) > 1, "they were at it together"
    description = site.core.situation.intent.networks["blue/web"].description
    assert sorted(description.split()) == sorted(f"w{number}" for number in range(WRITERS))
    assert read_api_part(site.state)[0].entries["networks/blue/web"].content["description"] == description


def test_on_resources_of_their_own(site: WriteSite) -> None:
    async def write(client: httpx.AsyncClient, number: int) -> None:
        network, port = f"/networks/blue/n{number}", f"/ports/blue/p{number}"
        body = {"network": f"n{number}", "switch": "s1", "interface": f"eth{number}"}
        assert (await client.put(network, json={}, headers={"If-None-Match": "*"})).status_code == 201
        made = await client.put(port, json=body, headers={"If-None-Match": "*"})
        assert made.status_code == 201
        moved = await client.put(port, json={**body, "switch": "s3"}, headers={"If-Match": made.headers["etag"]})
        assert moved.status_code == 200

    async def all_of_them() -> None:
        async with site.client() as client:
            await asyncio.gather(*(write(client, number) for number in range(WRITERS)))

    asyncio.run(all_of_them())
    intent = site.core.situation.intent
    assert {name for name in intent.networks if name.startswith("blue/")} == {f"blue/n{n}" for n in range(WRITERS)}
    assert {port.switch for name, port in intent.ports.items() if name.startswith("blue/")} == {"s3"}
    assert len(site.core.situation.index.ports_by_switch["s3"]) == WRITERS
    items = site.ask("GET", "/ports?tenant=blue&limit=1000").json()["items"]
    assert [one["id"] for one in items] == sorted(f"blue/p{number}" for number in range(WRITERS))
    assert site.ask("GET", "/tenants/blue").json() == {
        **{"name": "blue", "owner": "api", "networks": WRITERS, "ports": WRITERS}
    }
    before = dict(site.configuration.part.entries)
    assert read_api_part(site.state)[0].entries == before
    assert len(set(site.core.situation.keys.values())) == WRITERS + 1, "each network has a key of its own"


def test_only_one_of_many_makes_it(site: WriteSite) -> None:
    async def all_of_them() -> list[int]:
        async with site.client() as client:
            asked = (
                client.put("/networks/blue/web", json={"description": str(number)}, headers={"If-None-Match": "*"})
                for number in range(WRITERS)
            )
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    assert sorted(asyncio.run(all_of_them())) == [201, *[412] * (WRITERS - 1)]
