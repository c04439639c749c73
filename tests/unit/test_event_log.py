"""Events: from log records, with ids that grow, and a bound."""

from __future__ import annotations

import asyncio
import logging
import threading

from controller.event_log import KEPT, Event, EventKind, EventLog

log = logging.getLogger("controller.somewhere")


def recorded(*calls: tuple[int, str, dict[str, str]]) -> list[Event]:
    async def run() -> list[Event]:
        events = EventLog(0.0)
        log.setLevel(logging.DEBUG)
        with events.recording():
            for level, text, extra in calls:
                log.log(level, text, extra=extra)
        log.warning("not any more")
        return events.after(0, 100)

    return asyncio.run(run())


def test_a_record_with_a_kind_is_an_event_and_so_is_each_warning() -> None:
    names = {"switch": "s1", "network": "blue/web", "port": "blue/a"}
    found = recorded(
        (logging.INFO, "learned", {"event": EventKind.ADDRESS_LEARNED, **names}),
        (logging.INFO, "no event", {}),
        (logging.WARNING, "odd", {"port": "red/x"}),
        (logging.DEBUG, "too fine", {"event": EventKind.LINK_UP}),
    )
    told = [(event.kind, event.level, event.text, event.names) for event in found]
    assert told == [
        (EventKind.ADDRESS_LEARNED, "info", "learned", {**names, "tenant": "blue"}),
        (EventKind.PROBLEM, "warning", "odd", {"tenant": "red", "port": "red/x"}),
    ]


def test_a_record_of_another_thread_is_an_event_of_the_loop() -> None:
    async def run() -> tuple[int, list[str]]:
        events = EventLog(0.0)
        with events.recording():
            thread = threading.Thread(target=lambda: log.warning("from afar"))
            thread.start()
            thread.join()
            at_first = len(events.after(0, 10))
            await asyncio.sleep(0)
        return at_first, [event.text for event in events.after(0, 10)]

    assert asyncio.run(run()) == (0, ["from afar"])


def test_ids_grow_whatever_the_clock_does() -> None:
    events = EventLog(100.0)
    assert events.last_id == events.forgotten == 100_000
    for now in (100.0, 100.0, 105.5, 90.0):
        events.add(now, EventKind.LINK_UP, "info", "", {})
    assert [event.id for event in events.after(0, 10)] == [100_001, 100_002, 105_500, 105_501]
    assert [event.id for event in events.after(100_002, 1)] == [105_500]
    assert events.counts[EventKind.LINK_UP] == 4


def test_the_oldest_are_forgotten() -> None:
    events = EventLog(0.0)
    for number in range(1, 2 * KEPT + 2):
        events.add(0.0, EventKind.LINK_UP, "info", str(number), {})
    kept = events.after(0, 3 * KEPT)
    assert (len(kept), kept[0].id, events.forgotten) == (KEPT + 1, KEPT + 1, KEPT)


def test_who_waits_is_woken_by_what_he_has_not_seen() -> None:
    async def run() -> list[str]:
        events, seen = EventLog(0.0), list[str]()

        async def read() -> None:
            last = 0
            while len(seen) < 3:
                await events.wait(last)
                found = events.after(last, 2)
                seen.extend(event.text for event in found)
                last = found[-1].id

        readers = [asyncio.create_task(read()) for _ in range(1)]
        await asyncio.sleep(0)
        for text in "abc":
            events.add(0.0, EventKind.LINK_UP, "info", text, {})
        await asyncio.wait_for(asyncio.gather(*readers), 1)
        return seen

    assert asyncio.run(run()) == ["a", "b", "c"]
