"""The recorder: what it holds, when it begins and ends, and where it says no."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest
import trio
from echoing import Echo, of
from trio.testing import MockClock

from exeunt import Agent, Pool, Request, start
from exeunt.tracing import Recorder, Recording, events as ev, note
from exeunt.tracing.rules import complaints

COLOUR: ContextVar[str] = ContextVar("colour")


class Get(Request[int]):
    """Wants an answer."""


def lawful(recorder: Recorder) -> Recording:
    recording = recorder.recording()
    assert complaints(recording.events, lost=recording.header.lost) == []
    return recording


def test_outside_a_run_there_is_nothing_to_record() -> None:
    with pytest.raises(RuntimeError, match="a Recorder records a Trio run: enter it"):
        Recorder().__enter__()


def test_before_it_begins_a_recorder_is_empty() -> None:
    assert Recorder().read() == []
    assert Recorder().recording().events == ()


async def test_a_recorder_records_once() -> None:
    recorder = Recorder()
    with recorder:
        pass
    with pytest.raises(RuntimeError, match="make a new one"):
        recorder.__enter__()


async def test_no_number_of_events_but_a_positive_one() -> None:
    with pytest.raises(ValueError, match="1 event or more, not 0"):
        Recorder(events=0)


async def test_of_older_agents_nothing_is_said_but_that_they_are_there(
    autojump_clock: MockClock,
) -> None:
    recorder = Recorder()
    async with trio.open_nursery() as nursery:
        old = await start(nursery, Echo, name="old")
        new = None
        with recorder:
            await old.send(1)
            assert await old.ask(Get()) == 7
            new = await start(nursery, Echo, name="new")
            await old.send(lambda: new.send(2))
            await trio.sleep(1)
            old.stop()
            await old.wait_closed()
            new.stop()
            await new.wait_closed()
    lawful(recorder)
    (message,) = of(recorder, ev.MessageOffered)
    names = {e.agent: e.name for e in of(recorder, ev.AgentStarted)}
    assert names[message.src] == "old"
    assert names[message.dst] == "new"
    assert {e.agent: e.outcome for e in of(recorder, ev.AgentLeft)} == dict.fromkeys(
        names, "stopped"
    )


async def test_what_was_there_before_it_is_introduced(
    autojump_clock: MockClock,
) -> None:
    async def sleeper(*, task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        async with trio.open_nursery() as deep:
            deep.start_soon(trio.sleep, 1)
            task_status.started()

    async with trio.open_nursery() as wide:
        await wide.start(sleeper)
        recorder = Recorder()
        with recorder:
            await trio.sleep(2)
    lawful(recorder)
    names = [e.name for e in of(recorder, ev.ScopeOpened)]
    assert {"wide", "deep"} <= {*names}
    assert {"sleeper", "sleep"} <= {e.name for e in of(recorder, ev.TaskStarted)}
    closed = {e.scope for e in of(recorder, ev.ScopeClosed)}
    assert closed == {e.scope for e in of(recorder, ev.ScopeOpened) if e.name == "deep"}


async def test_a_recorder_may_end_before_its_agents(autojump_clock: MockClock) -> None:
    recorder = Recorder()
    async with trio.open_nursery() as nursery:
        with recorder:
            echo = await start(nursery, Echo)
            await echo.send(1)
        before = lawful(recorder).events
        await echo.send(2)
        assert await echo.ask(Get()) == 7
        echo.cancel("enough")
        await echo.wait_closed()
    assert recorder.recording().events == before


async def test_a_full_ring_forgets_the_oldest(autojump_clock: MockClock) -> None:
    recorder = Recorder(events=20)
    with recorder:
        async with trio.open_nursery() as nursery:
            echo = await start(nursery, Echo)
            for number in range(100):
                await echo.send(number)
            await trio.sleep(1)
            echo.stop()
    recording = lawful(recorder)
    assert recording.header.lost
    # A note may make several events, and those who had come before are introduced.
    assert 20 <= len(recording.events) <= 60
    assert of(recorder, ev.AgentLeft)
    assert of(recorder, ev.AgentStarted)


async def test_a_ring_that_was_just_full_has_lost_nothing() -> None:
    recorder = Recorder(events=3)  # the run, this task and the nursery around it
    with recorder:
        note("one")
    assert lawful(recorder).header.lost
    recorder = Recorder(events=1000)
    with recorder:
        note("one")
    assert not lawful(recorder).header.lost


async def test_a_gap_between_two_readings_is_a_new_beginning() -> None:
    recorder = Recorder(events=30)
    with recorder:
        async with trio.open_nursery() as nursery:
            echo = await start(nursery, Echo)
            await echo.send(0)
            assert recorder.read()
            for number in range(100):
                await echo.send(number)
            echo.stop()
    recording = lawful(recorder)
    assert recording.header.lost
    assert not of(recorder, ev.WaitBegan)


async def test_two_recorders_hear_the_same() -> None:
    outer, inner = Recorder(), Recorder()
    with outer:
        async with trio.open_nursery() as nursery:
            with inner:
                echo = await start(nursery, Echo)
                await echo.send(1)
                note("both")
                await echo.aclose()
            late = await start(nursery, Echo, name="late")
            await late.aclose()
    for recorder in outer, inner:
        lawful(recorder)
        assert len(of(recorder, ev.MessageEnded)) == 1
        assert [e.text for e in of(recorder, ev.Noted)] == ["both"]
    assert len(of(outer, ev.AgentLeft)) == 2
    assert len(of(inner, ev.AgentLeft)) == 1


async def test_a_worker_of_an_older_pool_is_as_silent_as_its_pool(
    autojump_clock: MockClock,
) -> None:
    recorder = Recorder()
    pool = Pool(1, Echo)
    async with trio.open_nursery() as nursery:
        handle = await start(nursery, pool)
        with recorder:
            pool.resize(2)
            for _ in range(4):
                await handle.send(partial(trio.sleep, 1))
            await trio.sleep(5)
            handle.stop()
            await handle.wait_closed()
    lawful(recorder)
    assert not of(recorder, ev.MessageOffered)


async def test_a_note_is_said_by_whoever_runs() -> None:
    async def remark() -> None:
        note("from an agent")

    recorder = Recorder()
    note("nobody hears this")
    with recorder:
        async with trio.open_nursery() as nursery:
            note("from the task")
            echo = await start(nursery, Echo)
            await echo.send(remark)
            await echo.aclose()
    lawful(recorder)
    task, agent = of(recorder, ev.Noted)
    assert (task.text, agent.text) == ("from the task", "from an agent")
    assert [e.agent for e in of(recorder, ev.AgentStarted)] == [agent.who]
    assert task.who != agent.who


async def test_the_context_at_the_sender_goes_along() -> None:
    recorder = Recorder(context=(COLOUR,))
    with recorder:
        async with trio.open_nursery() as nursery:
            echo = await start(nursery, Echo)
            COLOUR.set("red")
            await echo.send(1)
            COLOUR.set("blue")
            await echo.ask(Get())
            await echo.aclose()
    lawful(recorder)
    found = [e.context for e in of(recorder, ev.MessageOffered)]
    assert found == [{"colour": "red"}, {"colour": "blue"}]


class Ghost(Agent[int]):
    """Leaves at once, with what it has left alone."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as helpers:
            helpers.start_soon(trio.sleep, 0)
            yield

    async def handle(self, message: int) -> None:
        if message:
            raise ValueError(message)


