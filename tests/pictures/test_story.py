from drawn_events import EVENT, RUNS, TEXTS
from golden import assert_same
from hypothesis import given
from likely_runs import likely_runs
from scripted import Script
from team_run import team_run

from exeunt._model import events as ev
from exeunt.pictures.scene import Scene
from exeunt.pictures.story import sentence, story

WORDS = {
    "handled": ("is done with", "handles it at once", "has the answer", "handles"),
    "failed": ("crashes on", "fails at"),
    "interrupted": ("is cut short in",),
    "undelivered": ("never handled",),
    "abandoned": ("never handled",),
    "dropped": ("never handled",),
    "refused": ("does not take",),
    "withdrawn": ("takes back",),
}


def told(script: Script) -> str:
    """The lines of a story, without the facts below it."""
    return story(script.events).partition("\n\nIn all:")[0]


def a_service() -> Script:
    script = Script()
    script.task("main", None, main=True)
    script.starts("service", None, "Service", 2, by="main")
    script.ready("service")
    return script


def test_the_story_of_the_team() -> None:
    text = story(team_run(), title="A feature goes through the team")
    assert_same(text, "team.story.txt")


def test_each_event_of_the_team_has_its_sentence() -> None:
    scene = Scene.of(team_run())
    said = [f"{event.t} {sentence(scene, event)}\n" for event in scene.events]
    assert_same("".join(said), "team.sentences.txt")


@given(RUNS, TEXTS)
def test_anything_can_be_told_and_is_not_long(
    events: list[ev.Event], title: str
) -> None:
    text = story(events, title=title)
    assert text.encode()
    assert all(line.isprintable() for line in text.split("\n"))
    assert len(text.split("\n")) < 20 + 8 * len(events)


@given(EVENT, RUNS)
def test_each_event_has_a_sentence_even_in_a_scene_that_does_not_know_it(
    event: ev.Event, others: list[ev.Event]
) -> None:
    for scene in (Scene.of([event]), Scene.of(others)):
        said = sentence(scene, event)
        if isinstance(event, ev.StoodAt):
            assert said is None
        else:
            assert said
            assert said.isprintable()


@given(RUNS)
def test_sentences_leave_the_scene_alone(events: list[ev.Event]) -> None:
    scene = Scene.of(events)
    figures, messages = [*scene.figures], [*scene.messages]
    for event in events:
        sentence(scene, event)
    assert ([*scene.figures], [*scene.messages]) == (figures, messages)


@given(likely_runs())
def test_the_fate_of_each_message_is_told(events: list[ev.Event]) -> None:
    said = " ".join(story(events).split())
    for message in Scene.of(events).messages.values():
        line = _lines_with(message.text, story(events))
        assert message.text in said
        if message.fate:
            assert any(word in line for word in WORDS[message.fate]), message.text


def _lines_with(text: str, told: str) -> str:
    """All that is said of a message, wherever lines are broken."""
    lines: list[str] = []
    for line in told.partition("\n\nIn all")[0].split("\n"):
        broken = lines and len(line) - len(line.lstrip()) > _margin(told)
        lines[-1:] = [f"{lines[-1]} {line.strip()}"] if broken else [*lines[-1:], line]
    return "\n".join(line for line in lines if text in line)


def _margin(told: str) -> int:
    first = told.partition("\n")[0]
    return first.index("main begins")


@given(likely_runs())
def test_crashes_cancellations_and_restarts_are_told(events: list[ev.Event]) -> None:
    text = " ".join(story(events).split())
    for event in events:
        match event:
            case ev.AgentFailed():
                assert "crashes on" in text
            case ev.AgentRestarted():
                assert "begins again (restart 1)" in text
            case ev.ScopeCancelled():
                assert "crew is cancelled: enough (deadline)" in text
            case _:
                pass


def test_what_has_no_name_has_one_in_a_story() -> None:
    script = Script()
    script.opens(" ", None, None)
    script.starts("", " ", "")
    script.sends("\n", None, "")
    assert told(script).split("\n") == [
        "0 s  a nursery opens",
        "     here is agent 0 (mailbox of 32)",
        "     a message is sent to agent 0",
        "     at last, a message is in the mailbox of agent 0",
    ]


def test_nothing_is_a_story_too() -> None:
    assert story([]) == "In all: nothing happened.\n"


def test_what_is_handled_at_once_takes_one_line() -> None:
    script = a_service()
    script.sends("Set(1)", "main", "service")
    script.begins("Set(1)", "service")
    script.ends("Set(1)")
    assert told(script).endswith(
        "main sends Set(1) to service, which handles it at once"
    )


def test_an_answer_at_once_takes_one_line() -> None:
    script = a_service()
    script.sends("Get()", "main", "service", "ask")
    script.begins("Get()", "service")
    script.message(ev.AskAnswered, "Get()", error=None)
    script.ends("Get()")
    assert told(script).endswith("main asks service: Get(), and has the answer at once")


def test_a_turn_that_sends_is_not_told_as_if_it_were_nothing() -> None:
    script = a_service()
    script.sends("Set(1)", "main", "service")
    script.begins("Set(1)", "service")
    script.sends("Echo", "service", "service", cause="Set(1)")
    script.ends("Set(1)")
    assert "begins at once" in told(script)
    assert "service is done with Set(1)" in told(script)


