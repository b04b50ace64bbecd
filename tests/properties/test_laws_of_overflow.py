"""Law 21: each overflow policy gives up what it says, and nothing else.

The log of a scene is played to a model of the mailbox, made of lists. Accepting a
message is one instant and so is taking one, so the model has to foresee every turn.
"""

from enum import Enum
from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Handle, Outcome, Request, start
from exeunt.exceptions import MailboxFull, MessageDropped
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


class Way(Enum):
    SEND = "send"
    NOWAIT = "send_nowait"
    ASK = "ask"


@attrs.frozen
class Line(Request[int]):
    number: int
    sender: int
    way: Way
    after: int  # seconds that the sender waits first
    work: int  # seconds that the turn takes
    key: int


@attrs.define
class Model:
    """What is in the mailbox, and who waits for room."""

    policy: str
    capacity: int
    queue: list[Line] = attrs.field(factory=list)
    line: list[Line] = attrs.field(factory=list)
    dropped: list[Line] = attrs.field(factory=list)
    refused: list[Line] = attrs.field(factory=list)

    def offer(self, it: Line) -> None:
        if not self.line and self.has_room(it):
            self.put(it)
        elif self.policy == "drop_newest":
            self.dropped.append(it)
        elif self.policy == "drop_oldest":
            self.dropped.append(self.queue.pop(0))
            self.queue.append(it)
        elif self.policy == "refuse" or it.way is Way.NOWAIT:
            self.refused.append(it)
        else:
            self.line.append(it)

    def take(self) -> Line:
        it = self.queue.pop(0)
        while self.line and self.has_room(self.line[0]):
            self.put(self.line.pop(0))
        return it

    def has_room(self, it: Line) -> bool:
        return len(self.queue) < self.capacity or self.place(it) is not None

    def place(self, it: Line) -> int | None:
        keys = [each.key for each in self.queue]
        return (
            keys.index(it.key) if self.policy == "latest" and it.key in keys else None
        )

    def put(self, it: Line) -> None:
        place = self.place(it)
        if place is None:
            self.queue.append(it)
        else:
            self.dropped.append(self.queue[place])
            self.queue[place] = it


@attrs.define
class Player(Agent[Line]):
    log: list[tuple[str, Line]]

    async def handle(self, message: Line) -> int:
        self.log.append(("begin", message))
        await trio.sleep(message.work)
        return message.number


@attrs.define
class Play:
    log: list[tuple[str, Line]] = attrs.field(factory=list)
    came_of_it: dict[Line, object] = attrs.field(factory=dict)
    outcome: Outcome | None = None


async def perform(policy: str, capacity: int, lines: list[Line]) -> Play:
    play = Play()
    options: dict[str, Any] = {"overflow": policy, "capacity": capacity}
    if policy == "latest":
        options["key"] = lambda line: line.key
    async with trio.open_nursery() as nursery:
        player = await start(nursery, Player, play.log, **options)
        async with trio.open_nursery() as senders:
            for sender in {line.sender for line in lines}:
                his = [line for line in lines if line.sender == sender]
                senders.start_soon(speak, player, his, play)
        player.stop()
        play.outcome = await player.wait_closed()
    return play


async def speak(player: Handle[Line], lines: list[Line], play: Play) -> None:
    for line in lines:
        await trio.sleep(line.after)
        play.log.append(("offer", line))
        try:
            play.came_of_it[line] = await say(player, line)
        except (MailboxFull, MessageDropped) as error:
            assert error.message is line
            play.came_of_it[line] = type(error)


async def say(player: Handle[Line], line: Line) -> int | None:
    match line.way:
        case Way.SEND:
            await player.send(line)
        case Way.NOWAIT:
            player.send_nowait(line)
        case Way.ASK:
            return await player.ask(line)
    return None


LINES = st.lists(
    st.builds(
        Line,
        number=st.just(0),
        sender=st.integers(0, 3),
        way=st.sampled_from(Way),
        after=st.integers(0, 1),
        work=st.integers(0, 3),
        key=st.integers(0, 2),
    ),
    max_size=12,
).map(lambda them: [attrs.evolve(each, number=i) for i, each in enumerate(them)])


@law(
    "21 overflow",
    policy=st.sampled_from(("wait", "refuse", "drop_newest", "drop_oldest", "latest")),
    capacity=st.integers(1, 3),
    lines=LINES,
    schedule=schedules(),
)
def test_each_policy_gives_up_what_it_says(
    policy: str, capacity: int, lines: list[Line], schedule: Schedule
) -> None:
    play = schedule.run(perform, policy, capacity, lines)
    model = Model(policy, capacity)
    for what, line in play.log:
        if what == "offer":
            model.offer(line)
        else:
            assert model.take() is line
    assert not model.queue
    check_what_came_of_it(play, model)


def check_what_came_of_it(play: Play, model: Model) -> None:
    for line, result in play.came_of_it.items():
        expected: object = line.number if line.way is Way.ASK else None
        if line in model.refused:
            expected = MailboxFull
        elif line in model.dropped and line.way is Way.ASK:
            expected = MessageDropped
        assert result == expected
    assert play.outcome is not None
    ledger = play.outcome.ledger
    assert ledger.dropped == len(model.dropped)
    assert ledger.accepted == len(play.came_of_it) - len(model.refused)
    assert ledger.handled == ledger.accepted - ledger.dropped
