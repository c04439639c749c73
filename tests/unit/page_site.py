"""A daemon's server for tests of the page: a core without switches behind a TCP endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from playwright.sync_api import Page

from controller.api.endpoint import Endpoint
from controller.core import Core
from controller.event_log import EventKind
from controller.southbound.listen import Listen
from tests.browser import PATIENCE
from tests.unit.api_site import Site, Switches, serving
from tests.unit.free_port import free_port
from tests.unit.page_fabrics import AllWell, set_link


@dataclass(frozen=True)
class PageSite:
    """The server, and where its page is."""

    site: Site
    address: str

    def do(self, action: Callable[[], object]) -> None:
        """Do something on the daemon's loop, and wait until it is done."""
        done = Event()

        def act() -> None:
            action()
            done.set()

        self.site.loop.call_soon_threadsafe(act)
        assert done.wait(10)

    def happens(self, kind: EventKind, text: str, level: str = "info", **names: str) -> None:
        """Log an event."""
        self.do(lambda: self.site.events.add(time.time(), kind, level, text, names))

    def break_link(self, link: str) -> None:
        """Cut a wire; the log says so."""
        self.do(lambda: set_link(self.site.core, link, up=False))
        self.happens(EventKind.LINK_DOWN, f"link down: {link}", "warning")

    def mend_link(self, link: str) -> None:
        """Mend it; the log says so."""
        self.do(lambda: set_link(self.site.core, link, up=True))
        self.happens(EventKind.LINK_UP, f"link up: {link}")


@contextmanager
def page_site(
    directory: Path, core: Core, port: int = 0, token: bytes | None = None, switches: Switches | None = None
) -> Iterator[PageSite]:
    """A server that runs, on a port that is free unless one is given."""
    port = port or free_port()
    endpoint = Endpoint(Listen("127.0.0.1", port), token)
    with serving(directory, [endpoint], core, switches=switches or AllWell(core=core)) as site:
        yield PageSite(site, f"http://127.0.0.1:{port}/")


def expect_drawn(page: Page, element: str, classes: set[str]) -> None:
    """Wait until an element of the drawing has exactly these classes; none when it is not there."""
    look = "async (id) => (await import('/page/main.js')).drawing.classesOf(id) ?? []"
    _await(lambda: set(page.evaluate(look, element)), classes, element)


def expect_lit(page: Page, elements: set[str]) -> None:
    """Wait until exactly these elements of the drawing are shown as chosen."""
    look = "async () => (await import('/page/main.js')).drawing.litNow()"
    _await(lambda: set(page.evaluate(look)), elements, "what is lit")


def expect_colour(page: Page, element: str, name: str, colour: str) -> None:
    """Wait until an element of the drawing has this colour; `name` is that of Cytoscape's style."""
    look = "async ([id, name]) => (await import('/page/main.js')).drawing.styleOf(id, name)"
    _await(lambda: page.evaluate(look, [element, name]), colour, f"{name} of {element}")


def _await(look: Callable[[], object], wanted: object, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (seen := look()) != wanted:
        assert time.monotonic() < deadline, f"{what}: {seen!r} instead of {wanted!r}"
        time.sleep(0.05)
