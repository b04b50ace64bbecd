"""Messages that nobody can tell apart, or whose repr tells too much, break no law."""

import enum
import itertools
from contextlib import suppress
from random import Random
from typing import Any

import pytest
import trio
from wrong_mailboxes import CAPACITY, LastInFirstOut, LosesSome, SendsTwice, pair

from exeunt import Agent, Request
from exeunt.exceptions import AgentClosed, MailboxFull, Refusal
from exeunt.testing import LawBroken, check_agent, check_mailbox


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


def a_small_number(random: Random) -> int:
    return random.randrange(3)


class Echo(Agent[Any]):
    async def handle(self, message: Any) -> Any:
        return message


class CountsDown(Agent[int]):
    """Sends itself what others may send it too."""

    async def handle(self, message: int) -> None:
        with suppress(AgentClosed, MailboxFull):
            if message:
                self.context.handle.send_nowait(message - 1)


SHARED: list[Any] = [
    ["a"],
    ["a", "b"],
    [1],
    list(Colour),
    [("x", 1)],
    [None],
    a_small_number,
]


@pytest.mark.parametrize("messages", SHARED)
def test_an_agent_may_be_told_the_same_object_again(messages: Any) -> None:
    kept = check_agent(Echo, messages=messages, runs=8)
    assert kept.messages > 50


@pytest.mark.parametrize("seed", range(1))
def test_an_agent_may_say_the_same_to_itself(seed: int) -> None:
    check_agent(CountsDown, messages=[1, 2, 3], runs=25, seed=seed)


@pytest.mark.parametrize("messages", SHARED)
@pytest.mark.parametrize(
    "overflow", ["wait", "refuse", "drop_newest", "drop_oldest", "latest"]
)
def test_a_mailbox_may_hold_the_same_object_twice(overflow: Any, messages: Any) -> None:
    key = repr if overflow == "latest" else None
    check_mailbox(capacity=2, overflow=overflow, key=key, messages=messages, runs=20)


@pytest.mark.parametrize(
    ("maker", "law"),
    [
        (lambda: pair(LosesSome), 1),
        (lambda: pair(SendsTwice), 1),
        (lambda: pair(receiving=LastInFirstOut), 4),
    ],
)
def test_a_wrong_mailbox_is_found_all_the_same(maker: Any, law: int) -> None:
    with pytest.raises(LawBroken) as broken:
        check_mailbox(maker, capacity=CAPACITY, messages=["a", "b", "c"])
    assert broken.value.number == law


class Unique(Request[Any]):
    """Cannot be copied."""

    def __deepcopy__(self, memo: object) -> Any:
        raise TypeError("there is but one")


class Refusing(Agent[Any]):
    async def handle(self, message: Any) -> Any:
        await trio.sleep(1)
        raise Refusal(f"not {message!r}")


def test_a_request_may_be_the_same_object() -> None:
    check_agent(Echo, requests=[Unique(), Unique()], runs=20)
    check_agent(Refusing, requests=[Unique()], runs=20)


class Answers(Agent[Any]):
    count = 0

    async def handle(self, message: Any) -> Any:
        if isinstance(message, Unique):
            return self.context.defer(message)
        return None


def test_a_wrong_answer_to_it_is_found_all_the_same() -> None:
    with pytest.raises(LawBroken) as broken:
        check_agent(Answers, requests=[Unique()], runs=20)
    assert broken.value.number == 5


addresses = itertools.count(0x7F0000000000, 16)


class ShowsItsAddress(Request[int]):
    """As every plain class does, and never the same."""

    def __repr__(self) -> str:
        return f"<ShowsItsAddress object at {next(addresses):#x}>"


class ShowsItsNumber(Request[int]):
    def __repr__(self) -> str:
        return f"ShowsItsNumber({id(self)})"


@pytest.mark.parametrize("kind", [ShowsItsAddress, ShowsItsNumber])
def test_what_a_message_looks_like_is_not_what_happens(kind: type[Any]) -> None:
    def made(_: Random) -> Any:
        return kind()

    check_agent(Echo, messages=made, requests=made, runs=20)


def test_an_address_in_a_foreign_error_is_not_what_happens() -> None:
    check_agent(Refusing, requests=[ShowsItsAddress()], runs=20)


times: list[int] = []


class RefusesInOtherWords(Agent[Any]):
    async def handle(self, message: Any) -> None:
        times.append(1)
        raise Refusal(f"for the {len(times)}th time")


def test_other_words_are() -> None:
    with pytest.raises(LawBroken) as broken:
        check_agent(RefusesInOtherWords, requests=[ShowsItsAddress()])
    assert broken.value.number == 24
