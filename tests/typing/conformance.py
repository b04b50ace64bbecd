"""What type checkers have to know of the conformance kit. Checked, never run."""

from random import Random
from typing import assert_type

import attrs
import trio

from exeunt import Agent, Request
from exeunt.testing import (
    Conformance,
    LawBroken,
    check_agent,
    check_mailbox,
)


@attrs.frozen
class Add:
    number: int


class Total(Request[int]):
    pass


@attrs.define
class Counter(Agent[Add | Total]):
    total: int

    async def handle(self, message: Add | Total) -> int:
        return self.total


def an_add(random: Random) -> Add:
    return Add(random.randrange(10))


assert_type(check_agent(Counter, 7, messages=an_add, requests=[Total()]), Conformance)
check_agent(Counter, "7", messages=an_add)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
check_agent(Counter, 7, messages=an_add, runs="many")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
check_agent(Counter, 7, messages=3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]

assert_type(check_mailbox(capacity=3, overflow="refuse"), Conformance)
check_mailbox(lambda: trio.open_memory_channel[object](3), capacity=3)
check_mailbox(overflow="never")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def seen(error: LawBroken) -> None:
    assert_type(error.number, int)
    assert_type(error.seen, str)
