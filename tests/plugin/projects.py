"""Test files that the plugin is tried on."""

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

AGENTS = """
import pytest
import trio
from exeunt import Agent, Request, start

class Add:
    pass

class Log(Agent[str]):
    async def handle(self, message):
        if message == "boom":
            raise ValueError(message)
"""

RACE = """
import pytest
import trio

async def deposit(account, amount):
    balance = account["balance"]
    await trio.lowlevel.checkpoint()
    account["balance"] = balance + amount

async def deposit_late(account, amount):
    for _ in range(2):  # by then the other must be done
        await trio.lowlevel.checkpoint()
    await deposit(account, amount)

async def deposit_twice(account):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(deposit, account, 1)
        nursery.start_soon(deposit_late, account, 2)
"""
