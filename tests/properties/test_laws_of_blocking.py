"""Laws of turns that block in threads.

They draw no schedule. Who runs next is decided by the operating system as soon as
threads take part, and no drawn schedule reaches that; Trio's side of it sees one event
for each thread, its return. What a drawn schedule is for, letting events collide in the
same tick, is drawn here as the moment of the end, held fast by gates: before the
function begins, while it blocks, or once it has returned.
"""

import threading
from enum import Enum, auto

import attrs
import trio
from hypothesis import strategies as st
from laws import law
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Handle, Outcome, start_soon


class Moment(Enum):
    """When the agent is told to end."""

    BEFORE = auto()  # none of its functions has begun
    WHILE = auto()  # the first one blocks
    SAME_TICK = auto()  # the first one has returned, and nobody has noticed


@attrs.frozen
class Turn:
    """What one message makes the agent do."""

    functions: int  # at the same time
    abandon: bool
    checkpoint: bool  # after them


class Scene:
    """One agent whose functions wait at one gate."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.left = threading.Event()
        self.begun = trio.Event()
        self.lock = threading.Lock()
        self.inside = self.most_inside = 0
        self.begun_turns: list[int] = []
        self.ended_turns: list[int] = []

    def block(self) -> None:
        with self.lock:
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
        trio.from_thread.run_sync(self.begun.set)
        self.gate.wait(60)
        with self.lock:
            self.inside -= 1
        self.left.set()


class Blocked(Agent[tuple[int, Turn]]):
    """Takes its turns, and notes where they begin and end."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    async def handle(self, message: tuple[int, Turn]) -> None:
        number, turn = message
        self.scene.begun_turns.append(number)
        async with trio.open_nursery() as helpers:
            for _ in range(turn.functions):
                helpers.start_soon(self.block, turn.abandon)
        if turn.checkpoint:
            await trio.lowlevel.checkpoint()
        self.scene.ended_turns.append(number)

    async def block(self, abandon: bool) -> None:
        await self.context.run_in_thread(self.scene.block, abandon_on_cancel=abandon)


def play(
    turns: list[Turn], moment: Moment, *, cancelled: bool
) -> tuple[Scene, Outcome, int]:
    """Send a message for each turn, end the agent, and return what came of it.

    The last figure is how many functions still blocked when the agent had left.
    """

    async def main() -> tuple[Scene, Outcome, int]:
        scene = Scene()
        async with trio.open_nursery() as nursery:
            agent = start_soon(nursery, Blocked, scene, capacity=len(turns))
            for numbered in enumerate(turns):
                agent.send_nowait(numbered)
            await end_at(moment, scene, agent, cancelled=cancelled)
            if not (cancelled and turns[0].abandon):
                scene.gate.set()  # or it would never leave
            outcome = await agent.wait_closed()
            still_inside = scene.inside
            scene.gate.set()
        return scene, outcome, still_inside

    return trio.run(main)


async def end_at(
    moment: Moment, scene: Scene, agent: Handle[tuple[int, Turn]], *, cancelled: bool
) -> None:
    if moment is not Moment.BEFORE:
        await scene.begun.wait()
        await wait_all_tasks_blocked()
    if moment is Moment.SAME_TICK:
        scene.gate.set()
        scene.left.wait(60)  # no checkpoint: Trio shall not see the thread come back
    if cancelled:
        agent.cancel()
    else:
        agent.stop()


TURNS = st.lists(
    st.builds(
        Turn,
        functions=st.integers(1, 3),
        abandon=st.booleans(),
        checkpoint=st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


@law(
    "threads: the ledger is exact",
    turns=TURNS,
    moment=st.sampled_from(Moment),
    cancelled=st.booleans(),
)
def test_the_ledger_is_exact(
    turns: list[Turn], moment: Moment, cancelled: bool
) -> None:
    scene, outcome, _ = play(turns, moment, cancelled=cancelled)
    ledger = outcome.ledger
    assert ledger.accepted == len(turns) == ledger.settled
    assert ledger.handled == len(scene.ended_turns)
    assert ledger.interrupted == len(scene.begun_turns) - len(scene.ended_turns)
    assert len(outcome.undelivered) == len(turns) - len(scene.begun_turns)
    if not cancelled:
        assert ledger.handled == len(turns)


@law("threads: one at a time", turns=TURNS, moment=st.sampled_from(Moment))
def test_one_at_a_time(turns: list[Turn], moment: Moment) -> None:
    scene, _, _ = play(turns, moment, cancelled=False)
    assert scene.most_inside == 1


@law(
    "threads: nobody leaves before an unabandoned function",
    turns=TURNS.map(lambda turns: [attrs.evolve(t, abandon=False) for t in turns]),
    moment=st.sampled_from(Moment),
    cancelled=st.booleans(),
)
def test_nobody_leaves_before_an_unabandoned_function(
    turns: list[Turn], moment: Moment, cancelled: bool
) -> None:
    *_, still_inside = play(turns, moment, cancelled=cancelled)
    assert still_inside == 0
