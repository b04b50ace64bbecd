"""Laws 5, 11, 16 and 17: whoever asks gets an end, and what they leave is left."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import attrs
import trio
import trio.testing
from hypothesis import strategies as st
from laws import law
from scenes import Boom, Deed, End, Play, Scene, Way, play, scenes

from exeunt import Agent, Reply, Request, start
from exeunt.exceptions import AgentClosed, AgentCrashed, Refusal
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

ASKS = (Way.ASK, Way.LINKED)


@law("5 ask totality", scene=scenes(ways=ASKS), schedule=schedules())
def test_every_ask_ends_and_tells_the_truth(scene: Scene, schedule: Schedule) -> None:
    it = play(scene, schedule)
    # A scene with an ask that hangs would stall; that none is silent is left to see.
    asked = sorted(line.number for line in scene.lines)
    assert sorted([*it.log.numbers("answer"), *it.log.numbers("gave up")]) == asked
    check_answers(it)


def check_answers(it: Play) -> None:
    for number, answer in it.log.details("answer").items():
        assert number is not None
        how = it.how(number)
        match answer:
            case AgentCrashed():
                assert how == "failed"
                assert isinstance(answer.__cause__, Boom)
            case AgentClosed(fate=None):
                assert how is None
                assert number not in it.undelivered()
            case AgentClosed(fate="undelivered"):
                assert number in it.undelivered()
            case AgentClosed(fate="handled"):
                assert it.line(number).deed is Deed.DEFER
                assert how == "handled"
            case AgentClosed():
                assert answer.fate == how
            case Refusal():
                assert it.line(number).deed is Deed.REFUSE
                assert how == "handled"
            case _:
                assert answer == number
                assert how == "handled"


@law(
    "16 abandon",
    scene=scenes(ways=ASKS, deeds=(Deed.RETURN,), ends=()),
    schedule=schedules(),
)
def test_what_its_asker_left_is_not_begun_but_finished(
    scene: Scene, schedule: Schedule
) -> None:
    it = play(scene, schedule)
    for number in it.log.numbers("gave up"):
        [left] = it.log.where("gave up", number)
        begun = it.log.where("begin", number)
        assert all(place < left for place in begun)
        if begun and it.line(number).way is Way.ASK:
            assert it.how(number) == "handled"
    abandoned = it.outcome.ledger.abandoned
    assert abandoned + it.outcome.ledger.undelivered <= len(it.log.numbers("gave up"))


@law(
    "17 linked",
    scene=scenes(ways=ASKS, deeds=(Deed.RETURN,), ends=()),
    schedule=schedules(),
)
def test_a_linked_asker_takes_its_turn_along(scene: Scene, schedule: Schedule) -> None:
    it = play(scene, schedule)
    interrupted = it.ended("interrupted")
    for number in it.log.numbers("gave up"):
        if it.line(number).way is Way.LINKED and it.log.where("begin", number):
            # Acknowledged: the asker leaves when the turn has ended.
            [ended] = it.log.where("end", number)
            [left] = it.log.where("gave up", number)
            assert ended < left
    # Exactly those: nobody else's turn is cut short, and the next one starts.
    assert {*interrupted} <= {
        number
        for number in it.log.numbers("gave up")
        if it.line(number).way is Way.LINKED
    }
    answered = it.log.numbers("answer")
    assert {*answered} == {*it.ended("handled")} - {*it.log.numbers("gave up")}


@attrs.frozen
class Knock(Request[str]):
    pass


@attrs.define
class Host(Agent[Knock]):
    """Says goodbye only when its guests have gone."""

    guests: int
    gone: trio.Event
    handling: int

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self.gone.wait()

    async def handle(self, message: Knock) -> str:
        await trio.sleep(self.handling)
        if self.handling == 3:
            raise Boom
        return "come in"


@law(
    "11 answers before cleanup",
    guests=st.integers(1, 4),
    handling=st.integers(0, 3),
    at=st.integers(0, 3),
    end=st.sampled_from((End.STOP, End.CANCEL, End.OUTER)),
    schedule=schedules(),
)
def test_leaving_lifespan_may_wait_for_an_asker(
    guests: int, handling: int, at: int, end: End, schedule: Schedule
) -> None:
    async def evening() -> bool:
        gone = trio.Event()

        async def visit(number: int) -> None:
            with suppress(AgentClosed, AgentCrashed):
                await host.ask(Knock())
            if number == 0:
                gone.set()

        async with trio.open_nursery() as street:
            try:
                async with trio.open_nursery() as house:
                    host = await start(house, Host, guests, gone, handling, capacity=2)
                    for number in range(guests):
                        street.start_soon(visit, number)
                    await trio.sleep(at)
                    if end is End.STOP:
                        host.stop()
                    elif end is End.CANCEL:
                        host.cancel()
                    else:
                        house.cancel_scope.cancel()
            except* Boom:
                pass
        assert host.outcome is not None
        return host.outcome.cleanup_timed_out

    assert not schedule.run(evening)


@attrs.define
class Late(Agent[Knock]):
    """Has somebody else answer the door."""

    replies: list[Reply[str]]

    async def handle(self, message: Knock) -> None:
        self.replies.append(self.context.defer(message))


@law("5 a reply that is there is not lost", schedule=schedules(), first=st.booleans())
def test_the_first_of_reply_and_cancellation_counts(
    schedule: Schedule, first: bool
) -> None:
    async def door() -> list[str]:
        heard: list[str] = []
        replies: list[Reply[str]] = []
        leaving = trio.CancelScope()

        async def knock() -> None:
            with leaving:
                heard.append(await late.ask(Knock()))

        async with trio.open_nursery() as nursery:
            late = await start(nursery, Late, replies)
            nursery.start_soon(knock)
            await trio.testing.wait_all_tasks_blocked()
            # Both in one instant: the asker runs after both, whichever was first.
            if not first:
                leaving.cancel()
            replies[0].send("come in")
            leaving.cancel()
            await late.aclose()
        return heard

    assert schedule.run(door) == (["come in"] if first else [])
