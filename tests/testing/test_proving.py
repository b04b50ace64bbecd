"""What a proof says, and when it says that there is none."""

from collections.abc import Awaitable, Callable
from random import random

import pytest
import trio

from exeunt import Agent, open_supervisor, start
from exeunt.testing import NotDeterministic, Stalled, UncontrolledSchedule, replay
from exeunt.testing.proving import Unproved, prove, prover, touch

Tell = Callable[[], object]


async def two_senders() -> list[str]:
    inlet, outlet = trio.open_memory_channel[str](1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(inlet.send, "first")
        nursery.start_soon(inlet.send, "second")
        return [await outlet.receive(), await outlet.receive()]


def test_a_proof_says_what_it_has_seen() -> None:
    proof = prove(two_senders, cross_check=20)
    assert (proof.scenario, proof.outcomes, proof.cross_checked) == (
        "two_senders",
        2,
        20,
    )
    assert str(proof) == (
        f"two_senders: exhausted: holds for every order ({proof.runs} runs, "
        "2 outcomes; 20 random runs agree)."
    )


async def third_first() -> None:
    inlet, outlet = trio.open_memory_channel[int](3)
    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(inlet.send, number)
        order = [await outlet.receive() for _ in range(3)]
    assert order != [2, 0, 1]


def test_an_order_that_fails_is_shown() -> None:
    with pytest.raises(AssertionError) as raised:
        prove(third_first)
    note = raised.value.__notes__[-1]
    assert "Smallest schedule found: " in note
    assert "What happens then:\n" in note
    schedule = note.rsplit("schedule='", 1)[1].removesuffix("')")
    with pytest.raises(AssertionError):
        replay(third_first, schedule=schedule)


async def locked_in_turn() -> None:
    one, two = trio.Lock(), trio.Lock()

    async def take(first: trio.Lock, second: trio.Lock) -> None:
        async with first, second:
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take, one, two)
        await take(two, one)


def test_that_all_wait_for_ever_is_a_failure() -> None:
    with pytest.raises(Stalled):
        prove(locked_in_turn)


def three_in_a_row(tell: Tell) -> Callable[[], Awaitable[None]]:
    """Fails in one order of three tasks that share a word."""

    async def scenario() -> None:
        word = ""

        async def add(letter: str) -> None:
            nonlocal word
            await trio.lowlevel.checkpoint()
            tell()
            word += letter

        async with trio.open_nursery() as nursery:
            for letter in "abc":
                nursery.start_soon(add, letter)
        assert word != "cab"

    return scenario


def test_what_is_shared_and_declared_is_found() -> None:
    with pytest.raises(AssertionError) as raised:
        prove(three_in_a_row(lambda: touch("word")), cross_check=0)
    assert "declare" not in "".join(raised.value.__notes__)


def test_what_is_shared_and_not_declared_shows_in_the_cross_check() -> None:
    undeclared = three_in_a_row(lambda: None)
    prove(undeclared, cross_check=0)  # it knows no better
    with pytest.raises(AssertionError) as raised:
        prove(undeclared)
    remark, note = raised.value.__notes__
    assert remark.startswith("The proof had held, and a random run fails. ")
    assert remark.endswith("declare it with touch()")
    assert "Run it again: replay(scenario, schedule=" in note


def test_an_outcome_that_the_proof_did_not_see_is_no_proof() -> None:
    async def order() -> list[int]:
        seen: list[int] = []

        async def note(number: int) -> None:
            await trio.lowlevel.checkpoint()
            seen.append(number)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(note, 1)
            nursery.start_soon(note, 2)
        return seen

    with pytest.raises(Unproved, match=r"returned \[2, 1\] in a random run"):
        prove(order)


def test_reading_goes_together_with_reading() -> None:
    def readers(write: bool) -> Callable[[], Awaitable[None]]:
        async def scenario() -> None:
            async def read() -> None:
                touch("it", write=write)

            async with trio.open_nursery() as nursery:
                nursery.start_soon(read)
                nursery.start_soon(read)

        return scenario

    assert prove(readers(write=False), cross_check=0).runs == 1
    assert prove(readers(write=True), cross_check=0).runs == 2


def test_outside_of_a_proof_nothing_is_noted() -> None:
    touch("anything")


def test_a_budget_that_is_used_up_is_no_proof() -> None:
    with pytest.raises(Unproved, match="two_senders held in 1 run, but there are"):
        prove(two_senders, runs=1)


def test_a_thread_cannot_be_proved() -> None:
    async def scenario() -> None:
        await trio.to_thread.run_sync(int)

    with pytest.raises(Unproved, match="the scenario uses a thread"):
        prove(scenario)


def test_chance_cannot_be_proved() -> None:
    async def scenario() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(1 + int(random() * 1e6)):
                await trio.lowlevel.checkpoint()
            nursery.start_soon(trio.lowlevel.checkpoint)

    with pytest.raises((NotDeterministic, Stalled)):
        prove(scenario)


def test_a_trio_that_cannot_be_steered_cannot_be_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prover, "can_steer", lambda: False)
    with pytest.raises(Unproved, match="exeunt cannot steer Trio"):
        prove(two_senders)


def test_what_a_proof_replaces_is_put_back() -> None:
    before = [vars(trio.Event)["set"], vars(trio.MemorySendChannel)["send"]]
    prove(two_senders, cross_check=0)
    assert [vars(trio.Event)["set"], vars(trio.MemorySendChannel)["send"]] == before
    assert "__getattribute__" not in vars(Agent)


class Counter(Agent[str]):
    """Shares an attribute of its own with whoever sends it something."""

    def __init__(self) -> None:
        self.count = 0

    async def handle(self, message: str) -> None:
        seen = self.count
        await trio.lowlevel.checkpoint()
        self.count = seen + 1


def test_attributes_of_agents_are_known_to_be_shared() -> None:
    agent = None

    def make() -> Counter:
        nonlocal agent
        agent = Counter()
        return agent

    async def meddle(counter: Counter) -> None:
        counter.count += 10

    async def scenario() -> None:
        async with trio.open_nursery() as nursery:
            handle = await start(nursery, make)
            assert agent is not None
            counter = agent
            async with trio.open_nursery() as outside:
                outside.start_soon(handle.send, "count")
                outside.start_soon(meddle, counter)
            await handle.aclose()
        assert counter.count == 11

    with pytest.raises(AssertionError, match="count"):
        prove(scenario, cross_check=0)


def test_a_deadline_never_comes_while_a_task_can_run() -> None:
    async def scenario() -> None:
        with trio.move_on_after(1) as scope:
            async with trio.open_nursery() as nursery:
                for _ in range(2):
                    nursery.start_soon(trio.lowlevel.checkpoint)
        assert not scope.cancelled_caught

    prove(scenario)


def test_supervisors_can_be_proved() -> None:
    async def scenario() -> None:
        async with open_supervisor() as supervisor:
            first = await supervisor.start(Counter, name="first")
            second = await supervisor.start(Counter, name="second")
            await first.send("count")
            await second.send("count")
        assert [outcome.agent for outcome in supervisor.outcomes] == ["second", "first"]

    prove(scenario, cross_check=20)


def test_trio_is_steered_during_a_proof(recwarn: pytest.WarningsRecorder) -> None:
    prove(two_senders, cross_check=0)
    assert not [w for w in recwarn if issubclass(w.category, UncontrolledSchedule)]
