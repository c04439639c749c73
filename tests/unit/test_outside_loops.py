"""Loops outside: who is blocked for which reason, for how long, and what is no loop."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from controller.fabric.outside_loops import (
    FORGIVEN_AFTER,
    LOST_AFTER,
    MOST_HELD,
    MUTED,
    PERIOD,
    Attachment,
    Block,
    Cause,
    OutsideLoops,
)

A, B, C = (Attachment("blue/web", f"blue/{name}") for name in "abc")
DB, DB2 = Attachment("blue/db", "blue/d"), Attachment("blue/db", "blue/e")
RED = Attachment("red/web", "red/a")


def connect(loops: OutsideLoops, members: Iterable[Attachment], now: float) -> None:
    """Let all of these hear each other."""
    members = list(members)
    for at in members:
        for sender in members:
            if at != sender:
                loops.hear(at, sender, now)


def advance(loops: OutsideLoops, now: float, away: Collection[Attachment] = ()) -> tuple[list[Block], list[Block]]:
    return loops.advance(now, lambda at: at in away)


def silence(loops: OutsideLoops, now: float) -> float:
    """How long it takes from `now`, when the last probe was heard, until nothing is blocked."""
    later = now
    while loops.blocked:
        later += 0.5
        advance(loops, later)
    return later - now


def test_of_two_ports_of_a_network_the_one_that_came_later_is_blocked() -> None:
    for newer, older in ((A, B), (B, A)):
        loops = OutsideLoops()
        loops.arrived([newer])
        loops.hear(older, newer, 0.0)
        assert advance(loops, 0.0) == ([Block(newer, older, Cause.LOOPED)], [])
        assert advance(loops, 0.1) == ([], []), "once"
        assert set(loops.blocked) == {newer}


def test_of_two_that_are_as_old_the_last_by_name_is_blocked() -> None:
    loops = OutsideLoops()
    loops.arrived([B, A])
    loops.hear(A, B, 0.0)
    assert advance(loops, 0.0)[0] == [Block(B, A, Cause.LOOPED)]


def test_one_direction_is_enough() -> None:
    """A bridge that forwards one way: what floods out of one port comes in at the other, and floods again."""
    for at, sender in ((A, B), (B, A)):
        loops = OutsideLoops()
        loops.hear(at, sender, 0.0)
        advance(loops, 0.0)
        assert set(loops.blocked) == {B}


def test_all_but_one_of_many_are_blocked() -> None:
    loops = OutsideLoops()
    loops.arrived([A])
    connect(loops, (A, B, C), 0.0)
    assert advance(loops, 0.0)[0] == [Block(C, B, Cause.LOOPED), Block(A, B, Cause.LOOPED)]


def test_two_networks_of_a_tenant_may_be_joined_once_but_not_twice() -> None:
    loops = OutsideLoops()
    connect(loops, (A, DB), 0.0)
    assert advance(loops, 0.0) == ([], [])
    connect(loops, (B, DB2), 0.0)
    assert advance(loops, 0.0) == ([Block(B, DB2, Cause.LOOPED)], [])


def test_another_tenants_network_is_cut_off_though_that_is_no_loop() -> None:
    loops = OutsideLoops()
    connect(loops, (A, RED), 0.0)
    assert advance(loops, 0.0) == ([Block(RED, A, Cause.JOINED)], [])


def test_a_port_that_returns_what_it_is_sent_is_blocked() -> None:
    loops = OutsideLoops()
    loops.hear(A, A, 0.0)
    assert advance(loops, 0.0) == ([Block(A, A, Cause.REFLECTED)], [])


def test_what_is_outside_itself_is_never_blocked() -> None:
    loops = OutsideLoops()
    loops.hear(C, A, 0.0, can_block=False)
    assert advance(loops, 0.0) == ([Block(A, C, Cause.LOOPED)], [])


def test_a_blocked_port_is_released_after_silence() -> None:
    loops = OutsideLoops()
    connect(loops, (A, B), 0.0)
    advance(loops, 0.0)
    connect(loops, (A, B), 100.0)
    assert advance(loops, 100.0 + LOST_AFTER) == ([], [])
    assert advance(loops, 100.1 + LOST_AFTER) == ([], [Block(B, A, Cause.LOOPED)])
    assert not loops.blocked
    assert not loops.watched()


def test_each_time_soon_after_it_is_held_twice_as_long() -> None:
    loops, now, held = OutsideLoops(), 0.0, []
    for _ in range(8):
        connect(loops, (A, B), now)
        advance(loops, now)
        assert loops.blocked
        took = silence(loops, now)
        held.append(round(took / LOST_AFTER))
        now += took
    assert held[:5] == [1, 2, 4, 8, 16]
    assert held[-1] == round((MOST_HELD + LOST_AFTER) / LOST_AFTER), "but not for ever"
    now += FORGIVEN_AFTER
    connect(loops, (A, B), now)
    advance(loops, now)
    assert round(silence(loops, now) / LOST_AFTER) == 1


def test_what_is_blocked_stays_so_when_another_comes_later() -> None:
    """Else the loop would be open while switches change, and two ports could take turns."""
    loops = OutsideLoops()
    connect(loops, (A, B), 0.0)
    advance(loops, 0.0)
    loops.arrived([A])
    connect(loops, (A, B), 1.0)
    assert advance(loops, 1.0) == ([], [])
    assert set(loops.blocked) == {B}


def test_those_that_are_away_are_left_as_they_are() -> None:
    for away in (A, B):
        loops = OutsideLoops()
        connect(loops, (A, B), 0.0)
        advance(loops, 0.0)
        assert advance(loops, 1000.0, [away]) == ([], [])
        assert advance(loops, 1000.0 + LOST_AFTER) == ([], [])
        assert set(loops.blocked) == {B}
        assert advance(loops, 1000.1 + LOST_AFTER)[1]


def test_nothing_is_learned_there_until_the_frames_have_passed() -> None:
    loops = OutsideLoops()
    connect(loops, (A, B), 0.0)
    began, _ = advance(loops, 0.0)
    assert loops.around(began) == {A, B}
    assert [loops.is_muted(at) for at in (A, B, C)] == [True, True, False]
    advance(loops, MUTED)
    assert [loops.is_muted(at) for at in (A, B, C)] == [False, True, False]
    loops.forget([B])
    assert [loops.is_muted(at) for at in (A, B, C)] == [False, False, False]


def test_what_is_no_attachment_any_more_is_forgotten() -> None:
    loops = OutsideLoops()
    connect(loops, (A, B, C), 0.0)
    advance(loops, 0.0)
    loops.forget([A])
    assert advance(loops, 0.1) == ([], [Block(B, A, Cause.LOOPED)])
    assert set(loops.blocked) == {C}
    assert loops.watched() == {B, C}
    loops.forget([B, C])
    assert advance(loops, 0.2) == ([], [])
    assert not loops.watched()


def test_who_was_connected_only_to_one_that_is_gone_is_watched_no_more() -> None:
    loops = OutsideLoops()
    loops.hear(DB, A, 0.0)
    advance(loops, 0.0)
    loops.forget([DB])
    advance(loops, 0.1)
    assert not loops.watched()


def test_a_port_is_muted_no_longer_when_all_others_are_gone() -> None:
    loops = OutsideLoops()
    loops.hear(B, A, 0.0)
    advance(loops, 0.0)
    loops.forget([B])
    advance(loops, MUTED)
    assert not loops.is_muted(A)


def test_after_a_restart_it_stays_blocked_until_probes_tell() -> None:
    block = Block(A, B, Cause.LOOPED)
    loops = OutsideLoops()
    loops.restore([block], 0.0)
    assert loops.blocked == {A: block}
    assert loops.watched() == {A}
    assert advance(loops, 0.0) == ([], []), "A stays the one that is blocked, though it is the first by name"
    connect(loops, (A, B), PERIOD)
    assert advance(loops, PERIOD) == ([], [])
    assert loops.blocked == {A: block}
    assert round(silence(loops, PERIOD) / LOST_AFTER) == 2


def test_after_a_restart_it_stays_blocked_as_long_as_it_is_away() -> None:
    """Here it closed a circle through two networks, of which a new daemon knows only the half."""
    block = Block(A, DB, Cause.LOOPED)
    for away in (A, DB):
        loops = OutsideLoops()
        loops.restore([block], 0.0)
        assert advance(loops, 1000.0, [away]) == ([], [])
        assert advance(loops, 1000.0 + LOST_AFTER - 0.1) == ([], [])
        assert advance(loops, 1000.0 + LOST_AFTER) == ([], [block])


def test_of_very_many_that_hear_each_other_few_are_remembered_and_all_but_one_blocked() -> None:
    loops = OutsideLoops()
    many = [Attachment("blue/web", f"blue/{number:03}") for number in range(100)]
    connect(loops, many, 0.0)
    assert len(advance(loops, 0.0)[0]) == 99
    assert len(loops.watched()) == 100
