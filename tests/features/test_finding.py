"""Keys and registries, beyond what is promised."""

import gc
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Key, Registry, start

FIRST, SECOND = Key[str]("first"), Key[str]("second")


class Idler(Agent[str]):
    async def handle(self, message: str) -> None:
        """Do nothing with it."""


async def test_a_registry_is_a_collection_of_keys(nursery: trio.Nursery) -> None:
    registry = Registry()
    async with await start(nursery, Idler) as idler:
        registry.put(SECOND, idler)
        registry.put(FIRST, idler)
        assert [*registry] == [SECOND, FIRST]
        assert FIRST in registry
        assert "first" not in registry
        for key in registry:
            registry.remove(key)
        assert len(registry) == 0


async def test_nothing_is_kept_of_waits_that_are_over() -> None:
    registry = Registry()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(registry.wait, FIRST)
        await wait_all_tasks_blocked()
        assert len(registry._awaited) == 1
        nursery.cancel_scope.cancel()
    gc.collect()
    assert len(registry._awaited) == 0


async def test_nothing_is_kept_with_an_agent_that_was_taken_out(
    nursery: trio.Nursery,
) -> None:
    registry = Registry()
    idler = await start(nursery, Idler)
    for _ in range(3):
        registry.put(FIRST, idler)
        registry.remove(FIRST)
    registry.put(FIRST, idler)
    registry.close()
    assert not idler._life.watchers
    idler.stop()


async def test_an_agent_that_puts_itself_there_can_be_started_again() -> None:
    registry = Registry()
    async with trio.open_nursery() as nursery:
        idler = await start(nursery, Idler)
        for _ in range(2):
            registry.put(FIRST, idler)
        await idler.aclose()
        successor = await start(nursery, Idler)
        registry.put(FIRST, successor)
        assert registry.find(FIRST) is successor
        successor.stop()


@pytest.mark.parametrize("key", ["log", None, Key])
async def test_only_a_key_is_a_key(key: Any, nursery: trio.Nursery) -> None:
    registry = Registry()
    async with await start(nursery, Idler) as idler:
        with pytest.raises(TypeError):
            registry.put(key, idler)
    with pytest.raises(TypeError):
        registry.find(key)
    with pytest.raises(TypeError):
        registry.remove(key)
    with pytest.raises(TypeError):
        await registry.wait(key)
