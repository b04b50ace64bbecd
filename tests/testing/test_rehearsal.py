"""`rehearse`: what an agent does in a turn, as values, and what cannot be rehearsed."""

import logging
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import attrs
import pytest
import trio

from exeunt import Agent, Handle, Pool, Reply, Request, open_supervisor, start
from exeunt.exceptions import AgentClosed, AgentCrashed, Deadlock, Refusal, Unhandled
from exeunt.testing.doubles.rehearsal import CannotRehearse, rehearse
from exeunt.testing.doubles.stand_in import StandIn
from exeunt.testing.effects import (
    Asked,
    Became,
    CancelledAgent,
    Deferred,
    Effect,
    Logged,
    Postponed,
    Replied,
    Sent,
    Started,
    Stopped,
    TimerCancelled,
    TimerSet,
    Turn,
    Unwatched,
    Watched,
)


@attrs.frozen
class Put:
    number: int


@attrs.frozen
class Get(Request[int]):
    number: int = 0


class Rows(Request[AsyncIterator[int]]): ...


class SoldOut(Refusal): ...


class Doing(Agent[Any]):
    """Does what the message does, which is a function of the agent."""

    def __init__(self, store: Handle[Any] | None = None) -> None:
        self.store: Any = store
        self.replies: list[Reply[Any]] = []

    async def handle(self, message: Any) -> object:
        return await message(self)

    @staticmethod
    async def nap(seconds: float, _agent: "Doing") -> None:
        await trio.sleep(seconds)

    async def put_off(self, message: "Do") -> None:
        self.replies.append(self.context.defer(message))

    async def differently(self, message: Any) -> object:
        return message


class Worker(Agent[Put]):
    async def handle(self, message: Put) -> None: ...


@attrs.frozen
class Do(Request[Any]):
    """A request whose handler does what it holds."""

    what: Any

    async def __call__(self, agent: Doing) -> object:
        return await self.what(agent, self)


def effects_of(deed: Callable[[Doing], Any], store: Any = None) -> list[Effect]:
    async def message(agent: Doing) -> None:
        deed(agent)

    return [*rehearse(Doing, store).send(message).effects]


def stand_in() -> StandIn[Any]:
    return StandIn[Any]("store")


# Effects.


def test_what_is_sent_and_asked_shows_in_order() -> None:
    store = stand_in()
    store.when(Get).send(42)

    async def message(agent: Doing) -> object:
        await agent.store.send(Put(1))
        agent.store.send_nowait(Put(2))
        answer = await agent.store.ask(Get(3))
        await agent.context.handle.send(Put(answer))
        return answer

    turn = rehearse(Doing, store.handle, name="doer").send(message)
    assert turn.effects == (
        Sent("store", Put(1)),
        Sent("store", Put(2)),
        Asked("store", Get(3)),
        Sent("doer", Put(42)),
    )


@pytest.mark.parametrize(
    ("deed", "effects"),
    [
        (lambda a: a.store.stop(), [Stopped("store")]),
        (lambda a: a.store.cancel("late"), [CancelledAgent("store", "late")]),
        (lambda a: a.context.handle.stop(), [Stopped("Doing")]),
        (lambda a: a.context.watch(a.store, str), [Watched("store")]),
        (lambda a: a.context.unwatch(a.store), [Unwatched("store")]),
        (
            lambda a: a.context.timers.once("k", Put(1), after=3),
            [TimerSet("k", Put(1), 3)],
        ),
        (
            lambda a: a.context.timers.repeat("k", Put(1), delay=3),
            [TimerSet("k", Put(1), 3, "repeat")],
        ),
        (
            lambda a: a.context.timers.at_rate("k", Put(1), period=3),
            [TimerSet("k", Put(1), 3, "at_rate")],
        ),
        (
            lambda a: a.context.timers.when_quiet("k", Put(1), seconds=3),
            [TimerSet("k", Put(1), 3, "when_quiet")],
        ),
        (lambda a: a.context.timers.cancel("k"), []),
        (lambda a: a.context.become(a.differently), [Became("differently")]),
        (lambda _: logging.getLogger("x").error("%d", 3), [Logged("ERROR", "3")]),
    ],
)
def test_each_effect_is_a_value(
    deed: Callable[[Doing], Any], effects: list[Effect]
) -> None:
    assert effects_of(deed, stand_in().handle) == effects