def test_a_failing_ask_is_told_to_the_asker() -> None:
    script = a_service()
    script.sends("Get()", "main", "service", "ask")
    script.now = 2.5
    script.begins("Get()", "service")
    script.ends("Get()", "failed", "ValueError: no")
    script.message(ev.AskAnswered, "Get()", error="AgentCrashed: it crashed")
    script.agent(
        ev.AgentFailed, "service", error="ValueError: no", doing="handling Get()"
    )
    script.agent(ev.AgentStopping, "service", how="crash", reason=None)
    script.left("service", "crashed", "ValueError: no")
    assert told(script).splitlines()[2:] == [
        "       main asks service: Get(), and waits",
        "2.5 s  service begins Get()",
        "       service crashes on Get(): ValueError: no",
        "       main gets an error for Get() from service: AgentCrashed: it crashed",
        "       service leaves, crashed",
    ]


def test_an_answer_before_a_cancel_in_the_same_instant_is_told() -> None:
    script = a_service()
    script.sends("Get()", "main", "service", "ask")
    script.begins("Get()", "service")
    script.now = 1
    script.message(ev.AskAnswered, "Get()", error=None)
    script.ends("Get()", "interrupted")
    assert told(script).splitlines()[-2:] == [
        "1 s  main has the answer to Get() from service after 1 s",
        "     service is cut short in Get() after 1 s",
    ]


def test_a_failure_long_before_is_another_one() -> None:
    script = a_service()
    error = "ValueError: no"
    script.agent(ev.AgentFailed, "service", error=error, doing="waiting for messages")
    script.sends("Set(1)", "main", "service")
    script.begins("Set(1)", "service")
    script.now = 1
    script.ends("Set(1)", "failed", error)
    assert told(script).splitlines()[2:] == [
        "     service crashes while waiting for messages: ValueError: no",
        "     main sends Set(1) to service, which begins at once",
        "1 s  service fails at Set(1) after 1 s: ValueError: no",
    ]


def test_what_is_not_over_is_told_at_the_end() -> None:
    script = a_service()
    script.sends("Set(1)", "main", "service")
    script.begins("Set(1)", "service")
    script.sends("Set(2)", "main", "service")
    script.sends("Set(3)", "main", "service")
    script.sends("Get()", "main", "service", "ask")
    script.awaits("main", "service", "end")
    assert told(script).splitlines()[-4:] == [
        "     at last, service is at Set(1)",
        "     at last, Set(2) and Set(3) are in the mailbox of service",
        "     at last, main waits for service to answer Get()",
        "     at last, main waits for service to leave",
    ]


def long_run(rounds: int, *, crash_at: int = -1) -> Script:
    script = a_service()
    for n in range(rounds):
        script.now += 1
        script.sends(f"Set({n})", "main", "service")
        script.now += 0.5
        script.begins(f"Set({n})", "service")
        script.now += 0.5
        if n == crash_at:
            script.ends(f"Set({n})", "failed", "ValueError: no")
        else:
            script.ends(f"Set({n})")
    return script


def test_repetitions_are_counted() -> None:
    assert told(long_run(1_000)).splitlines()[-7:] == [
        "    1.0 s  main sends Set(0) to service",
        "    1.5 s  service begins Set(0)",
        "    2.0 s  service is done with Set(0) after 500 ms",
        "    3.0 s  main sends Set(1) to service",
        "    3.5 s  service begins Set(1)",
        "    4.0 s  service is done with Set(1) after 500 ms",
        "2,000.0 s  … and so on, 998 more times, until now",
    ]


def test_a_short_run_is_told_in_full() -> None:
    said = told(long_run(10))
    assert all(f"service is done with Set({n})" in said for n in range(10))
    assert "…" not in said


def test_trouble_in_the_middle_of_repetitions_is_told() -> None:
    lines = told(long_run(1_000, crash_at=500)).splitlines()
    assert len(lines) < 25
    (crash,) = [line for line in lines if "Set(500)" in line and "fails" in line]
    assert crash.split() == (
        [
            "1,002.0",
            "s",
            "service",
            "fails",
            "at",
            "Set(500)",
            "after",
            "500",
            "ms:",
            "ValueError:",
            "no",
        ]
    )


def test_of_a_long_run_the_beginning_the_trouble_and_the_end_are_told() -> None:
    script = Script()
    for n in range(5_000):
        script.now += n % 7
        script.add(ev.Noted, who=None, text=f"{n * n % 91}")
        if n == 2_500:
            script.cancels("crew", "deadline")
    lines = told(script).splitlines()
    assert len(lines) < 140
    assert sum("is cancelled: deadline" in line for line in lines) == 1
    assert any("lines left out" in line for line in lines)


@given(likely_runs(most=300))
def test_no_story_is_longer_than_a_few_pages(events: list[ev.Event]) -> None:
    assert len(story(events).splitlines()) < 2 * 140


def test_many_things_are_told_in_one_breath() -> None:
    script = a_service()
    for n in range(100):
        script.sends(f"Set({n})", "main", "service")
    assert (
        "main sends Set(0), Set(1), Set(2), Set(3), 95 others and Set(99) to service"
    ) in told(script)


def test_real_clocks_are_not_exact() -> None:
    script = a_service()
    script.offers("Set(1)", "main", "service")
    script.now += 1e-5
    script.accepts("Set(1)")
    script.now += 1e-5
    script.begins("Set(1)", "service")
    script.now += 1e-5
    script.ends("Set(1)")
    assert "main sends Set(1) to service, which handles it at once" in told(script)
