"""From notes to events: who is who, which message is which, and which file."""

from pathlib import Path
from typing import Any

import pytest
import trio
import trio.lowlevel
from trio.testing import MockClock

from exeunt import Agent, Request, start
from exeunt.exceptions import AgentClosed, MessageDropped
from exeunt.tracing import Recorder, events as ev
from exeunt.tracing.rules import complaints
from exeunt.tracing.sources import Sources


class Get(Request[int]):
    """Wants an answer."""


class Slow(Agent[Any]):
    """Takes a second for everything."""

    async def handle(self, message: Any) -> int:
        await trio.sleep(1)
        return 1


def ways(recorder: Recorder) -> list[list[str]]:
    """Return the way of each message, in the words of its events."""
    found: dict[int, list[str]] = {}
    recording = recorder.recording()
    assert complaints(recording.events) == []
    for event in recording.events:
        number = getattr(event, "message", None)
        if number is not None:
            fate = getattr(event, "fate", None)
            found.setdefault(number, []).append(fate or type(event).__name__)
    return [*found.values()]


async def test_a_refused_ask_is_answered_like_any_other(
    autojump_clock: MockClock,
) -> None:
    recorder = Recorder()
    with recorder:
        async with trio.open_nursery() as nursery:
            slow = await start(nursery, Slow)
            slow.stop()
            with pytest.raises(AgentClosed):
                await slow.ask(Get())
    assert ways(recorder) == [["MessageOffered", "refused", "AskAnswered"]]


async def test_an_ask_for_which_there_is_no_room_is_dropped_and_answered(
    autojump_clock: MockClock,
) -> None:
    recorder = Recorder()
    with recorder:
        async with trio.open_nursery() as nursery:
            slow = await start(nursery, Slow, capacity=1, overflow="drop_newest")
            await slow.send("one")
            await trio.testing.wait_all_tasks_blocked()
            await slow.send("two")
            with pytest.raises(MessageDropped):
                await slow.ask(Get())
            slow.stop()
    assert ways(recorder)[2] == [
        "MessageOffered",
        "MessageAccepted",
        "dropped",
        "AskAnswered",
    ]


async def test_an_agent_that_is_cancelled_after_its_end_does_not_stop_again() -> None:
    recorder = Recorder()
    with recorder:
        async with trio.open_nursery() as nursery:
            slow = await start(nursery, Slow)
            await slow.aclose()
            slow.cancel("late")
    events = recorder.recording().events
    assert sum(isinstance(e, ev.AgentStopping) for e in events) == 1


async def test_a_context_from_another_run_is_no_agent_here(
    autojump_clock: MockClock,
) -> None:
    async def inner() -> Recorder:
        with Recorder() as recorder:
            await trio.lowlevel.checkpoint()
        return recorder

    class Host(Agent[Any]):
        async def handle(self, message: Any) -> None:
            message.append(await trio.to_thread.run_sync(trio.run, inner))

    found: list[Recorder] = []
    async with trio.open_nursery() as nursery:
        host = await start(nursery, Host)
        await host.send(found)
        await host.aclose()
    events = found[0].recording().events
    assert not any(isinstance(e, ev.AgentStarted) for e in events)
    assert complaints(events) == []


def test_files_are_named_as_seen_from_here() -> None:
    sources = Sources()
    inside = Path.cwd() / "src" / "program.py"
    assert sources.name_of(str(inside)) == "src/program.py"
    assert sources.name_of("/elsewhere/one/main.py") == "main.py"
    assert sources.name_of("/elsewhere/two/main.py") == "two/main.py"
    assert sources.name_of("/elsewhere/one/main.py") == "main.py"
    assert sources.name_of("<string>") == "<string>"
    assert sources.texts(["main.py", "<string>"]) == {"main.py": "", "<string>": ""}
