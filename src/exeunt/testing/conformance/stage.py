"""Those who play a scene with a user's agent, however badly it behaves.

Whoever waits loses patience some time, and says so in the record. So a play ends, even
if the agent does not: then its tasks are woken with an error that they do not expect.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from math import inf
from typing import Any

import attrs
import outcome
import trio
from trio.lowlevel import Task, add_instrument, remove_instrument, reschedule

from ..._core.agent import Agent
from ..._core.audience import looking_on
from ..._core.front import Front
from ..._core.handle import Handle
from ..._core.setting import name_of
from ..._core.start import start_soon
from ...supervision.opening import open_supervisor
from .acting import Acting, Notes
from .laws import Kind
from .offspring import Offspring
from .play import Play
from .scene import End
from .senders import said
from .watching import Evicted, watched


class Unfit(TypeError):
    """What the factory makes cannot be checked."""


@attrs.frozen
class Setting:
    """How the agent is started, and how it is watched."""

    factory: Callable[[], Agent[Any]]
    supervised: bool = False
    cleanup: float = 5.0
    patience: float = 1000.0  # virtual seconds that anybody waits for anything
    crashes: tuple[type[BaseException], ...] = ()  # what handlers raise by design


@attrs.define(eq=False)
class Stage:
    """The place where a scene is played once."""

    setting: Setting
    kind: Kind
    play: Play
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    offspring: Offspring = attrs.field(init=False)
    notes: Notes = attrs.field(init=False)
    acting: Acting = attrs.field(init=False)

    async def perform(self) -> None:
        """Play."""
        with looking_on() as self.play.lives:
            self.offspring = Offspring(self.play.lives)
            self.notes = Notes(self.play, self.kind, self.offspring)
            self.acting = Acting(self.notes, self.setting.cleanup)
            add_instrument(self.offspring)
            try:
                async with trio.open_nursery() as cast:
                    begun = trio.Event()
                    cast.start_soon(self._hold, begun)
                    await begun.wait()
                    handle = self.play.life.handle
                    cast.start_soon(self._see_off, handle)
                    self.play.cut = partial(self._cancel, "cancel", handle.cancel)
                    await self._talk(handle)
                    await self._end(handle)
            finally:
                remove_instrument(self.offspring)

    async def _hold(self, begun: trio.Event) -> None:
        """Let the agent live in a nursery of its own, and keep what comes out of it."""
        make = partial(self._made, self.setting.factory)
        options = {
            "name": name_of(self.setting.factory),
            "capacity": self.play.scene.capacity,
            "cleanup": self.setting.cleanup,
        }
        try:
            with self.scope:
                async with self._house() as start:
                    handle = start(make, **options)
                    begun.set()
                    await handle.wait_closed()
        except BaseExceptionGroup as group:
            crashed, others = group.split(Exception)
            self.play.crashes += () if crashed is None else crashed.exceptions
            if others is not None and others.split(Evicted)[1] is not None:
                raise others from None

    @asynccontextmanager
    async def _house(self) -> AsyncGenerator[Callable[..., Handle[Any]]]:
        if self.setting.supervised:
            async with open_supervisor() as supervisor:
                yield supervisor.start_soon
        else:
            async with trio.open_nursery() as nursery:
                yield partial(start_soon, nursery)

    def _made(self, factory: Callable[[], Agent[Any]]) -> Agent[Any]:
        agent = factory()
        if not isinstance(agent, Agent):
            raise Unfit(f"the factory returned {agent!r}; it has to return an Agent")
        if isinstance(agent, Front):
            raise Unfit(f"{agent!r} has no turns of its own: check its workers' class")
        goodbye = self.kind in {"hosting", "overrunning"}
        return watched(agent, self.acting, always_at_length=goodbye)

    async def _talk(self, handle: Handle[Any]) -> None:
        """Have everybody say their lines and end the agent, as the scene says."""
        lines = self.play.scene.lines
        with trio.move_on_after(self.setting.patience) as patience:
            async with trio.open_nursery() as others:
                for sender in sorted({line.sender for line in lines}):
                    others.start_soon(self._speak, sender, handle)
                for at in sorted({end.at for end in self.play.scene.ends}):
                    others.start_soon(self._end_at, at, handle)
        if patience.cancelled_caught:
            self.acting.note("stuck")

    async def _speak(self, sender: int, handle: Handle[Any]) -> None:
        for number, line in enumerate(self.play.scene.lines):
            if line.sender != sender:
                continue
            if line.after:
                await trio.sleep(line.after)
            self.acting.note("offered", number)
            self.notes.waiting.append(number)
            asked = line.way in {"ask", "stream"}
            self.notes.asking += asked
            try:
                patience = inf if line.patience is None else line.patience
                result = await said(line, handle, patience)
            finally:
                self._stop_asking(asked)
            # Who left an ask does not know whether it will be handled; it must not.
            unknown = result.what == "left" and asked
            if (
                result.what != "accepted"
                and not unknown
                and number in self.notes.waiting
            ):
                self.notes.waiting.remove(number)
            self.play.results[number] = result
            self.acting.note(result.what, number, result.value)

    def _stop_asking(self, asked: bool) -> None:
        self.notes.asking -= asked
        if not self.notes.asking:
            self.notes.quiet.set()
            self.notes.quiet = trio.Event()

    async def _end_at(self, at: float, handle: Handle[Any]) -> None:
        await trio.sleep(at)
        async with trio.open_nursery() as closing:
            for end in self.play.scene.ends:
                if end.at == at:
                    self._ask_to_end(end, handle, closing)

    def _ask_to_end(self, end: End, handle: Handle[Any], closing: trio.Nursery) -> None:
        match end.way:
            case "stop":
                self.acting.note("stop")
                handle.stop()
            case "cancel":
                self._cancel("cancel", partial(handle.cancel, "the scene says so"))
            case "outer_cancel":
                self._cancel("outer_cancel", self.scope.cancel)
            case "aclose" | "short_aclose":
                closing.start_soon(self._aclose, handle, end.way == "short_aclose")

    def _cancel(self, what: str, cancel: Callable[[], None]) -> None:
        # Within a supervisor everybody waits for their turn to be cancelled.
        at_once = what != "outer_cancel" or not self.setting.supervised
        if at_once and self.notes.cancelled_at is None:
            self.notes.cancelled_at = trio.current_time()
        self.acting.note(what)
        cancel()

    async def _aclose(self, handle: Handle[Any], short: bool) -> None:
        self.acting.note("stop")
        with trio.move_on_after(1 if short else inf) as patience:
            try:
                await handle.aclose()
            finally:
                if patience.cancel_called and self.play.cancelled is None:
                    self.acting.note("impatience")

    async def _end(self, handle: Handle[Any]) -> None:
        """Stop the agent; if it stays, cancel it; if it stays, evict it."""
        self.acting.note("curtain")
        handle.stop()
        if await self._has_left(handle):
            return
        self.acting.note("still there")
        if self.notes.cancelled_at is None:
            self.notes.cancelled_at = trio.current_time()
            self.acting.note("cancel")
        handle.cancel("it did not leave when it was stopped")
        if await self._has_left(handle):
            return
        self.acting.note("never left")
        self.scope.cancel()
        while not await self._has_left(handle):
            for task in (self.play.life.task, *self.offspring.alive):
                _evict(task)

    async def _has_left(self, handle: Handle[Any]) -> bool:
        with trio.move_on_after(self.setting.patience):
            await handle.wait_closed()
        return handle.closed

    async def _see_off(self, handle: Handle[Any]) -> None:
        self.play.outcome = await handle.wait_closed()
        self.acting.note("closed")
        self.play.stayed = [task.name for task in self.offspring.alive]
        if self.play.stayed:
            self.scope.cancel()


def _evict(task: Task | None) -> None:
    with suppress(AssertionError):  # it is about to run
        if task is not None:
            reschedule(task, outcome.Error(Evicted()))
