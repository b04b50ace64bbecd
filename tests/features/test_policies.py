"""Overflow policies, beyond what is promised."""

from collections.abc import Hashable
from typing import Any

import pytest
import trio

from exeunt import Agent, start, start_soon


class Idler(Agent[str]):
    async def handle(self, message: str) -> None:
        """Do nothing with it."""


async def a_key(message: str) -> Hashable:
    return message


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"overflow": "spill"}, ValueError),
        ({"overflow": None}, ValueError),
        ({"overflow": "refuse", "capacity": 0}, ValueError),
        ({"overflow": "drop_newest", "capacity": 0}, ValueError),
        ({"overflow": "drop_oldest", "capacity": 0}, ValueError),
        ({"overflow": "latest", "key": str, "capacity": 0}, ValueError),
        ({"overflow": "latest"}, TypeError),
        ({"overflow": "latest", "key": "name"}, TypeError),
        ({"overflow": "latest", "key": a_key}, TypeError),
        ({"overflow": "drop_oldest", "key": str}, TypeError),
        ({"key": str}, TypeError),
        ({"key": str, "capacity": 0}, TypeError),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused_at_the_call(
    options: dict[str, Any], kind: type[Exception], nursery: trio.Nursery
) -> None:
    with pytest.raises(kind):
        await start(nursery, Idler, **options)
    with pytest.raises(kind):
        start_soon(nursery, Idler, **options)


async def test_wait_goes_with_a_capacity_of_0(nursery: trio.Nursery) -> None:
    async with await start(nursery, Idler, capacity=0, overflow="wait") as idler:
        await idler.send("a")
    assert idler.outcome is not None
    assert idler.outcome.ledger.handled == 1
