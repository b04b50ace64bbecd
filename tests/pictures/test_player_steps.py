"""Of whom each step tells, and where everybody stands meanwhile."""

from collections.abc import Sequence

import pytest
from drawn_events import RUNS
from hypothesis import given
from stepping import MAIN, WORK, Stage, run_of_two, stage_of_two
from team_run import team_run

from exeunt._model import events as ev
from exeunt.pictures.player.steps import Place, steps
from exeunt.pictures.scene import Scene


def played(events: Sequence[ev.Event]) -> list[tuple[str, str, dict[str, Place]]]:
    """Of each step: its sentence, of whom it tells, and who stands where."""
    scene = Scene.of(events)
    stand: dict[str, Place] = {}
    found: list[tuple[str, str, dict[str, Place]]] = []
    for step in steps(scene):
        for who, at in step.moves.items():
            if at is None:
                del stand[scene.name(who)]
            else:
                stand[scene.name(who)] = at
        found.append((step.says, scene.name(step.who), dict(stand)))
    return found


def places_when(words: str, events: Sequence[ev.Event]) -> dict[str, Place]:
    (found,) = [stand for says, _, stand in played(events) if words in says]
    return found


def actor_when(words: str, events: Sequence[ev.Event]) -> str:
    (found,) = [who for says, who, _ in played(events) if words in says]
    return found


def test_each_event_is_a_step_but_for_those_that_only_say_where_somebody_stands() -> (
    None
):
    events = run_of_two()
    told = [event for event in events if not isinstance(event, ev.StoodAt)]
    assert [step.event for step in steps(Scene.of(events))] == told


def test_a_place_at_the_end_of_a_step_is_known_from_its_beginning() -> None:
    assert places_when("main begins", run_of_two()) == {}
    assert places_when("main sends", run_of_two()) == {"main": (MAIN, 5)}


def test_what_ends_is_told_where_its_actor_stood_so_far() -> None:
    script = stage_of_two()
    script.starts("other", "run", "Other", by="main")
    events = [*script.events]
    assert places_when("worker begins", events)["worker"] == (WORK, 2)
    s = Stage()
    s.task("main", None, main=True)
    s.starts("worker", None, "Worker", by="main")
    s.begins("Job(1)", "worker")
    s.stands("worker", WORK, 2)
    s.agent(ev.AgentFailed, "worker", error="E", doing="handling Job(1)")
    s.stands("worker", WORK, 9)
    assert places_when("crashes", s.events)["worker"] == (WORK, 2)


def test_nobody_stands_in_a_handler_that_is_left() -> None:
    events = run_of_two()
    assert places_when("worker fails at", events)["worker"] == (WORK, 2)
    assert "worker" not in places_when("worker leaves", events)


def test_a_message_that_nobody_began_to_handle_does_not_move_its_agent() -> None:
    s = Stage()
    s.task("main", None, main=True)
    s.starts("worker", None, "Worker", by="main")
    s.sends("Job(1)", "main", "worker")
    s.sends("Job(2)", "main", "worker")
    s.begins("Job(1)", "worker")
    s.stands("worker", WORK, 2)
    s.ends("Job(2)", "undelivered")
    s.ready("worker")
    assert places_when("ready", s.events)["worker"] == (WORK, 2)


def test_nor_does_one_that_was_put_off_and_then_not_handled() -> None:
    s = Stage()
    s.starts("worker", None, "Worker")
    for job in ("Job(1)", "Job(2)"):
        s.begins(job, "worker")
        s.stands("worker", WORK, int(job[4]))
        if job == "Job(1)":
            s.message(ev.MessagePostponed, job)
    s.ends("Job(1)", "undelivered")
    s.ready("worker")
    assert places_when("puts off", s.events)["worker"] == (WORK, 1)
    assert places_when("ready", s.events)["worker"] == (WORK, 2)


def test_who_has_left_stands_nowhere() -> None:
    s = Stage()
    s.starts("worker", None, "Worker")
    s.leaves("worker")
    s.stands("worker", WORK, 7)
    s.left("worker")
    s.task("last", None)
    assert places_when("worker leaves", s.events) == {"worker": (WORK, 7)}
    assert places_when("last begins", s.events) == {}


def test_who_is_cancelled_is_the_one_of_whom_it_is_told() -> None:
    s = Stage()
    s.task("main", None, main=True)
    s.starts("worker", None, "Worker", by="main")
    s.agent(ev.AgentStopping, "worker", how="cancel", reason="enough")
    s.stands("main", MAIN, 5)
    assert actor_when("is cancelled", s.events) == "worker"


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("main sends", "main"),
        ("in the mailbox", "main"),
        ("told to stop", "main"),
        ("worker begins", "worker"),
        ("main waits", "main"),
        ("fails at", "worker"),
        ("leaves", "worker"),
    ],
)
def test_of_whom_a_step_tells(words: str, who: str) -> None:
    assert actor_when(words, run_of_two()) == who


def test_of_whom_a_step_of_the_team_tells() -> None:
    events = team_run()
    assert actor_when("crew is cancelled", events) == "manager"
    assert actor_when("crew closes", events) == "manager"
    assert actor_when("has the answer", events) == "manager"
    assert actor_when("room for Task(7)", events) == "manager"
    assert actor_when("engineer B is cancelled", events) == "engineer B"
    assert actor_when("Task(8) is never handled", events) == "engineer B"


def test_trouble_is_marked() -> None:
    troubled = [step.says for step in steps(Scene.of(team_run())) if step.trouble]
    assert [words.split(":")[0] for words in troubled] == [
        "engineer A fails at Task(2) after 600 ms",
        "engineer A crashes while handling Task(2)",
        "crew is cancelled",
        "engineer B is cut short in Task(7) after 800 ms",
        "Task(8) is never handled by engineer B",
    ]


@given(RUNS)
def test_any_run_has_its_steps(events: list[ev.Event]) -> None:
    made = [*steps(Scene.of(events))]
    told = [event for event in events if not isinstance(event, ev.StoodAt)]
    assert [step.event for step in made] == told
    known = {(e.file, e.line) for e in events if isinstance(e, ev.StoodAt)}
    for step in made:
        assert {at for at in step.moves.values() if at is not None} <= known