def test_a_timer_stays_set_from_turn_to_turn() -> None:
    async def set_it(agent: Doing) -> bool:
        was_there = "k" in agent.context.timers
        agent.context.timers.once("k", Put(1), after=3)
        return was_there

    async def cancel_it(agent: Doing) -> None:
        agent.context.timers.cancel("k")

    doing = rehearse(Doing)
    assert doing.ask(Do(lambda agent, _: set_it(agent))).answer is False
    assert doing.ask(Do(lambda agent, _: set_it(agent))).answer is True
    assert doing.send(cancel_it).effects == (TimerCancelled("k"),)


def test_what_is_postponed_is_not_answered() -> None:
    async def postpone(agent: Doing, message: Do) -> str:
        agent.context.postpone(message)
        return "never seen"

    request = Do(postpone)
    doing = rehearse(Doing)
    assert doing.ask(request).effects == (Postponed(request),)
    later = Do(Doing.put_off)
    assert doing.ask(later).effects == (Deferred(later),)
    assert doing.ask(request).effects == (Postponed(request),)


def test_a_reply_can_be_settled_in_a_later_turn() -> None:
    async def settle(agent: Doing) -> None:
        agent.replies.pop(0).send(8)

    async def refuse(agent: Doing) -> None:
        agent.replies.pop(0).refuse(refusal)

    refusal, request, doing = SoldOut(), Do(Doing.put_off), rehearse(Doing)
    turn = doing.ask(request)
    assert (turn.effects, turn.answer) == ((Deferred(request),), None)
    assert doing.send(settle).effects == (Replied(request, 8),)
    doing.ask(request)
    assert doing.send(refuse).effects == (Replied(request, refusal),)


def test_a_new_behaviour_has_the_next_turn() -> None:
    doing = rehearse(Doing)

    async def change(agent: Doing) -> None:
        agent.context.become(agent.differently)

    assert doing.send(change).effects == (Became("differently"),)
    assert doing.ask(Get(1)).answer == Get(1)  # type: ignore[comparison-overlap]


def test_an_agent_that_is_started_shows() -> None:
    async def message(agent: Doing) -> None:
        async with trio.open_nursery() as nursery:
            await agent.store.send(Put(0))
            async with await start(nursery, Worker) as worker:
                await worker.send(Put(1))
                await agent.store.send(Put(2))
            await start(nursery, Worker, name="last")
            nursery.cancel_scope.cancel()

    assert rehearse(Doing, stand_in().handle).send(message).effects == (
        Sent("store", Put(0)),
        Started("Worker"),
        Sent("store", Put(2)),
        Started("last"),
    )


def test_answer_and_refusal_come_with_the_turn() -> None:
    async def refuse(_agent: Doing, _message: Do) -> None:
        raise SoldOut("tea")

    async def answer(_agent: Doing, _message: Do) -> int:
        return 3

    doing = rehearse(Doing)
    assert doing.ask(Do(answer)) == Turn((), None, 3)
    turn = doing.ask(Do(refuse))
    assert isinstance(turn.refusal, SoldOut)
    with pytest.raises(SoldOut, match="tea"):
        _ = turn.answer
    assert repr(turn) == "<Turn [] -> SoldOut('tea')>"


# The others.


def test_a_stand_in_answers_by_its_script() -> None:
    store = stand_in()
    crash = AgentCrashed("agent 'store' crashed", agent="store")

    async def ask(agent: Doing, _message: Do) -> object:
        try:
            return await agent.store.ask(Get())
        except AgentCrashed as error:
            return error

    doing = rehearse(Doing, store.handle)
    store.when(Get).send(1)
    assert doing.ask(Do(ask)).answer == 1
    store.when(Get).fail(crash)
    assert doing.ask(Do(ask)).answer is crash
    store.when(Request).send(0)
    store.when(Get).refuse(SoldOut())
    assert isinstance(doing.ask(Do(ask)).refusal, SoldOut)


