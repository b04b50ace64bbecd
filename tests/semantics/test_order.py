"""S3: in which order messages are handled."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Do, Doer, Line, Player, do_nothing

from exeunt import start
from exeunt.exceptions import MailboxFull


async def test_S3_1_messages_are_handled_one_at_a_time(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: list[tuple[float, float]] = []

    async def take_a_second() -> None:
        began = trio.current_time()
        await trio.sleep(1)
        turns.append((began, trio.current_time()))

    doer = await start(nursery, Doer)
    async with trio.open_nursery() as senders:
        for _ in range(5):
            senders.start_soon(doer.ask, Do(take_a_second))

    assert len(turns) == 5
    assert all(end <= began for (_, end), (began, _) in pairwise(turns))


async def test_S3_2_turns_start_in_the_order_of_acceptance(
    nursery: trio.Nursery,
) -> None:
    said: list[str] = []
    accepted: list[str] = []
    player = await start(nursery, Player, said)

    async def send(text: str) -> None:
        player.send_nowait(Line(text))
        accepted.append(text)

    async with trio.open_nursery() as senders:
        for number in range(9):
            senders.start_soon(send, f"line {number}")
    await player.aclose()
    assert said == accepted


async def test_S3_3_each_senders_messages_are_handled_in_its_order(
    nursery: trio.Nursery,
) -> None:
    said: list[str] = []
    player = await start(nursery, Player, said, capacity=1)

    async def send(who: str) -> None:
        for number in range(5):
            await player.send(Line(f"{who}{number}"))

    async with trio.open_nursery() as senders:
        for who in "abc":
            senders.start_soon(send, who)
    await player.aclose()

    for who in "abc":
        his = [text for text in said if text.startswith(who)]
        assert his == [f"{who}{number}" for number in range(5)]


async def test_S3_4_nobody_jumps_the_line(nursery: trio.Nursery) -> None:
    async def try_to_jump_the_line() -> None:
        # This turn's message has just left the mailbox: is there room now?
        with pytest.raises(MailboxFull):
            doer.send_nowait(Do(do_nothing))

    doer = await start(nursery, Doer, capacity=1)
    gate = trio.Event()
    doer.send_nowait(Do(gate.wait))
    await wait_all_tasks_blocked()
    doer.send_nowait(Do(try_to_jump_the_line))

    arrived: list[int] = []

    async def note(number: int) -> None:
        arrived.append(number)

    for number in range(6):
        way = doer.send if number % 2 else doer.ask
        nursery.start_soon(way, Do(note, number))
        await wait_all_tasks_blocked()
    gate.set()
    await doer.ask(Do(do_nothing))
    assert arrived == [0, 1, 2, 3, 4, 5]
