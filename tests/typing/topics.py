"""What type checkers have to know of policies, names and topics. Checked, never run."""

from collections.abc import Hashable
from contextlib import AbstractContextManager
from typing import assert_type

import attrs
import trio

from exeunt import Agent, Handle, Key, Registry, Subscription, Topic, start


@attrs.frozen
class Price:
    of: str


class Board(Agent[Price]):
    async def handle(self, message: Price) -> None:
        pass


PRICES = Key[Price]("prices")
WORDS = Key[str]("words")


def thing(price: Price) -> Hashable:
    return price.of


async def policies(nursery: trio.Nursery) -> None:
    board = await start(nursery, Board, overflow="latest", key=thing)
    assert_type(board, Handle[Price])
    await start(nursery, Board, overflow="spill")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def names(registry: Registry, board: Handle[Price], words: Handle[str]) -> None:
    registry.put(PRICES, board)
    registry.put(PRICES, words)  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
    registry.put("prices", board)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(registry.find(PRICES), Handle[Price] | None)
    assert_type(await registry.wait(WORDS), Handle[str])
    assert_type(registry.remove(PRICES), bool)
    for key in registry:
        assert_type(key.name, str)


async def telling(topic: Topic[Price]) -> None:
    topic.publish_nowait(Price("tea"))
    await topic.publish(Price("tea"))
    await topic.publish("tea")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    topic.subscribe(overflow="refuse")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    subscribed = topic.subscribe(overflow="latest", key=thing)
    assert_type(subscribed, AbstractContextManager[Subscription[Price]])
    with topic.subscribe(capacity=1) as subscription:
        assert_type(subscription, Subscription[Price])
        assert_type(await subscription.receive(), Price)
        assert_type(subscription.lag, int)
        async for price in subscription:
            assert_type(price, Price)


def widening(subscription: Subscription[Price]) -> Subscription[object]:
    # Who listens may expect less.
    return subscription
