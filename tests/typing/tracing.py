"""What type checkers have to know of recordings. This file is checked, never run."""

from contextvars import ContextVar
from pathlib import Path
from typing import assert_never, assert_type

from exeunt.tracing import Header, Recorder, Recording, note, record
from exeunt.tracing.events import AgentFailed, Event, MessageEnded, ScopeCancelled

number: ContextVar[int] = ContextVar("number")


async def main(times: int, *, loudly: bool = False) -> None: ...


def recordings() -> None:
    recording = record(main, 3, seed=7, title="three times")
    assert_type(recording, Recording)
    record(main, "3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    record(main)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(recording.events, tuple[Event, ...])
    assert_type(recording.header, Header)
    assert_type(Recording.load(Path("run.jsonl")), Recording)
    recording.events = ()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def recorders() -> None:
    with Recorder(context=(number,), dump="crash.jsonl") as recorder:
        assert_type(recorder.read(), list[Event])
        note("the cache is cold")
        note(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(recorder.recording(), Recording)


def events(event: MessageEnded | AgentFailed | ScopeCancelled) -> str:
    match event:
        case MessageEnded(fate="handled"):
            return "handled"
        case MessageEnded(error=error) | AgentFailed(error=error):
            return error or ""
        case ScopeCancelled(reason=reason):
            assert_type(reason, str | None)
            return reason or ""
        case _:
            assert_never(event)
