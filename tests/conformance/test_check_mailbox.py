"""Trio's channel and every policy of an agent's mailbox keep the laws of mailboxes."""

from random import Random
from typing import Any

import attrs
import pytest
import trio
from wrong_mailboxes import CAPACITY, WRONG, pair

from exeunt.testing import LawBroken, check_mailbox

POLICIES = ("wait", "refuse", "drop_newest", "drop_oldest", "latest")


@attrs.frozen
class Price:
    of: str
    cents: int


def a_price(random: Random) -> Price:
    return Price(random.choice("abcd"), random.randrange(100))


def of(price: Price) -> str:
    return price.of


@pytest.mark.parametrize("capacity", [0, 1, 3])
def test_a_memory_channel_keeps_the_laws(capacity: int) -> None:
    def channel() -> Any:
        return trio.open_memory_channel[Any](capacity)

    kept = check_mailbox(channel, capacity=capacity, runs=30)
    assert [law.number for law in kept.laws] == [1, 2, 3, 4, 21]
    assert kept.name == "channel"
    assert kept.messages > 50


@pytest.mark.parametrize("capacity", [1, 3])
@pytest.mark.parametrize("overflow", POLICIES)
def test_every_policy_keeps_the_laws(overflow: Any, capacity: int) -> None:
    key = of if overflow == "latest" else None
    kept = check_mailbox(
        capacity=capacity, overflow=overflow, key=key, messages=a_price, runs=30
    )
    assert kept.messages > 50


def test_a_rendezvous_keeps_the_laws() -> None:
    check_mailbox(capacity=0, runs=30)


def test_what_is_behind_the_wrong_ones_is_right() -> None:
    check_mailbox(pair, capacity=CAPACITY)


@pytest.mark.parametrize("name", WRONG)
def test_the_law_finds_the_mailbox(name: str) -> None:
    maker, law = WRONG[name]
    with pytest.raises(LawBroken) as broken:
        check_mailbox(maker, capacity=CAPACITY)
    assert broken.value.number == law


def test_a_key_that_depends_on_more_than_the_message_is_found() -> None:
    asked: list[Price] = []

    def moody(price: Price) -> int:
        asked.append(price)
        return len(asked) % 2

    with pytest.raises(LawBroken):
        check_mailbox(capacity=2, overflow="latest", key=moody, messages=a_price)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"capacity": -1}, ValueError, "capacity is 0 or more messages, not -1"),
        ({"overflow": "burst"}, ValueError, "overflow is one of 'wait', 'refuse'"),
        ({"overflow": "latest"}, TypeError, "overflow='latest' needs key="),
        ({"runs": 0}, ValueError, "runs is 1 or more, not 0"),
        ({"maker": 3}, TypeError, "maker is a function that returns two ends, not 3"),
        (
            {"maker": lambda: 3},
            TypeError,
            "maker returned 3, and not a send end with a receive end",
        ),
    ],
)
def test_who_gives_it_nonsense_is_told(
    options: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as raised:
        check_mailbox(**options)
    assert text in str(raised.value)
