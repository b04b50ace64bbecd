"""Lifespans that fail, and failures that pass through them."""

from types import TracebackType

import pytest
import trio
from leavers import Do, Doer, Employer, Leaver, fail, leave_with_an_error, press_ctrl_c
from trio.testing import wait_all_tasks_blocked

from exeunt import Reason, start
from exeunt.exceptions import AgentCrashed


async def test_an_error_while_leaving_replaces_a_crash_but_keeps_its_context(
    nursery: trio.Nursery,
) -> None:
    async def ask() -> None:
        with pytest.raises(AgentCrashed) as raised:
            await doer.ask(Do(fail))
        assert isinstance(raised.value.__cause__, ValueError)

    with pytest.RaisesGroup(KeyError):
        async with trio.open_nursery() as its_nursery:
            doer = await start(its_nursery, Leaver, leave_with_an_error)
            nursery.start_soon(ask)
    assert doer.outcome is not None
    assert isinstance(doer.outcome.error, KeyError)
    assert isinstance(doer.outcome.error.__context__, ValueError)
    assert doer.statistics().ledger.failed == 1


async def test_an_error_of_a_helper_beside_a_crash_leaves_with_it() -> None:
    async def fail_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise KeyError

    with pytest.RaisesGroup(pytest.RaisesGroup(ValueError, KeyError)):
        async with trio.open_nursery() as nursery:
            employer = await start(nursery, Employer, fail_when_cancelled)
            await wait_all_tasks_blocked()
            await employer.send(Do(fail))


async def test_an_error_while_leaving_makes_a_crash_of_a_cancellation() -> None:
    with pytest.RaisesGroup(KeyError):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, Leaver, leave_with_an_error)
            leaver.cancel()
    assert leaver.outcome is not None
    assert leaver.outcome.reason is Reason.CRASHED


async def test_the_crash_of_a_helper_is_the_agents() -> None:
    with pytest.RaisesGroup(pytest.RaisesGroup(ValueError)):
        async with trio.open_nursery() as nursery:
            employer = await start(nursery, Employer, fail)
    assert employer.outcome is not None
    assert employer.outcome.reason is Reason.CRASHED


async def test_ctrl_c_while_leaving_kills() -> None:
    with pytest.RaisesGroup(KeyboardInterrupt):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, Leaver, press_ctrl_c)
            leaver.stop()
    assert leaver.outcome is not None
    assert leaver.outcome.reason is Reason.KILLED


async def test_ctrl_c_is_not_lost_when_leaving_fails_too() -> None:
    with pytest.RaisesGroup(KeyboardInterrupt, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, Leaver, leave_with_an_error)
            await leaver.send(Do(press_ctrl_c))


class Rude:
    """An async context manager without a generator, which fails when it is left."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *exc_info: object) -> None:
        raise KeyError


class RudeLeaver(Doer):
    def lifespan(self) -> Rude:
        return Rude()


async def test_the_crash_is_the_context_of_what_any_lifespan_raises() -> None:
    with pytest.RaisesGroup(KeyError):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, RudeLeaver)
            await leaver.send(Do(fail))
    assert leaver.outcome is not None
    assert leaver.outcome.error is not None
    assert isinstance(leaver.outcome.error.__context__, ValueError)


class Many(ExceptionGroup[Exception]):
    """A group of a class of its own."""


async def test_a_group_is_kept_as_it_was_raised() -> None:
    async def fail_with_many() -> None:
        raise many

    many = Many("both", [ValueError(), KeyError()])
    # On its way through a nursery, Trio itself makes a plain group of it.
    with pytest.RaisesGroup(pytest.RaisesGroup(ValueError, KeyError)):
        async with trio.open_nursery() as nursery:
            doer = await start(nursery, Doer)
            await doer.send(Do(fail_with_many))
    assert doer.outcome is not None
    assert doer.outcome.error is many


class Attentive:
    """An async context manager that keeps what it is told when it is left."""

    def __init__(self) -> None:
        self.told: list[object] = []

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *exc_info: object) -> None:
        self.told += exc_info


class AttentiveLeaver(Doer):
    def __init__(self, lifespan: Attentive) -> None:
        self._lifespan = lifespan

    def lifespan(self) -> Attentive:
        return self._lifespan


async def test_a_lifespan_is_told_what_python_tells_when_it_is_left() -> None:
    lifespan = Attentive()
    with pytest.RaisesGroup(ValueError) as raised:
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, AttentiveLeaver, lifespan)
            await leaver.send(Do(fail))
    (error,) = raised.value.exceptions
    kind, value, traceback = lifespan.told
    assert (kind, value) == (ValueError, error)
    assert isinstance(traceback, TracebackType)


async def test_a_lifespan_is_told_nothing_when_all_is_well(
    nursery: trio.Nursery,
) -> None:
    lifespan = Attentive()
    await (await start(nursery, AttentiveLeaver, lifespan)).aclose()
    assert lifespan.told == [None, None, None]
