"""Law 28, for messages: every watcher gets the outcome once, all the same one.

Some agents end, in all ways and at any time. Some watchers, busy or not, with full
mailboxes or not, watch them and look away again, in their own turns or by helpers. The
log says what was called and what came, in order; read from its beginning, it says at
each place which messages are still to come, and in which words.
"""

from contextlib import suppress
from enum import Enum, auto
from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Context, Handle, Outcome, Request, start
from exeunt.exceptions import MailboxFull
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


class Boom(Exception):
    """What a target crashes with."""


class End(Enum):
    """How a target ends."""

    STOP = auto()
    CANCEL = auto()
    CRASH = auto()


class Deed(Enum):
    """What a watcher does about a target."""

    WATCH = auto()
    UNWATCH = auto()


@attrs.frozen
class Step:
    """One thing that happens to a watcher."""

    watcher: int
    at: int
    target: int
    deed: Deed
    in_turn: bool  # the watcher does it, not a helper
    work: int  # seconds that its turn takes then


@attrs.frozen
class Scene:
    """All that is drawn, but for the schedule."""

    ends: tuple[tuple[int, End], ...]  # of each target: when and how
    steps: tuple[Step, ...]
    capacity: int
    overflow: str
    noise: int  # messages that fill the mailbox of each watcher


@attrs.frozen
class Left:
    """The message about an end; each watch makes its own."""

    watch: int  # the number of the step
    target: int
    outcome: Outcome


class Over(Request[None]):
    """Asks whether everything before it has been handled."""


class Target(Agent[End]):
    """Leaves as it is told."""

    async def handle(self, message: End) -> None:
        raise Boom


@attrs.define
class Log:
    """What happened to each watcher, in order: (watcher, target, deed or message)."""

    entries: list[tuple[int, int, Any]] = attrs.field(factory=list)


@attrs.define
class Watcher(Agent[Any]):
    """Does its steps and notes what comes."""

    number: int
    targets: list[Handle[End]]
    log: Log

    async def handle(self, message: Any) -> None:
        match message:
            case (int(number), Step() as step):
                await trio.sleep(step.work)
                do(self.context, number, step, self.targets, self.log)
            case Left():
                self.log.entries.append((self.number, message.target, message))
                await trio.lowlevel.checkpoint()
            case "noise":
                await trio.sleep(1)


def do(
    context: Context, number: int, step: Step, targets: list[Handle[End]], log: Log
) -> None:
    target = targets[step.target]
    log.entries.append((step.watcher, step.target, (number, step.deed)))
    if step.deed is Deed.WATCH:
        context.watch(target, lambda outcome: Left(number, step.target, outcome))
    else:
        context.unwatch(target)


@attrs.define
class Cast:
    """Who is on the scene."""

    targets: list[Handle[End]]
    watchers: list[Handle[Any]]
    contexts: list[Context]
    log: Log


async def perform(scene: Scene) -> tuple[Log, list[Handle[End]]]:
    async with trio.open_nursery() as nursery:
        async with trio.open_nursery() as stage:
            cast = await assemble(scene, nursery, stage)
            for number, step in enumerate(scene.steps):
                stage.start_soon(take, number, step, cast)
        # All have ended and every step is taken. What was to come is there already.
        for watcher in cast.watchers:
            await watcher.aclose()
    return cast.log, cast.targets


async def assemble(scene: Scene, nursery: trio.Nursery, stage: trio.Nursery) -> Cast:
    targets: list[Handle[End]] = []
    for at, end in scene.ends:
        targets.append(await stage.start(host, at, end))
    log = Log()
    watchers = [
        await start(
            nursery,
            Watcher,
            number,
            targets,
            log,
            capacity=scene.capacity,
            overflow=scene.overflow,  # type: ignore[arg-type]
        )
        for number in range(2)
    ]
    for watcher in watchers:
        with suppress(MailboxFull):
            for _ in range(scene.noise):
                watcher.send_nowait("noise")
    contexts = [Context(watcher._life) for watcher in watchers]
    return Cast(targets, watchers, contexts, log)


async def host(at: int, end: End, task_status: Any) -> None:
    """Give a target a place of its own, so that its crash is nobody else's."""
    try:
        async with trio.open_nursery() as its_own:
            target = await start(its_own, Target)
            task_status.started(target)
            await trio.sleep(at)
            match end:
                case End.STOP:
                    target.stop()
                case End.CANCEL:
                    target.cancel()
                case End.CRASH:
                    await target.send(end)
    except* Boom:
        pass


async def take(number: int, step: Step, cast: Cast) -> None:
    await trio.sleep(step.at)
    if step.in_turn:
        with suppress(MailboxFull):
            await cast.watchers[step.watcher].send((number, step))
    else:
        do(cast.contexts[step.watcher], number, step, cast.targets, cast.log)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    ends = draw(
        st.lists(
            st.tuples(st.integers(0, 4), st.sampled_from(End)), min_size=1, max_size=3
        )
    )
    step = st.builds(
        Step,
        watcher=st.integers(0, 1),
        at=st.integers(0, 5),
        target=st.integers(0, len(ends) - 1),
        deed=st.sampled_from((Deed.WATCH, Deed.WATCH, Deed.UNWATCH)),
        in_turn=st.booleans(),
        work=st.integers(0, 2),
    )
    return Scene(
        ends=tuple(ends),
        steps=tuple(draw(st.lists(step, max_size=8))),
        capacity=draw(st.integers(1, 3)),
        overflow=draw(
            st.sampled_from(("wait", "refuse", "drop_newest", "drop_oldest"))
        ),
        noise=draw(st.integers(0, 3)),
    )


@law("28 watchers by message", scene=scenes(), schedule=schedules())
def test_every_watcher_gets_the_same_outcome_once(
    scene: Scene, schedule: Schedule
) -> None:
    log, targets = schedule.run(perform, scene)
    to_come: dict[tuple[int, int], int] = {}
    for watcher, target, what in log.entries:
        match what:
            case Left(watch, _, outcome):
                assert outcome is targets[target].outcome
                assert to_come.pop((watcher, target)) == watch
            case (number, Deed.WATCH):
                to_come[watcher, target] = number
            case (_, Deed.UNWATCH):
                to_come.pop((watcher, target), None)
    assert not to_come
    assert not any(target._life.watchers for target in targets)
