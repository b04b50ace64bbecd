"""Fault plans: what can be planned, that it comes to pass, and what it does then."""

import random
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import attrs
import pytest
import trio
from hypothesis import find, given, settings, strategies as st

from exeunt import (
    Agent,
    Ledger,
    Pool,
    Reason,
    Reply,
    Request,
    open_supervisor,
    start,
)
from exeunt.exceptions import AgentCrashed, MessageDropped, Refusal
from exeunt.testing import Schedule, faults as faults_module
from exeunt.testing.faults.failpoints import failing, failpoint
from exeunt.testing.faults.faulty import Faulty, faulty
from exeunt.testing.faults.plan import (
    CrashAfter,
    CrashBefore,
    Delay,
    Drop,
    Duplicate,
    FailAt,
    Fault,
    FaultPlan,
    InjectedCrash,
    random_faults,
)
from exeunt.testing.strategies.of_faults import fault_plans


@attrs.frozen
class Put:
    number: int


@attrs.frozen
class Get(Request[int]):
    number: int = 0


@attrs.define
class Store(Agent[Put | Get]):
    seen: list[object] = attrs.field(factory=list)

    async def handle(self, message: Put | Get) -> int:
        self.seen.append(message)
        return len(self.seen)


def played(program: Callable[[], Awaitable[Any]]) -> Any:
    return Schedule().run(program)


# What can be planned.


def test_a_plan_is_a_value_and_its_repr_makes_it_again() -> None:
    plan = FaultPlan(
        [
            CrashBefore(2),
            CrashAfter(0, of=Put, error=OSError),
            Delay(1, seconds=0.5),
            Duplicate(3, of=(Put, Get)),
            Drop(4),
            FailAt("half way", 1),
        ]
    )
    assert plan == eval(repr(plan), {**vars(faults_module), **globals()})
    assert len({plan, FaultPlan(plan.faults)}) == 1


