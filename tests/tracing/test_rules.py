"""Each rule of the event stream, and a recording that breaks it."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import attrs
import pytest
import trio

from exeunt import Agent, Request, open_supervisor
from exeunt.exceptions import AgentClosed
from exeunt.tracing import events as ev, record
from exeunt.tracing.rules import complaints

Events = list[ev.Event]


class Get(Request[int]):
    """Wants an answer."""


class Worker(Agent[Any]):
    """Crashes once, on "crash"."""

    async def handle(self, message: Any) -> int:
        await trio.sleep(1)
        if message == "crash":
            raise ValueError(message)
        return 1


async def day() -> None:
    async with open_supervisor() as supervisor:
        worker = await supervisor.start(Worker, restart="transient", capacity=4)
        for message in "one", "crash", "two", "three":
            await worker.send(message)
        await worker.ask(Get())
        await worker.send("four")
        with trio.move_on_after(0.5):
            await worker.ask(Get())
        worker.stop()
        with suppress(AgentClosed):
            await worker.send("late")


DAY = record(day).events


def first(kind: type[ev.Event], **values: Any) -> int:
    """Return the place of the first event like this."""
    return next(
        place
        for place, event in enumerate(DAY)
        if isinstance(event, kind)
        and all(getattr(event, key) == value for key, value in values.items())
    )


def numbered(events: Iterable[ev.Event]) -> Events:
    """Number them anew, so that only what happens is wrong."""
    return [attrs.evolve(e, seq=n, t=0.0) for n, e in enumerate(events, 1)]


def without(kind: type[ev.Event], **values: Any) -> Callable[[], Events]:
    def change() -> Events:
        place = first(kind, **values)
        return numbered([*DAY[:place], *DAY[place + 1 :]])

    return change


def twice(kind: type[ev.Event], **values: Any) -> Callable[[], Events]:
    def change() -> Events:
        place = first(kind, **values)
        return numbered([*DAY[: place + 1], *DAY[place:]])

    return change


def last(kind: type[ev.Event], **values: Any) -> Callable[[], Events]:
    """Have it happen after all others."""

    def change() -> Events:
        place = first(kind, **values)
        return numbered([*DAY[:place], *DAY[place + 1 :], DAY[place]])

    return change


def changed(kind: type[ev.Event], **values: Any) -> Callable[[], Events]:
    def change() -> Events:
        place = first(kind)
        events = [*DAY]
        events[place] = attrs.evolve(events[place], **values)
        return numbered(events)

    return change


def swapped(kind: type[ev.Event], one: int, other: int) -> Callable[[], Events]:
    def change() -> Events:
        a, b = first(kind, message=one), first(kind, message=other)
        events = [*DAY]
        events[a], events[b] = events[b], events[a]
        return numbered(events)

    return change


BROKEN = {
    "a message begins from nothing": (without(ev.MessageOffered), "was never offered"),
    "a message is offered twice": (twice(ev.MessageOffered), "was offered before"),
    "a message is begun before it is accepted": (
        without(ev.MessageAccepted),
        "was offered",
    ),
    "a message has no end": (
        without(ev.MessageEnded, fate="failed"),
        "it has not ended when",
    ),
    "a message has two ends": (twice(ev.MessageEnded), "was ended"),
    "an agent handles two at once": (
        without(ev.MessageEnded, fate="handled"),
        "still handles message",
    ),
    "a message overtakes another": (
        swapped(ev.MessageBegun, 3, 4),
        "what was accepted later has been begun before",
    ),
    "an answer comes twice": (twice(ev.AskAnswered), "nobody waits for an answer"),
    "an answer never comes": (without(ev.AskAnswered), "it has not ended when"),
    "a turn begins before the agent is ready": (
        without(ev.AgentReady),
        "is not to handle anything",
    ),
    "a turn begins after a cancel": (
        changed(ev.AgentFailed, error="KeyError"),
        "its error is ValueError: crash",
    ),
    "an agent acts after its end": (last(ev.AgentReady), "has left"),
    "an agent begins twice": (twice(ev.AgentStarted), "has begun before"),
    "an agent leaves unseen": (without(ev.AgentLeaving), "has not been seen"),
    "a stop without a stop": (without(ev.AgentStopping), "has not been seen"),
    "an agent stops twice": (twice(ev.AgentStopping), "was stopping before"),
    "restarts are miscounted": (changed(ev.AgentRestarted, restarts=5), "0 times"),
    "a scope closes over somebody": (last(ev.AgentLeft), "is still in scope"),
    "a scope closes twice": (twice(ev.ScopeClosed), "is closed"),
    "a scope opens twice": (twice(ev.ScopeOpened), "was opened before"),
    "an agent is nowhere": (changed(ev.AgentStarted, scope=99), "was never opened"),
    "a wait never ends": (without(ev.WaitEnded), "still waits for"),
    "a wait ends twice": (twice(ev.WaitEnded), "no such wait"),
    "an agent stopped with an error": (changed(ev.AgentLeft, error="E"), "its error"),
}


def test_a_day_is_lawful() -> None:
    assert complaints(DAY) == []
    fates = {e.fate for e in DAY if isinstance(e, ev.MessageEnded)}
    assert fates == {"handled", "failed", "refused", "abandoned"}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_a_rule_is_found(name: str) -> None:
    change, text = BROKEN[name]
    assert any(text in complaint for complaint in complaints(change()))


def test_a_complaint_names_the_event() -> None:
    place = first(ev.AskAnswered)
    found = complaints(twice(ev.AskAnswered)())
    assert found == [f"AskAnswered {place + 2}: nobody waits for an answer"]


def test_the_order_is_total() -> None:
    gap = [*DAY[:5], *DAY[6:]]
    assert complaints(gap, lost=True)[0].endswith("comes right after event 5")
    back = [*DAY[:9], attrs.evolve(DAY[9], t=-1.0), *DAY[10:]]
    assert any("happens before event 9" in each for each in complaints(back))


@pytest.mark.parametrize("place", range(0, len(DAY), 3))
def test_where_the_beginning_was_lost_nothing_is_said_of_it(place: int) -> None:
    assert complaints(DAY[place:], lost=True) == []


@pytest.mark.parametrize("place", range(0, len(DAY), 3))
def test_a_recording_may_end_in_the_middle(place: int) -> None:
    assert complaints(DAY[:place]) == []
