"""The rules of the event stream hold for every recording, whatever the program.

The scenes are those of the other laws. They are played once more with a recorder
running along, and what it has recorded is held against the rules, and against what
the runtime itself says in its ledgers.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import attrs
import scenes
import test_laws_of_overflow as overflowing
import test_laws_of_pools as pools
import test_laws_of_postponing as postponing
import test_laws_of_streams as streams
import test_laws_of_timers as timing
import test_laws_of_watching as watching
import trio
import troupes
from hypothesis import strategies as st
from laws import law
from trio.abc import Instrument

from exeunt import Agent, start
from exeunt._core.audience import looking_on
from exeunt._model.outcome import Fate
from exeunt.exceptions import AgentClosed
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules
from exeunt.tracing import Recorder, events as ev
from exeunt.tracing.rules import complaints

E = TypeVar("E", bound=ev.Event)
STEPS = st.booleans()  # whether the recorder looks around after each step


@attrs.frozen
class Recorded:
    """What was recorded of a run, and the agents that were in it."""

    events: tuple[ev.Event, ...]
    lives: list[Any]

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]


def play(
    schedule: Schedule,
    program: Callable[..., Awaitable[object]],
    *args: Any,
    steps: bool = False,
    **kwargs: Any,
) -> Recorded:
    """Play a scene in the order of *schedule* with a recorder running along."""
    recorder, lives = Recorder(steps=steps, events=100_000), list[Any]()

    async def main() -> None:
        with recorder, looking_on(lives.append):
            await program(*args)

    with troupes.in_silence():
        schedule.run(main, **kwargs)
    return Recorded(recorder.recording().events, lives)


def check(it: Recorded, *, forgiving: bool = False) -> None:
    """Hold a recording against the rules, and against the ledgers."""
    found = complaints(it.events)
    if forgiving:  # somebody who is no supervisor forgives crashes
        found = [each for each in found if not each.endswith("has vanished")]
    assert found == []
    assert it.events[0].seq == 1
    numbers = [event.agent for event in it.of(ev.AgentStarted)]
    for offer in it.of(ev.MessageOffered):  # somebody sends all but these
        assert (offer.src is None) == (offer.kind in {"timer", "watch"})
    accounts = ledgers(it)
    for number, life in zip(numbers, it.lives, strict=True):
        if life.pool is None:
            assert accounts.get(number, {}) == said_by(life)
    check_cancelled_nurseries(it)


def ledgers(it: Recorded) -> dict[int, Counter[str]]:
    """Count from the events what the ledgers count."""
    boxes = {event.message: event.dst for event in it.of(ev.MessageOffered)}
    found: dict[int, Counter[str]] = {}
    for accepted in it.of(ev.MessageAccepted):
        found.setdefault(boxes[accepted.message], Counter())["accepted"] += 1
    for ended in it.of(ev.MessageEnded):
        if ended.fate in set(Fate):
            found[boxes[ended.message]][ended.fate] += 1
    return found


def said_by(life: Any) -> dict[str, int]:
    ledger = attrs.asdict(life.outcome.ledger)
    return {name: count for name, count in ledger.items() if count}


def check_cancelled_nurseries(it: Recorded) -> None:
    """No turn begins in a nursery that is cancelled. Supervisors have their own way."""
    nurseries = {e.scope for e in it.of(ev.ScopeOpened) if e.kind == "nursery"}
    where = {e.agent: e.scope for e in it.of(ev.AgentStarted)}
    assert set(where.values()) <= {e.scope for e in it.of(ev.ScopeOpened)} - {0}
    cancelled: set[int | None] = set()
    for event in it.events:
        if isinstance(event, ev.ScopeCancelled) and event.scope in nurseries:
            cancelled.add(event.scope)
        if isinstance(event, ev.MessageBegun):
            assert where[event.agent] not in cancelled


@law("events: agents", scene=scenes.scenes(), schedule=schedules(), steps=STEPS)
def test_events_of_an_agent(
    scene: scenes.Scene, schedule: Schedule, steps: bool
) -> None:
    check(play(schedule, scenes.perform, scene, steps=steps))


@law("events: troupes", troupe=troupes.troupes(), schedule=schedules(), steps=STEPS)
def test_events_of_supervised_agents(
    troupe: troupes.Troupe, schedule: Schedule, steps: bool
) -> None:
    check(play(schedule, troupes.perform, troupe, steps=steps))


@law("events: pools", shift=pools.shifts(), schedule=schedules(), steps=STEPS)
def test_events_of_pools(shift: pools.Shift, schedule: Schedule, steps: bool) -> None:
    check(play(schedule, pools._perform, shift, steps=steps))


@law(
    "events: overflow",
    policy=st.sampled_from(("wait", "refuse", "drop_newest", "drop_oldest", "latest")),
    capacity=st.integers(1, 3),
    lines=overflowing.LINES,
    schedule=schedules(),
)
def test_events_of_full_mailboxes(
    policy: str, capacity: int, lines: Any, schedule: Schedule
) -> None:
    check(play(schedule, overflowing.perform, policy, capacity, lines))


@law(
    "events: postponing",
    lines=postponing.all_lines(),
    at=st.integers(0, 12),
    end=st.sampled_from(postponing.End),
    restarts=st.booleans(),
    schedule=schedules(),
)
def test_events_of_what_is_postponed(schedule: Schedule, **drawn: Any) -> None:
    it = play(schedule, postponing.perform, *drawn.values())
    check(it, forgiving=drawn["restarts"])


@law("events: streams", **streams.SCENE, ends=streams.ENDS)
def test_events_of_streams(
    readings: Any, capacity: int, messages: int, ends: Any, schedule: Schedule
) -> None:
    check(play(schedule, streams.perform, readings, capacity, messages, ends))


@law(
    "events: timers",
    steps=timing.steps(),
    at=st.integers(4, 20),
    end=st.sampled_from(timing.End),
    schedule=schedules(),
)
def test_events_of_timers(
    steps: Any, at: int, end: timing.End, schedule: Schedule
) -> None:
    check(play(schedule, timing.perform, steps, at, end))


@law("events: watchers", scene=watching.scenes(), schedule=schedules())
def test_events_of_watchers(scene: watching.Scene, schedule: Schedule) -> None:
    check(play(schedule, watching.perform, scene))


class Twin(Agent[str]):
    """Handles messages that are all the same object."""

    async def handle(self, message: str) -> None:
        if message == "leave":
            self.context.handle.cancel()  # and the turn still ends well
        else:
            await trio.sleep(1)


@law(
    "events: one and the same message",
    overflow=st.sampled_from(("wait", "refuse", "drop_newest", "drop_oldest")),
    capacity=st.integers(1, 3),
    pauses=st.lists(st.integers(0, 2), min_size=1, max_size=12),
    senders=st.integers(1, 3),
    last=st.integers(0, 12),
    schedule=schedules(),
)
def test_events_of_one_and_the_same_message(
    overflow: Any,
    capacity: int,
    pauses: list[int],
    senders: int,
    last: int,
    schedule: Schedule,
) -> None:
    async def send(handle: Any) -> None:
        for number, pause in enumerate(pauses):
            await trio.sleep(pause)
            with suppress(trio.WouldBlock, AgentClosed):
                await handle.send("leave" if number == last else "again")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            handle = await start(nursery, Twin, overflow=overflow, capacity=capacity)
            async with trio.open_nursery() as crowd:
                for _ in range(senders):
                    crowd.start_soon(send, handle)
            handle.stop()

    it = play(schedule, main)
    check(it)
    check_places(it, newest_goes=overflow == "drop_newest")


def check_places(it: Recorded, *, newest_goes: bool) -> None:
    """What is dropped is the newest in the mailbox, or the oldest."""
    waiting: list[int] = []
    for event in it.events:
        match event:
            case ev.MessageAccepted(message=number):
                waiting.append(number)
            case ev.MessageBegun(message=number):
                assert waiting.pop(0) == number
            case ev.MessageEnded(message=number, fate="dropped"):
                assert waiting.pop(-1 if newest_goes else 0) == number
            case ev.MessageEnded(message=number, fate="undelivered"):
                assert waiting.pop(0) == number
            case _:
                pass


@law(
    "events: cancelled",
    scene=scenes.scenes(),
    schedule=schedules(),
    at=st.integers(0, 90),
)
def test_events_where_all_are_cancelled_at_any_step(
    scene: scenes.Scene, schedule: Schedule, at: int
) -> None:
    scope = trio.CancelScope()

    async def main() -> None:
        with scope:
            await scenes.perform(scene)

    check(play(schedule, main, before={at: scope.cancel}))


class Often(Instrument):
    """Has the recorder read after each step."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.events: list[ev.Event] = []

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        self.events += self.recorder.read()


@law("events: read in pieces", scene=scenes.scenes(), schedule=schedules())
def test_reading_often_gives_the_same(scene: scenes.Scene, schedule: Schedule) -> None:
    recorder = Recorder()
    often = Often(recorder)

    async def main() -> None:
        trio.lowlevel.add_instrument(often)
        with recorder:
            await scenes.perform(scene)

    schedule.run(main)
    events = recorder.recording().events
    assert events == play(schedule, scenes.perform, scene).events
    assert often.events == [*events[: len(often.events)]]


@law("events: the same again", troupe=troupes.troupes(), schedule=schedules())
def test_the_same_schedule_gives_the_same_events(
    troupe: troupes.Troupe, schedule: Schedule
) -> None:
    once, again = (play(schedule, troupes.perform, troupe) for _ in range(2))
    assert once.events == again.events