def test_an_answer_that_does_not_come_is_waited_for_until_the_deadline() -> None:
    store = stand_in()
    store.when(Get).keep_waiting()

    async def ask(agent: Doing, _message: Do) -> object:
        began = trio.current_time()
        with trio.move_on_after(5):
            return await agent.store.ask(Get())
        return trio.current_time() - began

    doing = rehearse(Doing, store.handle)
    doing.time = 100.0
    assert doing.ask(Do(ask)).answer == 5
    assert doing.time == 105


def test_an_answer_that_does_not_come_and_no_deadline_cannot_be_rehearsed() -> None:
    store = stand_in()
    store.when(Get).keep_waiting()

    async def ask(agent: Doing) -> object:
        return await agent.store.ask(Get())

    with pytest.raises(CannotRehearse, match=r"'return await agent\.store\.ask"):
        rehearse(Doing, store.handle).send(ask)


def test_an_answer_that_is_not_in_the_script_is_missed() -> None:
    async def ask(agent: Doing) -> None:
        with trio.move_on_after(5):
            await agent.store.ask(Get(7))

    with pytest.raises(CannotRehearse) as raised:
        rehearse(Doing, stand_in().handle).send(ask)
    assert str(raised.value).endswith(
        "'store' was asked Get(number=7), and no answer is in the script: "
        "add stand_in.when(Get).send(...)"
    )


def test_a_stand_in_leaves_when_it_is_stopped() -> None:
    store = stand_in()

    async def close(agent: Doing) -> None:
        await agent.store.aclose()
        await agent.store.wait_closed()

    async def send(agent: Doing) -> None:
        await agent.store.send(Put(1))

    doing = rehearse(Doing, store.handle)
    assert store.outcome is None
    assert doing.send(close).effects == (Stopped("store"),)
    assert store.outcome is not None
    with pytest.raises(AgentClosed):
        doing.send(send)


def test_a_stand_in_can_have_left_before() -> None:
    store = stand_in()
    store.leave()
    store.leave()

    async def ask(agent: Doing) -> None:
        with pytest.raises(AgentClosed, match="'store' was stopped"):
            await agent.store.ask(Get())

    assert rehearse(Doing, store.handle).send(ask).effects == ()


def test_a_stream_is_read_from_the_script() -> None:
    store = stand_in()

    async def rows() -> AsyncIterator[int]:
        yield 1
        yield 2

    store.when(Rows).send(rows())

    async def read(agent: Doing, _message: Do) -> list[int]:
        async with agent.store.stream(Rows()) as items:
            return [item async for item in items]

    turn = rehearse(Doing, store.handle).ask(Do(read))
    assert (turn.effects[0].to, turn.answer) == ("store", [1, 2])  # type: ignore[union-attr]


async def test_a_stand_in_is_for_rehearsals() -> None:
    with pytest.raises(RuntimeError, match="use a Probe"):
        await stand_in().handle.send(Put(1))
    with pytest.raises(RuntimeError, match="use a Probe"):
        stand_in().handle.stop()


# The runtime's rules.


def test_the_runtimes_checks_hold() -> None:
    async def ask_itself(agent: Doing) -> None:
        with pytest.raises(Deadlock, match="would wait for itself"):
            await agent.context.handle.ask(Get())
        with pytest.raises(ValueError, match="handling another message"):
            agent.context.postpone(Put(1))
        with pytest.raises(TypeError, match="is an async function"):
            agent.context.become(len)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="hashable"):
            agent.context.timers.once([], Put(1), after=1)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="cannot watch its own end"):
            agent.context.watch(agent.context.handle, str)

    assert rehearse(Doing).send(ask_itself).effects == ()


def test_a_crash_is_raised_as_itself_with_what_came_before() -> None:
    async def crash(agent: Doing) -> None:
        await agent.store.send(Put(1))
        raise OSError("disk")

    doing = rehearse(Doing, stand_in().handle)
    with pytest.raises(OSError, match="disk") as raised:
        doing.send(crash)
    assert raised.value.__notes__ == [
        "before that, the agent did [Sent(to='store', message=Put(number=1))]"
    ]
    with pytest.raises(RuntimeError, match="'Doing' has crashed and handles nothing"):
        doing.send(crash)


def test_a_refusal_of_what_was_sent_is_a_crash() -> None:
    async def refuse(_agent: Doing) -> None:
        raise SoldOut

    with pytest.raises(SoldOut):
        rehearse(Doing).send(refuse)


