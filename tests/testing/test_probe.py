"""`Probe`: what it takes and answers, and what it says when something else came."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest
import trio

from exeunt import (
    Agent,
    Handle,
    Ledger,
    Reason,
    Request,
    open_supervisor,
    start,
)
from exeunt.exceptions import AgentClosed, AgentCrashed, MailboxFull, Refusal
from exeunt.testing import Schedule
from exeunt.testing.doubles.expecting import Unexpected, expect_closed
from exeunt.testing.doubles.probe import Probe, log
from exeunt.testing.faults.faulty import faulty
from exeunt.testing.faults.plan import CrashBefore, FaultPlan, InjectedCrash


@attrs.frozen
class Put:
    number: int


@attrs.frozen
class Get(Request[int]):
    number: int = 0


class GetMore(Get): ...


@attrs.frozen
class Linked(Request[int], linked=True):
    pass


class SoldOut(Refusal): ...


Talk = Callable[[Probe[Put | Get], Handle[Put | Get]], Awaitable[Any]]


def with_probe(talk: Talk, **options: Any) -> Any:
    """Run *talk* with a probe on stage, in virtual time."""

    async def scene() -> Any:
        probe = Probe[Put | Get]()
        async with open_supervisor() as stage:
            handle = await stage.start(probe, name="store", **options)
            assert probe.handle is handle
            return await talk(probe, handle)

    return Schedule().run(scene)


def test_messages_are_expected_in_their_order_and_once() -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> None:
        for number in range(3):
            await handle.send(Put(number))
        assert await probe.expect(Put) == Put(0)
        assert await probe.expect(lambda message: message.number == 1) == Put(1)
        assert await probe.expect() == Put(2)
        assert probe.received == (Put(0), Put(1), Put(2))
        await probe.expect_nothing_for(0)

    with_probe(talk)


def test_expect_waits_for_what_is_yet_to_come() -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> float:
        async def speak() -> None:
            await trio.sleep(5)
            await handle.send(Put(1))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(speak)
            await probe.expect(Put)
        return trio.current_time()

    assert with_probe(talk) == 5


def test_what_came_instead_is_said_with_all_that_came_before() -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> None:
        probe.when(Get).send(7)
        await handle.send(Put(1))
        await handle.ask(Get(2))
        await probe.expect(Put)
        with pytest.raises(Unexpected) as raised:
            await probe.expect(Put)
        assert str(raised.value) == (
            "<Probe 'store'> expected a Put, and Get(number=2) came. "
            "All that has arrived:\n"
            "  0  sent   Put(number=1)\n"
            "  1  asked  Get(number=2)  (new)"
        )
        assert await probe.expect(Get) == Get(2)  # it is still there

    with_probe(talk)


def test_a_predicate_is_called_by_its_name() -> None:
    def is_seven(message: Put | Get) -> bool:
        return message.number == 7

    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> None:
        await handle.send(Put(1))
        with pytest.raises(Unexpected, match=r"expected one that .*is_seven accepts"):
            await probe.expect(is_seven)

    with_probe(talk)


def test_a_predicate_that_raises_has_not_found_what_it_expected() -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> None:
        await handle.send(Put(1))
        with pytest.raises(Unexpected, match="and that raised on Put") as raised:
            await probe.expect(lambda message: message.size)  # type: ignore[union-attr]
        assert isinstance(raised.value.__cause__, AttributeError)

    with_probe(talk)


def test_an_expectation_that_is_given_up_logs_what_did_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> None:
        with pytest.raises(trio.TooSlowError), trio.fail_after(3):
            await probe.expect(Get)
        await handle.send(Put(1))
        await probe.expect(Put)
        with trio.move_on_after(3):
            await probe.expect(Get)

    said: list[str] = []
    # Not by caplog: another test may have turned the logging of all agents off.
    monkeypatch.setattr(log, "warning", lambda text, *args: said.append(text % args))
    with_probe(talk)
    assert said == [
        "<Probe 'store'> gave up expecting a Get. Nothing has arrived.",
        (
            "<Probe 'store'> gave up expecting a Get. All that has arrived:\n"
            "  0  sent   Put(number=1)"
        ),
    ]


def test_expecting_nothing_takes_the_time_it_says() -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> None:
        began = trio.current_time()
        await probe.expect_nothing_for(60)
        assert trio.current_time() - began == 60
        await handle.send(Put(1))
        with pytest.raises(Unexpected, match=r"nothing for 60 s, and Put.* came"):
            await probe.expect_nothing_for(60)
        assert trio.current_time() - began == 60

    with_probe(talk)


def test_expecting_nothing_fails_as_soon_as_something_comes() -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> float:
        async def speak() -> None:
            await trio.sleep(5)
            await handle.send(Put(1))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(speak)
            with pytest.raises(Unexpected):
                await probe.expect_nothing_for(60)
        return trio.current_time()

    assert with_probe(talk) == 5


def test_an_ask_waits_until_the_test_answers() -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> list[object]:
        answers: list[object] = []

        async def ask() -> None:
            answers.append(await handle.ask(Get(1)))
            with pytest.raises(SoldOut):
                await handle.ask(Get(2))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            first = await probe.expect(Get)
            await trio.sleep(5)
            assert not answers
            with pytest.raises(TypeError, match="not a class: Get"):
                probe.reply_to(Get)  # type: ignore[arg-type]
            probe.reply_to(first).send(42)
            with pytest.raises(ValueError, match="owes no answer to Get"):
                probe.reply_to(first)
            probe.reply_to(await probe.expect(Get)).refuse(SoldOut())
        return answers

    assert with_probe(talk) == [42]


def test_a_standing_answer_is_given_at_once_and_the_latest_counts() -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> None:
        probe.when(Get).send(1)
        assert await handle.ask(GetMore()) == 1
        probe.when(GetMore).refuse(SoldOut())
        with pytest.raises(SoldOut):
            await handle.ask(GetMore())
        assert await handle.ask(Get()) == 1
        probe.when(Get).send(2)
        assert await handle.ask(Get()) == 2
        assert [type(each) for each in probe.received] == [GetMore, GetMore, Get, Get]
        await handle.send(Get())  # nobody asks, so nobody is answered

    with_probe(talk)


def test_the_same_request_asked_twice_is_answered_twice() -> None:
    request = Get(1)

    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(handle.ask, request)
            nursery.start_soon(handle.ask, request)
            for _ in range(2):
                probe.reply_to(await probe.expect(Get)).send(1)

    with_probe(talk)


def test_a_linked_ask_leaves_a_probe_at_once() -> None:
    async def talk(probe: Probe[Any], handle: Handle[Any]) -> float:
        with trio.move_on_after(2):
            await handle.ask(Linked())
        return trio.current_time()

    assert with_probe(talk) == 2


def test_the_rules_of_handles_hold_for_a_probe() -> None:
    async def talk(probe: Probe[Put | Get], handle: Handle[Put | Get]) -> None:
        handle.send_nowait(Put(1))
        with pytest.raises(MailboxFull):
            handle.send_nowait(Put(2))
        await probe.expect(Put)
        handle.stop()
        with pytest.raises(AgentClosed):
            await handle.send(Put(3))
        await expect_closed(
            handle, reason=Reason.STOPPED, ledger=Ledger(accepted=1, handled=1)
        )

    with_probe(talk, capacity=1)


def test_a_probe_can_crash_like_any_agent() -> None:
    async def scene() -> None:
        probe = Probe[Get]()
        async with trio.open_nursery() as nursery:
            plan = FaultPlan([CrashBefore(0)])
            handle = await start(nursery, faulty(probe, plan), name="store")
            with pytest.raises(AgentCrashed):
                await handle.ask(Get())

    with pytest.raises(BaseExceptionGroup) as group:
        Schedule().run(scene)
    assert group.group_contains(InjectedCrash)


@attrs.define
class Echo(Agent[Put]):
    to: Handle[Put]

    async def handle(self, message: Put) -> None:
        await self.to.send(message)


def test_what_an_agent_has_sent_is_there_when_it_has_left() -> None:
    async def scene() -> None:
        probe = Probe[Put]()
        async with open_supervisor() as stage:
            echo = await stage.start(Echo, await stage.start(probe))
            await echo.send(Put(1))
            echo.stop()
            await expect_closed(echo, reason=Reason.STOPPED)
            assert await probe.expect(Put) == Put(1)
            await probe.expect_nothing_for(1)

    Schedule().run(scene)


def test_an_agent_that_ends_otherwise_than_expected_is_unexpected() -> None:
    async def scene() -> None:
        probe = Probe[Put]()
        async with open_supervisor() as stage:
            echo = await stage.start(Echo, await stage.start(probe))
            await echo.send(Put(1))
            echo.stop()
            with pytest.raises(Unexpected, match="should have been crashed, but"):
                await expect_closed(echo, reason=Reason.CRASHED)
            with pytest.raises(
                Unexpected,
                match="should have had 2 accepted: 2 handled; but: Echo stopped",
            ):
                await expect_closed(echo, ledger=Ledger(accepted=2, handled=2))
            outcome = await expect_closed(echo)
            assert outcome is echo.outcome

    Schedule().run(scene)


def test_an_account_that_does_not_add_up_is_unexpected() -> None:
    async def scene() -> None:
        async with trio.open_nursery() as nursery:
            echo = await start(nursery, Probe[Put]())
            echo.stop()
            await echo.wait_closed()
            echo._life._outcome = attrs.evolve(
                echo._life.outcome, ledger=Ledger(accepted=1)
            )
            with pytest.raises(Unexpected, match="does not add up: Probe stopped; 1 "):
                await expect_closed(echo)

    Schedule().run(scene)


def test_a_probe_that_is_not_started_says_so() -> None:
    probe = Probe[Put]()
    assert repr(probe) == "<Probe 'not started'>"
    with pytest.raises(RuntimeError, match=r"await start\(nursery, probe\)"):
        _ = probe.handle


def test_what_cannot_be_expected_is_said() -> None:
    async def talk(probe: Any, handle: Handle[Put | Get]) -> None:
        with pytest.raises(TypeError, match="a class, or a function of a message"):
            await probe.expect(Put(1))
        with pytest.raises(TypeError, match="seconds is a number of seconds"):
            await probe.expect_nothing_for("60")
        with pytest.raises(ValueError, match="seconds is a finite number"):
            await probe.expect_nothing_for(float("inf"))
        with pytest.raises(TypeError, match="when takes a class of requests, not <cl"):
            probe.when(Put)
        with pytest.raises(TypeError, match="when takes a class of requests, not Get"):
            probe.when(Get())
        with pytest.raises(TypeError, match="what is expected to close is a Handle"):
            await expect_closed(probe)

    with_probe(talk)
