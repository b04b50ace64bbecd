"""The fold that all others share, also of recordings that are not whole."""

from drawn_events import RUNS
from hypothesis import given
from likely_runs import likely_runs
from scripted import Script
from team_run import team_run

from exeunt._model import events as ev
from exeunt.pictures.headline import headline
from exeunt.pictures.parts import Figure
from exeunt.pictures.scene import Scene


def test_who_was_there_from_top_to_bottom() -> None:
    names = [figure.name for figure in Scene.of(team_run()).lanes()]
    assert names == ["main", "architect", "manager", "engineer A", "engineer B"]


def test_what_became_of_the_messages() -> None:
    scene = Scene.of(team_run())
    fates = {message.text: message.fate for message in scene.messages.values()}
    assert fates["Task(2)"] == "failed"
    assert fates["Task(7)"] == "interrupted"
    assert fates["Task(8)"] == "undelivered"
    assert sum(fate == "handled" for fate in fates.values()) == 7


def test_a_wait_for_room_lasts_until_the_message_is_accepted() -> None:
    scene = Scene.of(team_run())
    [message] = [m for m in scene.messages.values() if m.text == "Task(8)"]
    assert message.waits
    assert message.room is message.accepted
    assert message.accepted
    assert message.accepted.t - message.waits.t == 1.5


def test_names_that_occur_twice_are_told_apart() -> None:
    script = Script()
    for key, called in (("a", "bob"), ("b", "bob"), ("c", "bob #2"), ("d", "bob")):
        script.starts(key, None, "Bob", called=called)
    names = [figure.name for figure in Scene.of(script.events).figures.values()]
    assert len(set(names)) == 4
    assert names[:2] == ["bob", "bob #2"]


def test_who_was_never_introduced_is_there_all_the_same() -> None:
    whole = team_run()
    scene = Scene.of(whole[40:])
    assert {figure.kind for figure in scene.figures.values()} >= {"agent"}
    assert all(figure.name for figure in scene.figures.values())


def test_the_message_of_a_lost_offer_belongs_to_who_handles_it() -> None:
    begun = ev.MessageBegun(seq=0, t=0.0, message=7, agent=3)
    message = Scene.of([begun]).messages[7]
    assert (message.dst, message.offered, len(message.turns)) == (3, None, 1)


def test_a_postponed_turn_ends_and_another_follows() -> None:
    script = Script()
    script.starts("a", None, "A")
    script.sends("m", None, "a")
    script.begins("m", "a")
    script.message(ev.MessagePostponed, "m")
    script.begins("m", "a")
    script.ends("m")
    first, second = Scene.of(script.events).messages[0].turns
    assert isinstance(first.ended, ev.MessagePostponed)
    assert isinstance(second.ended, ev.MessageEnded)


def test_inner_boxes_come_before_those_that_are_closed_after_them() -> None:
    script = Script()
    script.task("main", None, main=True)
    script.opens("outer", None, "main")
    script.opens("inner", None, "main")
    script.closes("inner")
    script.closes("outer")
    held = Scene.of(script.events).held()[None]
    assert [one.name for one in held] == ["main", "inner", "outer"]


@given(RUNS)
def test_everybody_has_exactly_one_place(events: list[ev.Event]) -> None:
    scene = Scene.of(events)
    placed = [one for held in scene.held().values() for one in held]
    figures = [one.number for one in placed if isinstance(one, Figure)]
    assert sorted(figures) == sorted(scene.figures)
    assert len(placed) == len(scene.figures) + len(scene.scopes)
    assert len({figure.name for figure in scene.figures.values()}) == len(figures)
    assert len(list(scene.lanes())) == len(figures)


@given(likely_runs())
def test_each_message_is_accounted_for_in_the_headline(events: list[ev.Event]) -> None:
    scene = Scene.of(events)
    said = " · ".join(headline(scene))
    assert f"{len(scene.messages)} message" in said or not scene.messages


def test_the_headline_of_the_team() -> None:
    assert headline(Scene.of(team_run())) == [
        "4 agents",
        "10 messages: 7 handled, 1 failed, 1 interrupted, 1 never handled",
        "engineer A failed handling Task(2): ValueError: unclear spec",
        "1 restart",
        "“crew” cancelled: the sprint is over (deadline)",
        "longest wait 2 s: manager, for room in the mailbox of engineer B",
        "longest in a mailbox 3.5 s: Task(6), to engineer B",
    ]


def test_the_same_failure_is_told_once() -> None:
    script = Script()
    script.starts("a", None, "A")
    for _ in range(5):
        script.agent(ev.AgentFailed, "a", error="OSError", doing="starting")
    assert "a failed starting: OSError (\u00d75)" in headline(Scene.of(script.events))


def test_scopes_in_a_ring_are_taken_apart() -> None:
    script = Script()
    script.opens("one", "two", None)
    script.opens("two", "one", None)
    script.opens("three", "three", None)
    script.starts("a", "one", "A")
    script.starts("b", "three", "B")
    names = [figure.name for figure in Scene.of(script.events).lanes()]
    assert sorted(names) == ["a", "b"]
