"""The picture as text: its bytes, its size, and that any reader can read it."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pytest
from drawn_events import RUNS, TEXTS
from golden import assert_same
from hypothesis import given, settings
from likely_runs import likely_runs
from scripted import Script
from team_run import team_run

from exeunt._model import events as ev
from exeunt.pictures.svg.picture import picture, places


def words(svg: str) -> list[str]:
    """The texts that stand in a picture; not its tooltips."""
    return [
        "".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{{{NS}}}text")
    ]


NS = "http://www.w3.org/2000/svg"


def busy_run(messages: int, *, crashes: Sequence[int] = ()) -> list[ev.Event]:
    """Somebody sends many messages to somebody, one of whom may fail."""
    script = Script()
    script.task("main", None, main=True)
    script.starts("worker", None, "Worker", by="main")
    script.ready("worker")
    for n in range(messages):
        script.now += 0.01
        script.sends(f"Job({n})", "main", "worker")
        script.begins(f"Job({n})", "worker")
        if n in crashes:
            script.ends(f"Job({n})", "failed", "ValueError: odd")
            script.agent(
                ev.AgentFailed, "worker", error="ValueError: odd", doing="handling"
            )
            script.agent(ev.AgentRestarted, "worker", restarts=1)
            script.ready("worker")
        else:
            script.ends(f"Job({n})")
    return script.events


def test_the_picture_of_the_team() -> None:
    """Made again by: RENEW_GOLDEN=1 pytest tests/pictures/test_picture_text.py."""
    assert_same(
        picture(team_run(), title="A feature goes through the team"), "team.picture.svg"
    )


def test_it_tells_what_a_stranger_asks() -> None:
    said = words(picture(team_run()))
    assert "ValueError: unclear spec · at 2 s" in said
    why = "the sprint is over (deadline)"
    assert f"cancelled at 6 s: {why} · all left 500 ms later" in said
    assert "Task(8): never handled" in said
    assert "engineer B is full · 1.5 s" in said
    assert "waits for architect · 400 ms" in said


def test_it_is_small() -> None:
    assert len(picture(team_run(), title="A feature").encode()) <= 25_000


@given(RUNS)
def test_whatever_happened_can_be_drawn(events: list[ev.Event]) -> None:
    ET.fromstring(picture(events))


@given(likely_runs())
def test_whatever_is_likely_can_be_drawn(events: list[ev.Event]) -> None:
    assert words(picture(events, width=500))


@given(TEXTS, TEXTS, TEXTS)
def test_any_text_is_harmless(name: str, text: str, title: str) -> None:
    script = Script()
    script.starts("x", None, name or "T", called=name)
    script.sends(text, "x", "x")
    script.agent(ev.AgentFailed, "x", error=text, doing=text)
    script.cancels("s", "explicit", text)
    svg = picture(script.events, title=title)
    ET.fromstring(svg)
    assert svg.isprintable() or "\n" in svg
    assert svg.encode()
    assert not any(ord(letter) < 32 and letter != "\n" for letter in svg)


@pytest.mark.parametrize(
    "text", ["\u202eevil", "a\u2067b", "<script>alert(1)</script>"]
)
def test_no_text_gets_out_of_its_place(text: str) -> None:
    script = Script()
    script.starts("x", None, "T", called=text)
    svg = picture(script.events)
    assert "\u202e" not in svg
    assert "\u2067" not in svg
    assert "<script" not in svg


def test_nothing_at_all() -> None:
    assert "nothing happened" in words(picture([]))


def test_one_event() -> None:
    script = Script()
    script.task("main", None, main=True)
    assert "main" in words(picture(script.events))


def test_only_tasks() -> None:
    script = Script()
    script.opens("run", None, None, kind="run")
    script.task("main", "run", main=True)
    script.opens("nursery", "run", "main")
    script.task("child", "nursery")
    script.task("child #2", "nursery")
    script.now = 1.0
    script.task_ends("child", "failed", "OSError: gone")
    script.cancels("nursery", "nursery")
    script.task_ends("child #2", "cancelled")
    script.closes("nursery")
    said = words(picture(script.events))
    assert "OSError: gone · at 1 s" in said
    assert "cancelled at 1 s: a task in it failed" in said
    assert "never handled" not in said


@pytest.mark.parametrize("later", [True, False])
def test_why_an_agent_was_cancelled_is_told_once(later: bool) -> None:
    script = Script()
    script.opens("crew", None, None)
    script.starts("a", "crew", "A")
    script.ready("a")
    script.now = 1.0
    if not later:
        script.cancels("crew", "explicit", "enough")
    script.agent(ev.AgentStopping, "a", how="cancel", reason="enough")
    script.now = 2.0
    script.left("a", "cancelled")
    if later:
        script.cancels("crew", "explicit", "all done")
    script.closes("crew")
    said = words(picture(script.events))
    drawn = [text for text in said if text.startswith("cancelled")]
    assert sum("enough" in text for text in drawn) == 1
    assert ("cancelled at 2 s: all done" in drawn) == later


def test_a_lost_beginning() -> None:
    whole = team_run()
    for lost in range(0, len(whole), 5):
        said = words(picture(whole[lost:]))
        assert any("the sprint is over" in text for text in said) == (lost <= 60)


def test_a_long_run_is_shown_around_its_last_failure() -> None:
    events = busy_run(1000, crashes=(100, 400))
    svg = picture(events)
    said = words(svg)
    assert any("around its last failure" in text for text in said)
    assert any(text.startswith("ValueError: odd · at ") for text in said)
    assert len(svg) < 120_000
    shown = places(events)
    assert len(shown) < 300
    failures = [event.seq for event in events if isinstance(event, ev.AgentFailed)]
    assert [seq in shown for seq in failures] == [False, True]


def test_a_window_that_was_asked_for() -> None:
    events = busy_run(100)
    shown = places(events, window=(0.105, 0.205))
    times = [event.t for event in events if event.seq in shown]
    assert 0.105 <= min(times) <= max(times) <= 0.205
    said = words(picture(events, window=(0.105, 0.205)))
    assert any(text.startswith("Shown: events 44 to") for text in said)


def test_a_window_in_which_nothing_happened() -> None:
    said = words(picture(team_run(), window=(100, 200)))
    assert any(text.startswith("Nothing of") for text in said)


@given(likely_runs())
@settings(max_examples=30)
def test_places_rise_and_are_those_of_the_events(events: list[ev.Event]) -> None:
    found = places(events)
    assert list(found) == [event.seq for event in events]
    assert list(found.values()) == sorted(found.values())
    assert max(found.values()) <= 720


def test_ages_have_few_ticks() -> None:
    script = Script()
    script.task("main", None, main=True)
    script.now = 1e300
    script.task_ends("main", "returned")
    assert len(picture(script.events)) < 10_000
