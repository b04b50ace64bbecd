"""The line at the mailbox's door, and what is behind it."""

from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Handle, start
from exeunt._core.mailbox import Mailbox
from exeunt.exceptions import AgentClosed


class Stander:
    """Stands in line, and counts how often anybody is compared with it."""

    compared = 0

    def __init__(self, message: object) -> None:
        self.message = message
        self.error: BaseException | None = None

    def __eq__(self, other: object) -> bool:
        Stander.compared += 1
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def admitted(self) -> object:
        return self.message

    def refused(self, error: BaseException) -> None:
        self.error = error


def lined_up(mailbox: Mailbox, count: int) -> list[Any]:
    standers: list[Any] = [Stander(number) for number in range(count)]
    for stander in standers:
        mailbox.stand_in_line(stander)
    return standers


def test_the_line_is_let_in_in_order() -> None:
    mailbox = Mailbox(3)
    lined_up(mailbox, 3)
    for _ in range(3):
        mailbox.admit()
    assert not mailbox.line
    assert mailbox.waiting == 3
    mailbox.inlet.close()
    assert mailbox.clear() == [0, 1, 2]


def test_who_steps_out_of_the_line_is_left_out() -> None:
    mailbox = Mailbox(0)
    standers = lined_up(mailbox, 4)
    mailbox.step_out_of_line(standers[1])
    assert [mailbox.call_in() for _ in range(3)] == [0, 2, 3]


def test_stepping_out_of_a_long_line_compares_with_nobody() -> None:
    mailbox = Mailbox(0)
    standers = lined_up(mailbox, 1000)
    Stander.compared = 0
    for stander in reversed(standers):
        mailbox.step_out_of_line(stander)
    assert not mailbox.line
    # Without an index it would be half a million; a few may share a place in the index.
    assert Stander.compared < 1000


def test_closing_the_intake_refuses_the_line_in_order() -> None:
    refused: list[object] = []

    def refuse(message: object) -> BaseException:
        refused.append(message)
        return AgentClosed("", message=message)

    mailbox = Mailbox(1)
    mailbox.inlet.send_nowait("in the mailbox")
    standers = lined_up(mailbox, 3)
    mailbox.close_intake(refuse)
    assert refused == [0, 1, 2]
    assert [stander.error.message for stander in standers] == refused
    assert not mailbox.line

    mailbox.close_intake(refuse)
    assert refused == [0, 1, 2]
    assert mailbox.clear() == ["in the mailbox"]


def test_clearing_twice_finds_nothing_more() -> None:
    mailbox = Mailbox(2)
    mailbox.inlet.send_nowait("one")
    mailbox.inlet.send_nowait("two")
    mailbox.inlet.close()
    assert mailbox.clear() == ["one", "two"]
    assert mailbox.clear() == []
    assert mailbox.waiting == 0
    assert mailbox.outlet.statistics().open_receive_channels == 0


def test_nobody_is_woken_where_nobody_sleeps() -> None:
    Mailbox(1).wake()


class Noter(Agent[str]):
    def __init__(self, noted: list[str], gate: trio.Event) -> None:
        self.noted = noted
        self.gate = gate

    async def handle(self, message: str) -> None:
        await self.gate.wait()
        self.noted.append(message)


@pytest.mark.parametrize("capacity", [0, 1, 2])
async def test_cancelled_senders_leave_no_gap_in_the_line(
    nursery: trio.Nursery, capacity: int
) -> None:
    noted: list[str] = []
    gate = trio.Event()
    noter = await start(nursery, Noter, noted, gate, capacity=capacity)
    scopes = {name: trio.CancelScope() for name in "abcdefgh"}
    for name, scope in scopes.items():
        nursery.start_soon(send_in_scope, noter, name, scope)
        await wait_all_tasks_blocked()
    for name in "aceg":
        scopes[name].cancel()
    await wait_all_tasks_blocked()
    gate.set()
    await wait_all_tasks_blocked()

    accepted = "abcdefgh"[: capacity + 1]  # before anybody was cancelled
    assert noted == [name for name in "abcdefgh" if name in accepted + "bdfh"]


async def send_in_scope(
    noter: Handle[str], message: str, scope: trio.CancelScope
) -> None:
    with scope:
        await noter.send(message)
