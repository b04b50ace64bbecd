"""Law 15: exactly what has failed is raised, in one flat group."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from hypothesis import strategies as st
from laws import law
from test_laws_of_supervisors import QUIET
from troupes import (
    Actor,
    Backstage,
    BodyError,
    Boom,
    Deed,
    Exit,
    Line,
    Part,
    Play,
    Troupe,
    in_silence,
    play,
    troupes,
)

from exeunt import Agent, open_supervisor
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

pytestmark = pytest.mark.filterwarnings("ignore::exeunt.exceptions.CleanupOverran")


@law(
    "15 error shape",
    troupe=troupes(deeds=QUIET, strategies=("one_for_one",)),
    schedule=schedules(),
)
def test_exactly_what_failed_is_raised(troupe: Troupe, schedule: Schedule) -> None:
    it = play(troupe, schedule)
    failed = it.ended("failed")
    match troupe.exit:
        case Exit.ERROR:
            [error] = parts_of(it.error)
            assert type(error) is BodyError
        case Exit.CRASH | Exit.BUDGET | Exit.DRAIN_CRASH:
            assert [error.args[0] for error in parts_of(it.error)] == failed
            assert len(failed) == bombs(troupe)
        case Exit.OUTER:
            assert it.error is None
            assert it.backstage.outer.cancelled_caught
        case _:
            assert it.error is None


def bombs(troupe: Troupe) -> int:
    return troupe.max_restarts + 1 if troupe.exit is Exit.BUDGET else 1


def parts_of(error: BaseException | None) -> tuple[Any, ...]:
    """Return what is in a group, which must not be nested."""
    assert isinstance(error, ExceptionGroup)
    assert not any(isinstance(each, BaseExceptionGroup) for each in error.exceptions)
    return error.exceptions


class Manager(Agent[object]):
    """Has agents of its own."""

    def __init__(self, it: Backstage, depth: int) -> None:
        self.it = it
        self.depth = depth

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with open_supervisor() as self.it.supervisor:
            supervisor: Any = self.it.supervisor
            if self.depth:
                await supervisor.start(Manager, self.it, self.depth - 1)
            else:
                handle = await supervisor.start(Actor, 0, self.it, name="0")
                self.it.handles.append(handle)
            yield

    async def handle(self, message: object) -> None: ...


@law(
    "15 error shape of nested supervisors",
    depth=st.integers(0, 3),
    exit_=st.sampled_from((Exit.BODY, Exit.ERROR, Exit.OUTER, Exit.CRASH)),
    schedule=schedules(),
)
def test_supervisors_in_lifespans_add_no_layers(
    depth: int, exit_: Exit, schedule: Schedule
) -> None:
    with in_silence():
        it = schedule.run(_manage, depth, exit_)
    match exit_:
        case Exit.ERROR:
            assert [type(each) for each in parts_of(it.error)] == [BodyError]
        case Exit.CRASH:
            assert [type(each) for each in parts_of(it.error)] == [Boom]
        case _:
            assert it.error is None
    assert len(it.log.where("left", 0)) == 1


async def _manage(depth: int, exit_: Exit) -> Play:
    part = Part((), "temporary", 3, 0, 1)
    it = Backstage(Troupe((part,), (), "one_for_one", 3, exit_, 0, 0, 0))
    bomb = Line(0, 0, 0, asked=False, work=0, relay=0, deed=Deed.RAISE)
    error: BaseException | None = None
    with it.outer:
        try:
            async with open_supervisor() as supervisor:
                await supervisor.start(Manager, it, depth)
                match exit_:
                    case Exit.ERROR:
                        raise BodyError
                    case Exit.OUTER:
                        it.outer.cancel()
                    case Exit.CRASH:
                        await it.say(None, 0, bomb)
                        await trio.sleep_forever()
                    case _:
                        pass
        except ExceptionGroup as raised:
            error = raised
    return Play(it, error)
