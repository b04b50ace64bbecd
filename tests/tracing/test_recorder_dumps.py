"""What a recording says of its run as a whole: dumps, files, clocks and seeds."""

import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from echoing import Echo, of
from trio.testing import MockClock

from exeunt import open_supervisor
from exeunt.testing import Schedule
from exeunt.tracing import Recorder, Recording, events as ev, looking, record
from exeunt.tracing.rules import complaints


def test_a_crash_is_dumped_with_what_came_of_it(tmp_path: Path) -> None:
    async def main() -> None:
        with Recorder(dump=tmp_path / "crash.jsonl", title="a crash"):
            async with open_supervisor() as supervisor:
                echo = await supervisor.start(Echo)
                await echo.send(ValueError("too much"))
                await trio.sleep_forever()

    with pytest.raises(ExceptionGroup):
        trio.run(main)
    recording = Recording.load(tmp_path / "crash.jsonl")
    assert recording.header.title == "a crash"
    assert recording.header.error == "ValueError: too much"
    (failed,) = [e for e in recording.events if isinstance(e, ev.AgentFailed)]
    assert failed.error == "ValueError: too much"
    assert complaints(recording.events) == []


def test_a_dump_that_fails_does_not_hide_the_error(tmp_path: Path) -> None:
    async def main() -> None:
        with Recorder(dump=tmp_path / "nowhere" / "crash.jsonl"):
            raise ValueError("too much")

    with pytest.raises(ValueError, match="too much") as caught:
        trio.run(main)
    assert "its recording was not saved" in caught.value.__notes__[0]


def test_nothing_is_dumped_of_a_good_end(tmp_path: Path) -> None:
    async def main() -> None:
        with Recorder(dump=tmp_path / "crash.jsonl"):
            pass

    trio.run(main)
    assert not [*tmp_path.iterdir()]


def _jumping() -> MockClock:
    return MockClock(autojump_threshold=0)


def test_a_deadline_is_on_the_clock_of_the_events() -> None:
    async def main() -> Recorder:
        await trio.sleep(3)
        recorder = Recorder()
        with recorder, trio.move_on_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep, 1)
        return recorder

    (scope,) = [
        e
        for e in of(trio.run(main, clock=_jumping()), ev.ScopeOpened)
        if e.kind == "nursery"
    ]
    assert scope.deadline == 5

    async def real() -> float:
        recorder = Recorder()
        with recorder, trio.move_on_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.lowlevel.checkpoint)
        scope = of(recorder, ev.ScopeOpened)[-1]
        deadline: float = scope.deadline
        return deadline

    assert 5 <= trio.run(real) < 100


def test_ctrl_c_while_a_task_begins_is_not_lost() -> None:
    # Trio calls an instrument there in the middle of a program's own code, and drops
    # it, together with the exception, if it raises one.
    async def main() -> None:
        with Recorder():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep, 1)
                await trio.sleep(1)

    place_of = looking.Nurseries.place_of

    def pressed(self: Any, task: Any) -> Any:
        if task.name == "trio.sleep":
            signal.raise_signal(signal.SIGINT)
        return place_of(self, task)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking.Nurseries, "place_of", pressed)
        with pytest.raises((KeyboardInterrupt, BaseExceptionGroup)) as caught:
            trio.run(main)
    error = caught.value
    if isinstance(error, BaseExceptionGroup):
        assert error.subgroup(KeyboardInterrupt) is not None


def test_the_same_seed_gives_the_same_recording() -> None:
    async def main() -> None:
        async with open_supervisor() as supervisor:
            echo = await supervisor.start(Echo)
            for _ in range(3):
                await echo.send(partial(trio.sleep, 1))
                await echo.send(trio.CancelScope())  # whose repr has an address

    once, again = record(main, seed=1), record(main, seed=1)
    assert once == again
    assert complaints(once.events) == []


def test_files_have_names_that_are_the_same_everywhere() -> None:
    async def main() -> None:
        await trio.sleep(1)

    recording = record(main)
    files = {e.file for e in recording.events if isinstance(e, ev.StoodAt)}
    here = Path(__file__).relative_to(Path.cwd()).as_posix()
    assert files == {here} == {*recording.header.sources}
    assert recording.header.sources[here] == Path(__file__).read_text("utf-8")


def test_a_program_without_a_file_is_recorded_all_the_same() -> None:
    names: dict[str, Any] = {}
    source = "import trio\nasync def main(): await trio.sleep(1)"
    exec(compile(source, "<stdin>", "exec"), names)
    recording = record(names["main"])
    assert recording.header.sources == {"<stdin>": ""}


def test_a_schedule_can_be_recorded() -> None:
    async def main() -> Recorder:
        recorder = Recorder()
        with recorder:
            await trio.sleep(1)
        return recorder

    recording = Schedule().run(main).recording()
    assert recording.header.clock == "virtual"
    assert recording.events[0] == ev.ScopeOpened(
        seq=1, t=0, scope=0, parent=None, owner=None, name="run", kind="run",
        deadline=None,
    )  # fmt: skip
