"""An announcement is believed once at each place, soon after it was sent, and in the order of sending."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.freshness import Freshness, SentAnnouncements
from controller.fabric.model import End

S, T, A, B = End("s1", "eth1"), End("s1", "eth2"), End("s2", "eth1"), End("s3", "eth1")
FRESH_FOR = 2.0
HOUR = 3_600_000


class Daemon:
    """What was sent, with the times that were written into it."""

    def __init__(self) -> None:
        self.known = SentAnnouncements()

    def send(self, sender: End, wall: int, now: float) -> int:
        self.known.drop(now - FRESH_FOR)
        frame = self.known.send(sender, wall, lambda time: f"{sender} {time}".encode(), now)
        sent = self.known.find(frame)
        assert sent
        assert sent is self.known.find_time(sender, sent.time)
        assert frame == f"{sender} {sent.time}".encode()
        return sent.time

    def hear(self, at: End, sender: End, time: int, now: float) -> Freshness:
        return self.known.judge(self.known.find_time(sender, time), at, now, FRESH_FOR)


def test_it_is_believed_once_at_each_place() -> None:
    daemon = Daemon()
    time = daemon.send(S, 1000, 10.0)
    assert time == 1000
    assert daemon.hear(A, S, time, 10.25) is Freshness.FRESH
    assert daemon.hear(A, S, time, 10.5) is Freshness.REPLAYED
    assert daemon.hear(B, S, time, 10.5) is Freshness.FRESH, "a wire may have three ends"
    assert daemon.hear(B, S, time, 10.5) is Freshness.REPLAYED


def test_it_is_believed_until_it_is_old_but_not_from_another_interface() -> None:
    daemon = Daemon()
    time = daemon.send(S, 1000, 10.0)
    daemon.send(T, 2000, 10.0)
    assert daemon.hear(A, T, time, 10.1) is Freshness.STALE
    assert daemon.hear(A, S, time, 12.0) is Freshness.FRESH
    assert daemon.hear(B, S, time, 12.1) is Freshness.STALE


def test_an_older_one_after_a_newer_one_is_a_replay() -> None:
    daemon = Daemon()
    first, second = daemon.send(S, 1000, 10.0), daemon.send(S, 2000, 11.0)
    assert daemon.hear(A, S, second, 11.1) is Freshness.FRESH
    assert daemon.hear(A, S, first, 11.2) is Freshness.REPLAYED
    assert daemon.hear(B, S, first, 11.2) is Freshness.FRESH


def test_times_that_were_not_given_out_are_old() -> None:
    daemon = Daemon()
    time = daemon.send(S, 1000, 10.0)
    assert {daemon.hear(A, S, time + step, 10.1) for step in (-HOUR, -1, 1, HOUR, 2**63)} == {Freshness.STALE}
    assert daemon.hear(A, B, time, 10.1) is Freshness.STALE, "that one was never announced"


def test_several_in_one_millisecond_have_times_of_their_own() -> None:
    daemon = Daemon()
    times = [daemon.send(S, 1000, 10.0) for _ in range(3)]
    assert times == [1000, 1001, 1002]
    assert [daemon.hear(A, S, time, 10.1) for time in times] == 3 * [Freshness.FRESH]


@given(st.lists(st.integers(-HOUR, HOUR), min_size=2, max_size=20))
def test_a_wall_clock_that_steps_costs_nothing(steps: list[int]) -> None:
    daemon = Daemon()
    wall = 10 * HOUR
    for second, step in enumerate(steps):
        wall += step
        time = daemon.send(S, wall, second)
        assert daemon.hear(A, S, time, second + 0.1) is Freshness.FRESH
        assert daemon.hear(A, S, time, second + 0.2) is Freshness.REPLAYED


@given(st.lists(st.tuples(st.sampled_from([S, T]), st.integers(0, 3)), max_size=12), st.data())
def test_whatever_order_frames_come_in_each_is_believed_at_most_once_and_never_an_older_one(
    sending: list[tuple[End, int]], data: st.DataObject
) -> None:
    daemon = Daemon()
    frames, now = [], 0.0
    for sender, pause in sending:
        now += pause / 2
        frames.append((sender, daemon.send(sender, int(1000 * now), now), now))
    believed: dict[End, list[int]] = {}
    for sender, time, sent in data.draw(st.lists(st.sampled_from(frames), max_size=30) if frames else st.just([])):
        verdict = daemon.hear(A, sender, time, now)
        newest = max(believed.get(sender, [-1]))
        if now - sent > FRESH_FOR:
            assert verdict is Freshness.STALE
        else:
            assert verdict is (Freshness.FRESH if time > newest else Freshness.REPLAYED)
        if verdict is Freshness.FRESH:
            believed.setdefault(sender, []).append(time)


def test_interfaces_that_are_gone_are_forgotten() -> None:
    daemon = Daemon()
    for number in range(100):
        daemon.send(End("s1", f"tap{number}"), 0, number / 100)
    daemon.send(S, 0, 2.5)
    assert (len(daemon.known._by_sender), len(daemon.known._by_frame)) == (51, 51)
    for number in range(100):
        daemon.send(S, 0, 2.5 + number / 10)
    assert (len(daemon.known._by_sender), len(daemon.known._by_frame)) == (1, 21)
