import json
from itertools import pairwise
from typing import Any

from drawn_events import RUNS, TEXTS
from golden import assert_same
from hypothesis import given
from likely_runs import likely_runs
from scripted import Script
from team_run import team_run

from exeunt._model import events as ev
from exeunt.pictures.chrome_trace import chrome_trace

Trace = list[dict[str, Any]]


def read(text: str) -> Trace:
    """The trace events, held against the rules of the format."""
    data = json.loads(text, parse_constant=lambda _: 1 / 0)
    trace: Trace = data["traceEvents"]
    timed = [one for one in trace if one["ph"] != "M"]
    assert all(one["ts"] <= other["ts"] for one, other in pairwise(timed))
    tracks = {one["tid"] for one in trace if one["name"] == "thread_name"} | {0}
    for one in timed:
        assert one["ph"] in "XsfCibe"
        assert one["tid"] in tracks
        assert one["ts"] >= 0
        assert one["name"]
    return trace


def slices(trace: Trace) -> dict[int, Trace]:
    """The slices of each track, in their order."""
    found: dict[int, Trace] = {}
    for one in trace:
        if one["ph"] == "X":
            found.setdefault(one["tid"], []).append(one)
    return found


def check_nesting(trace: Trace) -> None:
    """On a track, a slice lies within another one or beside it."""
    for track in slices(trace).values():
        around: list[float] = []
        for one in track:
            begin, end = round(one["ts"] * 1e3), round((one["ts"] + one["dur"]) * 1e3)
            assert begin < end
            while around and around[-1] <= begin:
                around.pop()
            assert not around or end <= around[-1]
            around.append(end)


def test_the_trace_of_the_team() -> None:
    text = chrome_trace(team_run(), title="A feature goes through the team")
    check_nesting(read(text))
    assert_same(text, "team.trace.json")


@given(RUNS, TEXTS)
def test_anything_gives_a_trace(events: list[ev.Event], title: str) -> None:
    check_nesting(read(chrome_trace(events, title=title)))


@given(likely_runs())
def test_each_turn_is_a_slice_with_its_fate(events: list[ev.Event]) -> None:
    trace = read(chrome_trace(events))
    turns = [one for one in trace if one.get("cat") == "turn"]
    begun = [event.message for event in events if isinstance(event, ev.MessageBegun)]
    assert [one["args"]["message"] for one in turns] == begun
    ends = {e.message: e.fate for e in events if isinstance(e, ev.MessageEnded)}
    for one in turns:
        fate = ends.get(one["args"]["message"], "still being handled")
        assert one["args"]["fate"] == fate


@given(likely_runs())
def test_arrows_go_from_sending_to_turns(events: list[ev.Event]) -> None:
    trace = read(chrome_trace(events))
    begins = {one["id"]: one for one in trace if one["ph"] == "s"}
    ends = {one["id"]: one for one in trace if one["ph"] == "f"}
    assert begins.keys() == ends.keys()
    turns = {(one["tid"], one["ts"]) for one in trace if one.get("cat") == "turn"}
    for number, end in ends.items():
        assert begins[number]["ts"] < end["ts"]
        assert (end["tid"], end["ts"]) in turns


@given(likely_runs())
def test_counters_say_what_lies_in_a_mailbox(events: list[ev.Event]) -> None:
    trace = read(chrome_trace(events))
    counters = [one for one in trace if one["ph"] == "C"]
    assert all(0 <= one["args"]["messages"] <= 2 for one in counters)
    at_last = {one["name"]: one["args"]["messages"] for one in counters}
    inside: set[int] = set()
    for event in events:
        match event:
            case ev.MessageAccepted():
                inside.add(event.message)
            case ev.MessageBegun() | ev.MessageEnded():
                inside.discard(event.message)
            case _:
                pass
    assert sum(at_last.values()) == len(inside)


@given(likely_runs())
def test_scopes_and_troubles_are_there(events: list[ev.Event]) -> None:
    trace = read(chrome_trace(events))
    of = {ph: [one["name"] for one in trace if one["ph"] == ph] for ph in "bei"}
    assert of["b"] == of["e"] == ["crew"]
    cancels = [event for event in events if isinstance(event, ev.ScopeCancelled)]
    failures = [event for event in events if isinstance(event, ev.AgentFailed)]
    assert of["i"].count("crew is cancelled: enough (deadline)") == len(cancels)
    assert sum("crashes" in name for name in of["i"]) == len(failures)


def test_what_happens_at_one_time_keeps_its_order() -> None:
    script = Script()
    script.starts("Anna", None, "Agent")
    for n in (1, 2):
        script.sends(f"{n}", "Anna", "Anna")
        script.begins(f"{n}", "Anna")
        script.ends(f"{n}")
    trace = read(chrome_trace(script.events))
    turns = [(one["ts"], one["dur"]) for one in trace if one.get("cat") == "turn"]
    assert turns == [(0.003, 0.001), (0.007, 0.001)]


def test_a_slice_that_sticks_out_of_another_is_cut_off() -> None:
    script = Script()
    script.starts("Anna", None, "Agent")
    for text in ("a", "b"):
        script.now += 1
        script.offers(text, "Anna", "Anna", "ask")
    for text in ("a", "b"):
        script.now += 1
        script.message(ev.AskAnswered, text, error=None)
    trace = read(chrome_trace(script.events))
    check_nesting(trace)
    waits = [one for one in trace if one.get("cat") == "wait"]
    assert [(one["ts"], one["dur"]) for one in waits] == [(1e6, 2e6), (2e6, 1e6)]


def test_what_begins_at_one_time_is_put_into_what_lasts_longer() -> None:
    events = Script()
    events.offers("early", "Anna", "Berta", "ask")
    events.now = 5
    events.begins("early", "Berta")
    trace = read(chrome_trace(events.events))
    check_nesting(trace)
    names = [one["name"] for one in trace if one["ph"] == "X" and one["tid"] == 1]
    assert names == ["task 0", "waits for agent 1 to answer early"]
