import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from exeunt._model.events import (
    AgentFailed,
    AgentReady,
    Event,
    MessageOffered,
    Noted,
    ScopeOpened,
    StepWasLong,
)
from exeunt.exceptions import BadRecording
from exeunt.tracing.lines import Header, from_lines, to_lines

sys.path.insert(0, str(Path(__file__).parents[1] / "pictures"))

from drawn_events import EVENT, RUNS, of_class

HEADERS: st.SearchStrategy[Header] = of_class(Header)
HEAD = '{"exeunt":1}'
NOTED = '{"event":"Noted","seq":3,"t":0.5,"text":"here"}'


def offered(**more: Any) -> MessageOffered:
    fields: dict[str, Any] = {"src": None, "dst": 1, "type": "Task", "text": "Task(2)"}
    fields |= {"seq": 0, "t": 0.0, "message": 0, "kind": "send", "cause": None, **more}
    return MessageOffered(**fields)


def saved(*events: Event) -> str:
    return "".join(to_lines(Header(), events))


def complaint_of(*lines: str) -> str:
    with pytest.raises(BadRecording) as caught:
        from_lines(lines)
    return str(caught.value)


@given(HEADERS, RUNS)
def test_what_was_written_is_what_is_read(header: Header, events: list[Event]) -> None:
    lines = [*to_lines(header, events)]
    assert from_lines(lines) == (header, events)
    assert [*to_lines(*from_lines(lines))] == lines


@given(EVENT)
def test_each_line_is_one_line_of_plain_json(event: Event) -> None:
    _, line = to_lines(Header(), [event])
    assert line.isascii()
    assert line.splitlines(keepends=True) == [line]
    assert next(iter(json.loads(line))) == "event"


def test_a_recording_is_short_and_readable() -> None:
    failed = AgentFailed(seq=2, t=0.25, agent=1, error="ValueError: no", doing="Task")
    assert saved(offered(context={"user": "ada"}), failed) == (
        '{"exeunt":1}\n'
        '{"event":"MessageOffered","seq":0,"t":0.0,"message":0,"dst":1,"type":"Task",'
        '"text":"Task(2)","kind":"send","context":{"user":"ada"}}\n'
        '{"event":"AgentFailed","seq":2,"t":0.25,"agent":1,"error":"ValueError: no",'
        '"doing":"Task"}\n'
    )


def test_a_header_says_only_what_is_known() -> None:
    header = Header(title="a day", clock="real", began="2026-01-01T10:00:00Z")
    assert [*to_lines(header, [])] == [
        '{"exeunt":1,"title":"a day","clock":"real","began":"2026-01-01T10:00:00Z"}\n'
    ]


class Strange:
    def __repr__(self) -> str:
        raise RuntimeError


class Word(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return "Word(…)"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ((1, 2), "(1, 2)"),
        (math.inf, "inf"),
        (Word("x"), "Word(…)"),
        (Strange(), "<Strange, whose repr raised RuntimeError>"),
        (10**400, f"{'1'.ljust(197, '0')}..."),
    ],
)
def test_values_of_contexts_that_json_does_not_know_are_shown(
    value: object, read: str
) -> None:
    _, (event,) = from_lines(saved(offered(context={"it": value})).splitlines())
    assert isinstance(event, MessageOffered)
    assert event.context == {"it": read}


def test_an_infinite_number_is_not_written() -> None:
    long = StepWasLong(seq=0, t=0.0, who=1, took=math.inf, where="here")
    with pytest.raises(ValueError, match="JSON"):
        saved(long)


def test_whole_numbers_are_times_too() -> None:
    line = '{"event":"ScopeOpened","seq":0,"t":2,"scope":1,"name":"n","kind":"run",'
    _, (event,) = from_lines([HEAD, f'{line}"deadline":7}}'])
    assert isinstance(event, ScopeOpened)
    assert [repr(event.t), repr(event.deadline)] == ["2.0", "7.0"]


def test_empty_lines_and_byte_order_marks_do_not_count() -> None:
    _, events = from_lines(["\ufeff\n", f"{HEAD}\r\n", "\n", NOTED, "\n"])
    assert events == [Noted(seq=3, t=0.5, who=None, text="here")]


@pytest.mark.parametrize("length", range(1, len(NOTED)))
def test_a_recording_cut_off_in_a_line_is_loaded_up_to_there(length: int) -> None:
    text = saved(AgentReady(seq=0, t=0.0, agent=1)) + NOTED[:length]
    header, events = from_lines(text.splitlines())
    assert header.cut
    assert events == [AgentReady(seq=0, t=0.0, agent=1)]
    assert from_lines(to_lines(header, events))[0].cut