def kept_by(what: object) -> int:
    """Count what a reader or a look-out holds on to, in all of its containers."""
    return sum(
        len(value)
        for value in vars(what).values()
        if isinstance(value, dict | set | list)
    )


async def test_memory_is_bounded_over_a_long_run(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exeunt.tracing.numbering._REMEMBERED", 10)
    recorder = Recorder(events=100)
    reader: Any = None
    sizes = []
    with recorder:
        reader = recorder._reader
        for number in range(60):
            with pytest.raises(ExceptionGroup) if number % 2 else trio.CancelScope():
                async with trio.open_nursery() as nursery:
                    ghost = await start(nursery, Ghost)
                    await ghost.send(number % 2)
                    with trio.move_on_after(1):
                        await trio.lowlevel.checkpoint()
                    ghost.stop()
            recorder.read()
            parts = (reader, reader._numbers, reader._post)
            sizes.append(sum(map(kept_by, parts)))
    assert max(sizes[20:]) <= max(sizes[:20])


async def test_a_thousand_times_the_same_message() -> None:
    async def main(times: int) -> int:
        recorder = Recorder(events=100_000)
        with recorder:
            async with trio.open_nursery() as nursery:
                echo = await start(nursery, Echo, capacity=times)
                for _ in range(times):
                    await echo.send("same")
                for _ in range(times):
                    nursery.start_soon(echo.send, "same")
                await trio.testing.wait_all_tasks_blocked()
                echo.stop()
        lawful(recorder)
        return len(of(recorder, ev.MessageEnded))

    assert await main(1000) == 2000


async def test_a_recorder_that_begins_in_a_handler_makes_up_no_task(
    autojump_clock: MockClock,
) -> None:
    recorder = Recorder()

    class Curious(Agent[str]):
        async def handle(self, message: str) -> None:
            with recorder:
                note(message)

    async with trio.open_nursery() as nursery:
        curious = await start(nursery, Curious)
        await curious.send("what goes on here?")
        curious.stop()
    [noted] = of(recorder, ev.Noted)
    [agent] = of(recorder, ev.AgentStarted)
    assert noted.who == agent.agent
    assert all(task.agent is None for task in of(recorder, ev.TaskStarted))
