"""A session with a host's database, byte by byte: what it asks, what it takes, and what ends it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ovsdb import replica
from controller.ovsdb.session import Alive, Answered, Changed, Closed, Session, State
from tests.unit.host_script import answer, message, ready, root_row, rows, said, update
from tests.unit.test_json_stream import JSON


def test_a_host_is_asked_for_its_rows_at_once() -> None:
    session = Session(0.0)
    [asked] = said(session)
    assert (asked["id"], asked["method"], asked["params"][:2]) == (1, "monitor", ["Open_vSwitch", "tenantry"])
    assert asked["params"][2]["Interface"] == [{"columns": ["name", "type", "link_state", "options", "external_ids"]}]
    assert session.receive(answer(1, rows()), 1.0) == [Changed()]
    assert session.state is State.READY
    assert session.replica.root.external_ids == {"tenantry-host": "hv1"}


def test_rows_come_change_and_go() -> None:
    session = ready()
    port = {"name": "p", "interfaces": ["uuid", "i"], "external_ids": ["map", []]}
    assert session.receive(update({"Port": {"x": {"new": port}}}), 0.0) == [Changed()]
    assert session.replica.ports["x"].interfaces == {"i"}
    changed = {**port, "interfaces": ["set", [["uuid", "i"], ["uuid", "j"]]]}
    session.receive(update({"Port": {"x": {"old": {"interfaces": ["uuid", "i"]}, "new": changed}}}), 0.0)
    assert session.replica.ports["x"].interfaces == {"i", "j"}
    session.receive(update({"Port": {"x": {"old": changed}}}), 0.0)
    assert not session.replica.ports


def test_what_was_not_read_by_our_own_doing_is_neither_silence_nor_delay() -> None:
    session = Session(0.0)
    session.forgive(100.0, 101.0)
    assert session.tick(109.9) == []
    assert session.tick(110.0) == [Closed("timeout", "not finished in time: reading the database")]
    session = ready()
    session.tick(6.0)
    session.transact([], 6.0)
    session.forgive(100.0, 106.0)
    assert session.tick(120.9) == []
    assert session.tick(121.0) == [Closed("timeout", "not finished in time: a transaction")]


def test_of_maps_only_what_is_asked_for_is_kept_and_only_what_is_short() -> None:
    ids = [[f"key{number}", "x"] for number in range(10_000)]
    ids += [["tenantry-host", "h" * 256], ["tenantry-controller", "c" * 255]]
    session = Session(0.0)
    session.receive(answer(1, rows(external_ids=["map", ids])), 0.0)
    assert session.replica.root.external_ids == {"tenantry-controller": "c" * 255}


def test_it_answers_echoes_and_asks_itself() -> None:
    session = ready()
    session.receive(message(id="echo", method="echo", params=[7]), 1.0)
    assert said(session) == [{"id": "echo", "result": [7], "error": None}]
    assert session.tick(5.9) == []
    assert said(session) == []
    session.tick(6.0)
    assert said(session) == [{"id": "echo", "method": "echo", "params": []}]
    assert session.receive(message(id="echo", result=[], error=None), 6.1) == [Alive()]
    session.tick(11.1)
    assert session.tick(21.0) == []
    assert session.tick(21.2) == [Closed("silent", "nothing heard for 15 s")]


def test_other_requests_are_refused_and_other_notifications_ignored() -> None:
    session = ready()
    assert session.receive(message(id=4, method="steal", params=[]), 0.0) == []
    assert said(session) == [{"id": 4, "result": None, "error": "unknown method"}]
    assert session.receive(message(id=None, method="locked", params=[]), 0.0) == []
    assert said(session) == []


def test_a_transaction_is_done_or_refused_as_a_whole() -> None:
    session = ready()
    session.transact([{"op": "comment", "comment": "x"}], 0.0)
    assert session.is_writing
    assert said(session) == [
        {"id": 2, "method": "transact", "params": ["Open_vSwitch", {"op": "comment", "comment": "x"}]}
    ]
    assert session.receive(answer(2, [{}, {"count": 1}]), 0.0) == [Answered("")]
    assert not session.is_writing
    for number, (result, error, text) in enumerate(
        [
            (
                [{}, {"error": "constraint violation", "details": "two\nlines"}, None],
                None,
                "constraint violation: two lines",
            ),
            (None, "canceled", "canceled"),
            (None, {}, "an error without a word"),
        ],
        3,
    ):
        session.transact([], 0.0)
        assert session.receive(answer(number, result, error), 0.0) == [Answered(text)]


def test_time_is_bounded() -> None:
    assert Session(0.0).tick(10.0) == [Closed("timeout", "not finished in time: reading the database")]
    session = ready()
    session.transact([], 1.0)
    session.receive(message(id="echo", method="echo", params=[]), 15.9)
    assert session.tick(15.9) == []
    assert session.tick(16.0) == [Closed("timeout", "not finished in time: a transaction")]


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ([], "list where an object belongs"),
        ({"Flow_Table": {}}, "a change of table 'Flow_Table', which was not asked for"),
        ({"Open_vSwitch": {"root": {"new": 5}}}, "a row that is no object"),
        ({"Open_vSwitch": {"root": {"new": {}}}}, "a row of Root without bridges"),
        (rows(bridges="x"), "'x' where a UUID belongs"),
        (rows(bridges=["set", 7]), "['set', 7] where a set belongs"),
        (rows(external_ids=["map", [["a", 1]]]), "['a', 1] where a pair of strings belongs"),
        (rows(external_ids={"a": "b" * 100}), "{'a': 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb... where a map belongs"),
        (rows(next_cfg=True), "True where an integer belongs"),
        (rows(datapath_types=["set", [["uuid", "x"]]]), "['uuid', 'x'] where a string belongs"),
    ],
)
def test_nonsense_in_rows_ends_the_session(result: Any, reason: str) -> None:  # noqa: ANN401
    [closed] = Session(0.0).receive(answer(1, result), 0.0)
    assert closed == Closed("malformed", f"a message that cannot be read: {reason}")


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (answer(1, None, "unknown database"), "refused", "the host does not show its database: unknown database"),
        (answer(2, []), "malformed", "an answer to nothing that was asked"),
        (message(), "malformed", "an answer to nothing that was asked"),
        (update(rows()), "malformed", "changes of rows that are not known yet"),
        (b"\0" * 8, "malformed", "no JSON object, but b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'"),
    ],
)
def test_nonsense_in_messages_ends_the_session(data: bytes, kind: str, reason: str) -> None:
    session = Session(0.0)
    assert session.receive(data, 0.0) == [Closed(kind, reason)]
    assert session.receive(answer(1, rows()), 0.0) == []


def test_the_number_of_rows_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "MOST_ROWS", 3)
    session = ready()
    many = {f"r{number}": {"new": root_row()} for number in range(3)}
    assert session.receive(update({"Open_vSwitch": many}), 0.0) == [Closed("too much", "more than 3 rows")]


@given(JSON, st.booleans())
def test_no_rows_whatever_raise(tables: Any, is_first: bool) -> None:  # noqa: ANN401
    session = Session(0.0) if is_first else ready()
    for event in session.receive(answer(1, tables) if is_first else update(tables), 0.0):
        assert isinstance(event, Changed | Closed)


@given(st.dictionaries(st.sampled_from(["id", "method", "params", "result", "error"]), JSON))
def test_no_message_whatever_raises(fields: dict[str, Any]) -> None:
    session = ready()
    session.transact([], 0.0)
    session.receive(message(**fields), 0.0)
