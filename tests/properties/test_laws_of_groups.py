"""Law 23 for groups: they leave as one, when nothing goes on inside any more."""

from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Handle, open_supervisor
from exeunt.exceptions import AgentClosed
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


@attrs.frozen
class Token:
    """Goes round so often."""

    left: int


@attrs.define
class Link(Agent[Token]):
    """One of a ring: passes the token on."""

    work: int
    ring: list[Handle[Any]]
    number: int
    beside: Handle[Any]
    passed: list[float]

    async def handle(self, message: Token) -> None:
        await trio.sleep(self.work)
        self.passed.append(trio.current_time())
        if message.left:
            following = self.ring[(self.number + 1) % len(self.ring)]
            await following.send(Token(message.left - 1))
            await self.beside.send(Token(0))


@attrs.define
class Idler(Agent[Token]):
    """Takes what it is given."""

    heard: int = 0

    async def handle(self, message: Token) -> None:
        self.heard += 1


@attrs.frozen
class Round:
    size: int
    rounds: int
    work: int
    settle: int
    outsider: int  # at which second somebody outside sends something


@law(
    "23 quiescence of a group",
    it=st.builds(
        Round,
        size=st.integers(1, 4),
        rounds=st.integers(0, 6),
        work=st.integers(0, 2),
        settle=st.integers(0, 8).map(lambda whole: whole + 0.5),
        outsider=st.integers(0, 8),
    ),
    schedule=schedules(),
)
def test_a_group_leaves_when_nothing_goes_on_inside(
    it: Round, schedule: Schedule
) -> None:
    ring, beside, passed, over, heard = schedule.run(_go_round, it)
    turns = it.rounds + 1
    needed = turns * it.work
    if needed < it.settle:
        assert over == needed
        assert passed == [it.work * turn for turn in range(1, turns + 1)]
        assert {handle.outcome.reason for handle in ring} == {"stopped"}
    else:
        assert over == it.settle
        assert {handle.outcome.reason for handle in ring} == {"cancelled"}
        assert all("settle" in handle.outcome.cancel_reason for handle in ring)
    # What they use outside has heard all of it, and those outside were not heard.
    assert beside.outcome.ledger.handled == len(passed) - (needed < it.settle)
    assert beside.outcome.reason == "stopped"
    assert heard == []


async def _go_round(it: Round) -> tuple[Any, Any, list[float], float, list[object]]:
    ring: list[Handle[Any]] = []
    passed: list[float] = []
    heard: list[object] = []

    async def intrude() -> None:
        await trio.sleep(it.outsider)
        try:
            await ring[0].send(Token(0))
            heard.append("accepted")
        except AgentClosed:
            pass

    async with trio.open_nursery() as outside:
        async with open_supervisor() as supervisor:
            beside = await supervisor.start(Idler, uses=[])
            group = supervisor.group(settle=it.settle)
            for number in range(it.size):
                ring.append(
                    await supervisor.start(
                        Link,
                        it.work,
                        ring,
                        number,
                        beside,
                        passed,
                        group=group,
                        uses=[beside, *ring],
                    )
                )
            ring[0].send_nowait(Token(it.rounds))
            outside.start_soon(_after_the_body, intrude)
        over = trio.current_time()
    return ring, beside, passed, over, heard


async def _after_the_body(intrude: Any) -> None:
    # One step later than the body's end in every schedule: the body does not wait.
    for _ in range(50):
        await trio.lowlevel.checkpoint()
    await intrude()