def wrong(make: Any, *args: Any, **kwargs: Any) -> Callable[[], Any]:
    """Return what would be made, without a type checker's having a look."""
    return partial(make, *args, **kwargs)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (wrong(CrashBefore, "2"), "nth is the number of a message, an int, not '2'"),
        (wrong(Delay, True), "an int, not True"),
        (wrong(Drop, 0, of=[Put]), "of is a class of messages, or several"),
        (wrong(Drop, 0, of=()), "of is a class of messages"),
        (wrong(Delay, 0, seconds="1"), "seconds is a number of seconds, not '1'"),
        (wrong(CrashAfter, 0, error=Refusal), "that crash an agent"),
        (wrong(CrashAfter, 0, error=KeyboardInterrupt), "that crash an agent"),
        (wrong(CrashAfter, 0, error=OSError(3)), "one made of a text"),
        (wrong(FailAt, 3), "'name' must be"),
        (wrong(FaultPlan, [Put(1)]), "a plan is made of faults"),
        (wrong(FaultPlan, [Fault(1)]), "a plan is made of faults"),
        (wrong(faulty, Store(), FaultPlan()), "faulty wraps a factory of agents"),
        (wrong(faulty, Store, [Delay(0)]), "faulty takes a FaultPlan"),
        (wrong(lambda: wrong(failing, Delay(0))().__enter__()), "failing takes FailAt"),
    ],
)
def test_what_is_no_plan_is_a_type_error(make: Callable[[], object], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        make()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (wrong(CrashBefore, -1), "nth counts from 0, so it is not -1"),
        (wrong(Delay, 0, seconds=-1), "seconds is finite and 0 or more, not -1"),
        (wrong(Delay, 0, seconds=float("inf")), "not inf"),
        (wrong(Delay, 0, seconds=float("nan")), "not nan"),
        (wrong(FailAt, "x", -1), "nth counts from 0"),
        (wrong(random_faults, random.Random(), messages=0), "messages=0"),
        (wrong(fault_plans, kinds=()), r"kinds=\(\)"),
    ],
)
def test_what_is_out_of_range_is_a_value_error(
    make: Callable[[], object], text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        make()


# What comes to pass.


def test_a_plan_in_which_nothing_goes_wrong_changes_nothing() -> None:
    factory = faulty(Store, FaultPlan())

    async def scene() -> None:
        async with open_supervisor() as stage:
            store = await stage.start(factory)
            assert store.name == "Store"
            await store.send(Put(1))
            assert await store.ask(Get()) == 2
        assert store.outcome is not None
        assert store.outcome.ledger == Ledger(accepted=2, handled=2)

    played(scene)
    assert (factory.turns, factory.struck) == (2, ())


def test_a_crash_before_comes_before_the_first_line_of_the_handler() -> None:
    seen: list[object] = []
    factory = faulty(Store, FaultPlan([CrashBefore(0, of=Get)]))

    async def scene() -> None:
        with pytest.raises(BaseExceptionGroup) as group:
            async with trio.open_nursery() as nursery:
                store = await start(nursery, factory, seen)
                await store.send(Put(1))
                with pytest.raises(AgentCrashed) as crashed:
                    await store.ask(Get())
                assert isinstance(crashed.value.__cause__, InjectedCrash)
        (error,) = group.value.exceptions
        assert (
            str(error) == "injected before the turn of Get(number=0) in agent 'Store'"
        )
        assert store.outcome is not None
        assert store.outcome.ledger == Ledger(accepted=2, handled=1, failed=1)

    played(scene)
    assert seen == [Put(1)]
    assert factory.struck == (CrashBefore(0, of=Get),)


def test_a_crash_after_keeps_the_answer_back() -> None:
    seen: list[object] = []
    factory = faulty(Store, FaultPlan([CrashAfter(1, error=OSError)]))

    async def scene() -> None:
        async with open_supervisor() as stage:
            store = await stage.start(factory, seen, restart="permanent")
            await store.send(Put(1))
            with pytest.raises(AgentCrashed) as crashed:
                await store.ask(Get())
            assert type(crashed.value.__cause__) is OSError
            assert await store.ask(Get(2)) == 3

    played(scene)
    assert seen == [Put(1), Get(), Get(2)]


def test_messages_are_counted_across_restarts() -> None:
    seen: list[object] = []
    plan = FaultPlan([CrashBefore(1), CrashBefore(2)])

    async def scene() -> None:
        async with open_supervisor() as stage:
            store = await stage.start(faulty(Store, plan), seen, restart="transient")
            for number in range(5):
                await store.send(Put(number))
        assert store.outcome is not None
        assert store.outcome.restarts == 2

    played(scene)
    assert seen == [Put(0), Put(3), Put(4)]


def test_a_delay_takes_that_long_and_keeps_the_order() -> None:
    seen: list[object] = []

    async def scene() -> float:
        began = trio.current_time()
        async with open_supervisor() as stage:
            plan = FaultPlan([Delay(0, seconds=5)])
            store = await stage.start(faulty(Store, plan), seen)
            await store.send(Put(0))
            await store.send(Put(1))
        return trio.current_time() - began

    assert played(scene) == 5
    assert seen == [Put(0), Put(1)]


def test_a_delayed_turn_can_be_cancelled() -> None:
    async def scene() -> None:
        async with trio.open_nursery() as nursery:
            plan = FaultPlan([Delay(0, seconds=5)])
            store = await start(nursery, faulty(Store, plan))
            await store.send(Put(0))
            await trio.sleep(1)
            store.cancel()
        assert store.outcome is not None
        assert store.outcome.reason is Reason.CANCELLED
        assert store.outcome.ledger == Ledger(accepted=1, interrupted=1)

    played(scene)


def test_a_duplicate_comes_next_and_counts_as_a_message() -> None:
    seen: list[object] = []

    async def scene() -> None:
        async with open_supervisor() as stage:
            store = await stage.start(faulty(Store, FaultPlan([Duplicate(0)])), seen)
            store.send_nowait(Put(0))
            store.send_nowait(Put(1))
        assert store.outcome is not None
        assert store.outcome.ledger == Ledger(accepted=3, handled=3)

    played(scene)
    assert seen == [Put(0), Put(0), Put(1)]


@attrs.define
class Picky(Agent[Get]):
    """Refuses, postpones or defers, whatever it is told."""

    how: str
    turns: list[str] = attrs.field(factory=list)
    replies: list[Reply[int]] = attrs.field(factory=list)

    async def handle(self, message: Get) -> int:
        self.turns.append(self.how)
        match self.how:
            case "refuse":
                raise Refusal("no")
            case "defer":
                self.replies.append(self.context.defer(message))
                self.replies[-1].send(len(self.turns))
            case "postpone" if len(self.turns) < 3:
                self.context.postpone(message)
                if len(self.turns) == 2:
                    self.context.become(self.handle)
            case _:
                pass
        return len(self.turns)


@pytest.mark.parametrize(
    ("how", "turns", "answer"),
    [("refuse", 2, "no"), ("defer", 2, 1), ("postpone", 4, 3)],
)
def test_a_duplicate_of_a_request_is_one_that_nobody_has_asked(
    how: str, turns: int, answer: object
) -> None:
    log: list[str] = []

    async def scene() -> object:
        async with open_supervisor() as stage:
            picky = await stage.start(
                faulty(Picky, FaultPlan([Duplicate(0)])), how, log, []
            )
            try:
                return await picky.ask(Get())
            except Refusal as refusal:
                return str(refusal)

    assert played(scene) == answer
    assert len(log) == turns


def test_a_refusal_of_a_message_that_was_sent_is_a_crash_both_times() -> None:
    async def scene() -> None:
        async with open_supervisor() as stage:
            plan = FaultPlan([Duplicate(0)])
            picky = await stage.start(
                faulty(Picky, plan), "refuse", [], [], restart="transient"
            )
            await picky.send(Get())
        assert picky.outcome is not None
        assert picky.outcome.ledger == Ledger(accepted=2, failed=2)

    played(scene)


def test_a_crash_after_a_refusal_is_a_crash() -> None:
    async def scene() -> None:
        with pytest.raises(BaseExceptionGroup) as group:
            async with trio.open_nursery() as nursery:
                plan = FaultPlan([CrashAfter(0)])
                picky = await start(nursery, faulty(Picky, plan), "refuse", [], [])
                with pytest.raises(AgentCrashed):
                    await picky.ask(Get())
        assert group.group_contains(InjectedCrash)

    played(scene)


# Drop.


@pytest.mark.parametrize("overflow", ["wait", "refuse"])
def test_what_was_promised_not_to_be_lost_cannot_be_dropped(overflow: Any) -> None:
    async def scene() -> None:
        async with trio.open_nursery() as nursery:
            with pytest.raises(ValueError, match="whose mailbox loses none"):
                await start(
                    nursery, faulty(Store, FaultPlan([Drop(0)])), overflow=overflow
                )

    played(scene)


@pytest.mark.parametrize("overflow", ["drop_newest", "drop_oldest", "latest"])
def test_a_policy_that_drops_may_be_planned_to(overflow: Any) -> None:
    seen: list[object] = []
    factory = faulty(Store, FaultPlan([Drop(1), Drop(0, of=Get)]))

    async def scene() -> None:
        async with open_supervisor() as stage:
            store = await stage.start(
                factory,
                seen,
                overflow=overflow,
                key=(lambda message: message) if overflow == "latest" else None,
            )
            for number in range(3):
                await store.send(Put(number))
            with pytest.raises(MessageDropped):
                await store.ask(Get(0))
            assert await store.ask(Get(1)) == 3
        assert store.outcome is not None
        assert store.outcome.ledger == Ledger(accepted=5, handled=3, dropped=2)

    played(scene)
    assert seen == [Put(0), Put(2), Get(1)]
    assert factory.turns == 5


def test_dropping_goes_on_after_a_restart() -> None:
    seen: list[object] = []

    async def scene() -> None:
        async with open_supervisor() as stage:
            store = await stage.start(
                faulty(Store, FaultPlan([CrashBefore(0), Drop(2)])),
                seen,
                restart="transient",
                overflow="drop_oldest",
            )
            for number in range(4):
                await store.send(Put(number))

    played(scene)
    assert seen == [Put(1), Put(3)]


def test_a_request_whose_asker_has_left_is_abandoned_rather_than_dropped() -> None:
    async def scene() -> None:
        async with open_supervisor() as stage:
            store = await stage.start(
                faulty(Store, FaultPlan([Delay(0, seconds=9), Drop(1)])),
                overflow="drop_newest",
            )
            await store.send(Put(0))
            with trio.move_on_after(1):
                await store.ask(Get())
            await store.send(Put(1))
            await store.send(Put(2))
        assert store.outcome is not None
        ledger = store.outcome.ledger
        assert ledger == Ledger(accepted=4, handled=2, abandoned=1, dropped=1)

    played(scene)


# Any agent.

SHARED = Store()


@attrs.define
class Changing(Agent[Put]):
    seen: list[object]
    where: str
    nursery: Any = None

    @asynccontextmanager
    async def lifespan(self) -> Any:
        async with trio.open_nursery() as self.nursery:
            if self.where == "lifespan":
                self.context.become(self.later)
            yield

    async def handle(self, message: Put) -> None:
        self.seen.append(message.number)
        if self.where == "handler":
            self.context.become(self.later)
        elif self.where == "helper":
            self.nursery.start_soon(self.help)

    async def later(self, message: Put) -> None:
        self.seen.append(-message.number)

    async def help(self) -> None:
        self.context.become(self.later)


@pytest.mark.parametrize(
    ("where", "seen"),
    [("lifespan", [-1, -3]), ("handler", [1, -3]), ("helper", [1, -3])],
)
def test_no_behaviour_slips_past_the_plan(where: str, seen: list[object]) -> None:
    log: list[object] = []

    async def scene() -> None:
        async with open_supervisor() as stage:
            plan = FaultPlan([CrashBefore(1)])
            agent = await stage.start(
                faulty(Changing, plan), log, where, restart="transient"
            )
            await agent.send(Put(1))
            await trio.sleep(1)
            await agent.send(Put(2))
            if where != "lifespan":
                return
            await agent.send(Put(3))

    played(scene)
    assert log == (seen if where == "lifespan" else seen[:1])


def test_one_plan_can_be_put_before_another() -> None:
    seen: list[object] = []
    first = faulty(Changing, FaultPlan([CrashBefore(1), Drop(4)]))
    second = faulty(first, FaultPlan([CrashBefore(2), Drop(3)]))

    async def scene() -> None:
        async with open_supervisor() as stage:
            agent = await stage.start(
                second, seen, "handler", restart="transient", overflow="drop_oldest"
            )
            for number in range(8):
                await agent.send(Put(number + 1))

    played(scene)
    # Of 1 to 8, the outer plan loses the third and drops the fourth; of what is left,
    # 1 2 5 6 7 8, the inner one loses the second and drops the fifth.
    assert seen == [1, 5, -6, -8]


@attrs.frozen
class Frozen(Agent[Put]):
    seen: list[object]

    async def handle(self, message: Put) -> None:
        self.seen.append(message)


def test_a_frozen_agent_a_partial_and_a_pool_can_be_struck() -> None:
    seen: list[object] = []
    factory = faulty(Frozen, FaultPlan([CrashBefore(2)]))

    async def scene() -> None:
        async with open_supervisor() as stage:
            pool = await stage.start(Pool(2, partial(factory, seen)))
            assert pool.name == "Frozen"
            for number in range(5):
                await pool.send(Put(number))

    with pytest.raises(BaseExceptionGroup) as group:
        played(scene)
    assert group.group_contains(InjectedCrash)
    assert factory.turns >= 3


def test_a_pool_itself_cannot_be_struck() -> None:
    async def scene() -> None:
        async with trio.open_nursery() as nursery:
            with pytest.raises(TypeError, match=r"Pool\(4, faulty\(Worker, plan\)\)"):
                await start(nursery, faulty(Pool(2, Store), FaultPlan()))

    played(scene)


@pytest.mark.parametrize(
    ("factory", "text"),
    [(lambda: 3, "has to return an Agent"), (lambda: SHARED, "make a new one")],
)
def test_a_factory_that_makes_no_new_agent_is_complained_about_as_ever(
    factory: Any, text: str
) -> None:
    async def scene() -> None:
        async with trio.open_nursery() as nursery:
            if text == "make a new one":
                (await start(nursery, factory)).stop()
            with pytest.raises((TypeError, ValueError), match=text):
                await start(nursery, faulty(factory, FaultPlan()))

    played(scene)


# Failpoints.


def passing(*names: str) -> list[str]:
    reached: list[str] = []
    for name in names:
        failpoint(name)
        reached.append(name)
    return reached


def test_a_failpoint_does_nothing_unless_a_test_says_so() -> None:
    assert passing("a", "b") == ["a", "b"]


def test_a_failpoint_raises_at_the_passing_that_was_named() -> None:
    with failing(FailAt("a", 1, error=OSError)) as passed:
        with pytest.raises(OSError, match="injected at failpoint 'a', passing 1"):
            passing("a", "b", "a", "c")
        assert passed == ["a", "b", "a"]
        assert passing("a") == ["a"]
    assert passing("a", "a") == ["a", "a"]
    assert passed == ["a", "b", "a", "a"]


async def test_a_failpoint_raises_in_the_tasks_and_threads_of_the_block() -> None:
    async def task() -> None:
        with pytest.raises(InjectedCrash):
            await trio.to_thread.run_sync(passing, "in a thread")
        await trio.lowlevel.checkpoint()
        passing("in a task")

    with failing(FailAt("in a thread")) as passed:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(task)
    assert passed == ["in a thread", "in a task"]


@attrs.define
class Writer(Agent[Put]):
    lines: list[int]

    async def handle(self, message: Put) -> None:
        self.lines.append(message.number)
        failpoint("between")
        self.lines.append(message.number)


def test_a_plan_makes_the_failpoints_of_its_agent_raise_and_no_others() -> None:
    lines: list[int] = []

    async def scene() -> None:
        async with open_supervisor() as stage:
            factory = faulty(Writer, FaultPlan([FailAt("between", 1)]))
            writer = await stage.start(factory, lines, restart="transient")
            for number in range(3):
                await writer.send(Put(number))
            passing("between", "between")

    played(scene)
    assert lines == [0, 0, 1, 2, 2]


# Drawn.


def test_the_same_seed_draws_the_same_plan() -> None:
    plans = [random_faults(random.Random(seed)) for seed in (7, 7, *range(50))]
    assert plans[0] == plans[1]
    assert len({*plans}) > 20
    kinds = {type(fault) for plan in plans for fault in plan.faults}
    assert kinds == {Delay, CrashBefore, CrashAfter}


@settings(max_examples=50)
@given(plan=fault_plans(messages=4, most=2, kinds=(Drop, Duplicate), of=(Put, Get)))
def test_a_drawn_plan_is_of_what_was_asked_for(plan: FaultPlan) -> None:
    assert len(plan.faults) <= 2
    for fault in plan.faults:
        assert isinstance(fault, Drop | Duplicate)
        assert fault.nth < 4
        assert fault.of in {Put, Get}


def test_a_plan_shrinks_to_the_fault_that_matters() -> None:
    def loses(plan: FaultPlan) -> bool:
        seen: list[object] = []

        async def scene() -> None:
            async with open_supervisor(max_restarts=99) as stage:
                store = await stage.start(
                    faulty(Store, plan), seen, restart="transient"
                )
                for number in range(4):
                    await store.send(Put(number))

        played(scene)
        return Put(2) not in seen

    found = find(fault_plans(), loses, settings=settings(database=None))
    assert found == FaultPlan([CrashBefore(2)])


@settings(max_examples=30)
@given(plan=st.just(FaultPlan([CrashBefore(0)])))
def test_a_failing_plan_prints_as_one_can_paste_it(plan: FaultPlan) -> None:
    assert repr(plan) == (
        "FaultPlan([CrashBefore(nth=0, of=object, error=InjectedCrash)])"
    )
    assert repr(Faulty(Store, plan)).startswith("<faulty Store, FaultPlan")