def test_a_cancelled_agent_stops_at_its_checkpoint_and_takes_no_more() -> None:
    async def cancel(agent: Doing) -> None:
        agent.context.handle.cancel("enough")
        await trio.lowlevel.checkpoint()
        raise AssertionError("not reached")

    doing = rehearse(Doing)
    assert doing.send(cancel).effects == (CancelledAgent("Doing", "enough"),)
    with pytest.raises(RuntimeError, match="was cancelled and handles nothing more"):
        doing.send(cancel)


def test_unhandled_is_raised() -> None:
    class Strict(Agent[Put]):
        async def handle(self, message: Put) -> None:
            self.unhandled(message)  # type: ignore[arg-type]

    with pytest.raises(Unhandled):
        rehearse(Strict).send(Put(1))


# What can be rehearsed.


def test_checkpoints_scopes_and_tasks_that_end_are_no_trouble() -> None:
    async def message(agent: Doing) -> None:
        await trio.lowlevel.checkpoint()
        with trio.fail_after(1):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(agent.store.send, Put(1))
                nursery.start_soon(trio.lowlevel.checkpoint)

    store = stand_in()
    turn = rehearse(Doing, store.handle).send(message)
    assert turn.effects == (Sent("store", Put(1)),)


@pytest.mark.parametrize(
    "wait",
    [
        partial(Doing.nap, 3),
        lambda _: trio.Event().wait(),
        lambda agent: agent.context.run_in_thread(time.sleep, 0),
    ],
)
def test_what_needs_a_loop_says_where(wait: Any) -> None:
    async def message(agent: Doing) -> None:
        await wait(agent)  # here

    doing = rehearse(Doing)
    with pytest.raises(CannotRehearse, match=r"Schedule\.run instead") as raised:
        doing.send(message)
    assert " of test_rehearsal.py, 'await " in str(raised.value)


def test_a_handler_that_swallows_the_interruption_is_told_all_the_same() -> None:
    async def message(_agent: Doing) -> None:
        try:
            await trio.sleep(3)
        finally:
            raise OSError

    with pytest.raises(CannotRehearse) as raised:
        rehearse(Doing).send(message)
    assert isinstance(raised.value.__cause__, OSError)


def test_a_shielded_goodbye_of_a_turn_that_is_stopped_takes_no_real_time() -> None:
    said: list[float] = []

    async def message(_agent: Doing) -> None:
        try:
            await trio.sleep_forever()
        finally:
            with trio.move_on_after(60) as goodbye:
                goodbye.shield = True
                await trio.sleep(30)
                said.append(trio.current_time())

    with pytest.raises(CannotRehearse):
        rehearse(Doing).send(message)
    assert said == [30]


async def test_a_rehearsal_is_for_tests_that_are_not_async() -> None:
    with pytest.raises(RuntimeError, match="in a test that is not async"):
        rehearse(Worker).send(Put(1))


def test_what_is_no_agent_cannot_be_rehearsed() -> None:
    wrong: Any = rehearse
    with pytest.raises(TypeError, match="with a handler of its own, not 3"):
        wrong(lambda: 3)
    with pytest.raises(TypeError, match="with a handler of its own"):
        wrong(Pool(2, Worker))
    with pytest.raises(TypeError, match="is not callable"):
        wrong(Worker())
    with pytest.raises(TypeError, match="only a Request can be asked, not Put"):
        rehearse(Worker).ask(Put(1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the name of a stand-in is a str, not 3"):
        StandIn(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="when takes a class of requests"):
        stand_in().when(Put)  # type: ignore[arg-type]


def test_reprs_name_who_it_is() -> None:
    assert repr(rehearse(Worker)) == "<Rehearsal of 'Worker'>"
    assert repr(stand_in()) == "StandIn('store')"
    assert repr(rehearse(Worker).handle) == "<Handle of 'Worker', running>"


def test_a_rehearsed_agent_is_one_that_was_started() -> None:
    worker = Worker()
    rehearse(lambda: worker)

    async def scene() -> None:
        async with open_supervisor() as stage:
            with pytest.raises(ValueError, match="make a new one"):
                await stage.start(lambda: worker)

    trio.run(scene)