def test_a_whole_recording_is_not_called_cut() -> None:
    header, _ = from_lines([HEAD, NOTED])
    assert not header.cut


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([], "this is empty, and no recording; has the program ended that writes it?"),
        (
            ["Traceback (most recent call last):"],
            (
                "line 1: a recording begins with a header such as "
                '{"exeunt":1}, but this '
                "with 'Traceback (most recent call last):'. Is it the right "
                "file, and its "
                "beginning?"
            ),
        ),
        (
            ['{"exeunt":2,"colour":"red"}'],
            (
                "line 1: a newer exeunt has written this, in format 2; this one reads "
                "format 1. Upgrade exeunt."
            ),
        ),
        (
            ['{"exeunt":1,"colour":"red"}'],
            (
                "line 1: the header has no field 'colour'. If a newer exeunt "
                "has written "
                "this, upgrade exeunt."
            ),
        ),
        (
            ['{"exeunt":1,"clock":"sundial"}'],
            (
                "line 1: clock of the header is 'sundial', and should be 'virtual' or "
                "'real'."
            ),
        ),
        (
            [HEAD, '{"event":"MesageEnded"}'],
            (
                "line 2: there is no event 'MesageEnded'; did you mean "
                "MessageEnded? If a "
                "newer exeunt has written this, upgrade exeunt."
            ),
        ),
        (
            [HEAD, '{"event":"Zap"}'],
            (
                "line 2: there is no event 'Zap', nor one like it. If a newer exeunt "
                "has written this, upgrade exeunt."
            ),
        ),
        (
            [HEAD, "", '{"event":"Noted","seq":1,"t":"now","text":""}'],
            "line 3: t of Noted is 'now', and should be a number.",
        ),
        (
            [HEAD, '{"event":"Noted","seq":true,"t":0,"text":""}'],
            "line 2: seq of Noted is True, and should be a whole number.",
        ),
        (
            [HEAD, '{"event":"Noted","seq":1,"t":1e999,"text":""}'],
            "line 2: t of Noted is inf, and should be a number.",
        ),
        (
            [HEAD, '{"event":"Noted","seq":1,"t":0,"who":"me","text":""}'],
            "line 2: who of Noted is 'me', and should be a whole number or null.",
        ),
        (
            [HEAD, '{"event":"Noted","seq":1,"t":0}'],
            "line 2: text of Noted is missing, and should be a text.",
        ),
        (
            [HEAD, '{"event":"Noted","seq":1,"t":0,"text":"","loud":true}'],
            (
                "line 2: Noted has no field 'loud'. If a newer exeunt has "
                "written this, "
                "upgrade exeunt."
            ),
        ),
        (
            [HEAD, "[1,2]"],
            'line 2: this is no event, such as {"event":"Noted",...}; remove it.',
        ),
        (
            [HEAD, "{'event':'Noted'}", NOTED],
            "line 2: this is no JSON: \"{'event':'Noted'}\". Remove the line.",
        ),
        (
            [HEAD, NOTED, NOTED],
            (
                "line 3: seq is 3 and was 3 before: events stand in the "
                "order of seq. Two "
                "recordings belong into two files."
            ),
        ),
    ],
)
def test_errors_say_where_and_what_and_what_to_do(lines: list[str], text: str) -> None:
    assert complaint_of(*lines) == text


def test_what_is_too_deep_or_too_long_to_be_read_is_no_surprise() -> None:
    assert "more than can be read" in complaint_of(HEAD, "[" * 200_000, NOTED)
    assert "more than can be read" in complaint_of(HEAD, "1" * 5_000, NOTED)


@st.composite
def damaged(draw: st.DrawFn) -> list[str]:
    """The lines of a recording, some of them changed somewhere."""
    lines = [*to_lines(draw(HEADERS), draw(RUNS))]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        begin = draw(st.integers(0, len(line)))
        end = draw(st.integers(begin, min(len(line), begin + 8)))
        put = draw(st.sampled_from(JUNK) | st.text(max_size=3))
        lines[at] = line[:begin] + put + line[end:]
    return draw(st.permutations(lines)) if draw(st.booleans()) else lines


JUNK = [
    "",
    "null",
    "-1",
    "1e999",
    "[]",
    "{}",
    '"',
    ",",
    "NaN",
    "true",
    "9" * 400,
    "\\u",
]


@given(damaged())
def test_damage_is_always_a_bad_recording(lines: list[str]) -> None:
    try:
        header, events = from_lines(lines)
    except BadRecording as error:
        assert error.line is None or 1 <= error.line <= len(lines)
    else:
        again, same = from_lines(to_lines(header, events))
        assert (again, [e.seq for e in same]) == (header, [e.seq for e in events])
