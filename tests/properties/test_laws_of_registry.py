"""Laws of the registry: who is found is there, and who waits finds who comes."""

from contextlib import suppress
from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Handle, Key, Registry, start
from exeunt.exceptions import AgentClosed
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

KEYS = [Key[None]("first"), Key[None]("second")]


class Idler(Agent[None]):
    async def handle(self, message: None) -> None:
        """Never called."""


@attrs.frozen
class Career:
    """One agent: when it is put under which key, is taken out, and leaves."""

    key: int
    put: int
    remove: int | None  # seconds after the put
    leave: int  # seconds after the start


@attrs.frozen
class Search:
    """One wait: for which key, when, and for how long."""

    key: int
    begins: int
    patience: int


@attrs.define
class Wait:
    """A wait that is under way, and who was put under its key meanwhile."""

    key: Key[None]
    deadline: float
    came: list[Handle[None]] = attrs.field(factory=list)
    came_in_time: bool = False

    def note(self, handle: Handle[None]) -> None:
        self.came.append(handle)
        # On the stroke of its deadline it may have been cancelled already.
        self.came_in_time |= trio.current_time() < self.deadline


@attrs.define
class Scene:
    registry: Registry
    holders: dict[Key[None], Handle[None]] = attrs.field(factory=dict)
    pending: dict[int, "Wait"] = attrs.field(factory=dict)

    def check(self) -> None:
        """Hold the registry against what has been done to it."""
        there = {key: it for key, it in self.holders.items() if not it.closed}
        assert {key: self.registry.find(key) for key in self.registry} == there
        assert len(self.registry) == len(there)


async def perform(
    careers: list[Career], searches: list[Search], closes: int | None
) -> Scene:
    scene = Scene(Registry())
    async with trio.open_nursery() as nursery:
        for number, search in enumerate(searches):
            nursery.start_soon(look, scene, number, search)
        for career in careers:
            nursery.start_soon(appear, scene, career, nursery)
        await trio.sleep(50 if closes is None else closes)
        scene.registry.close()
        scene.holders.clear()
        scene.check()
    assert not scene.pending
    return scene


async def appear(scene: Scene, career: Career, nursery: trio.Nursery) -> None:
    handle = await start(nursery, Idler)
    nursery.start_soon(leave_after, handle, career.leave)
    await trio.sleep(career.put)
    key = KEYS[career.key]
    taken = key in scene.registry
    try:
        scene.registry.put(key, handle)
    except AgentClosed:
        assert handle.closed
        return
    except ValueError:
        assert taken
        return
    except trio.ClosedResourceError:
        return
    scene.holders[key] = handle
    for wait in scene.pending.values():
        if wait.key is key:
            wait.note(handle)
    scene.check()
    if career.remove is not None:
        await trio.sleep(career.remove)
        if scene.registry.find(key) is handle:
            assert scene.registry.remove(key)
            del scene.holders[key]
        scene.check()


async def leave_after(handle: Handle[Any], seconds: int) -> None:
    await trio.sleep(seconds)
    await handle.aclose()


async def look(scene: Scene, number: int, search: Search) -> None:
    await trio.sleep(search.begins)
    key = KEYS[search.key]
    there = scene.registry.find(key)
    wait = Wait(key, trio.current_time() + search.patience)
    scene.pending[number] = wait
    got: Handle[None] | None = None
    with trio.move_on_after(search.patience), suppress(trio.ClosedResourceError):
        got = await scene.registry.wait(key)
    del scene.pending[number]
    if got is None:
        assert there is None
        assert not wait.came_in_time
    else:
        assert got is (wait.came[0] if there is None else there)


CAREERS = st.lists(
    st.builds(
        Career,
        key=st.integers(0, 1),
        put=st.integers(0, 3),
        remove=st.none() | st.integers(0, 2),
        leave=st.integers(0, 6),
    ),
    max_size=5,
)
SEARCHES = st.lists(
    st.builds(
        Search,
        key=st.integers(0, 1),
        begins=st.integers(0, 3),
        patience=st.sampled_from((1, 3, 60)),
    ),
    max_size=5,
)


@law(
    "registry: who is found is there",
    careers=CAREERS,
    searches=SEARCHES,
    closes=st.none() | st.integers(0, 6),
    schedule=schedules(),
)
def test_who_is_found_is_there_and_who_waits_finds_who_comes(
    careers: list[Career],
    searches: list[Search],
    closes: int | None,
    schedule: Schedule,
) -> None:
    schedule.run(perform, careers, searches, closes)
