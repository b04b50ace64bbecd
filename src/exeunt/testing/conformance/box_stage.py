"""Those who play a scene with a mailbox."""

from collections.abc import Awaitable, Callable
from math import inf

import attrs
import trio

from .boxes import Box
from .play import Entry, Play, Result

_PATIENCE = 1000.0  # virtual seconds


@attrs.define(eq=False)
class BoxStage:
    """The place where a scene is played once."""

    box: Box
    play: Play
    began: float = attrs.field(factory=trio.current_time)
    inside: list[int] = attrs.field(factory=list[int])  # offered, and not taken
    receiving: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def note(self, what: str, number: int | None = None, detail: object = None) -> None:
        """Write an event down."""
        at = trio.current_time() - self.began
        self.play.entries.append(Entry(what, number, detail, at))

    async def perform(self) -> None:
        """Play."""
        async with trio.open_nursery() as cast:
            ready = trio.Event()
            cast.start_soon(self._receive, ready)
            await ready.wait()
            with trio.move_on_after(_PATIENCE) as patience:
                async with trio.open_nursery() as others:
                    for sender in sorted({x.sender for x in self.play.scene.lines}):
                        others.start_soon(self._speak, sender)
                    for end in self.play.scene.ends:
                        closing = self.box.close_sending
                        if end.way == "cancel":
                            closing = self.box.close_receiving
                        others.start_soon(self._close, end.way, end.at, closing)
            if patience.cancelled_caught:
                self.note("stuck")
            await self._close("stop", 0, self.box.close_sending)
            await trio.sleep(_PATIENCE)
            cast.cancel_scope.cancel()
        self.play.outcome = self.box.outcome

    async def _receive(self, ready: trio.Event) -> None:
        await self.box.receive(self._take, ready)
        self.note("drained")

    async def _take(self, message: object) -> None:
        number = next((n for n in self.inside if self.play.message(n) is message), None)
        self.note("taken", number, message)
        if number is not None:
            self.inside.remove(number)
            slow = self.play.line(number).slow
            if slow is not None:
                await trio.sleep(slow)

    async def _close(
        self, way: str, at: float, close: Callable[[], Awaitable[None]]
    ) -> None:
        if at:
            await trio.sleep(at)
        self.note(way)
        await close()

    async def _speak(self, sender: int) -> None:
        for number, line in enumerate(self.play.scene.lines):
            if line.sender != sender:
                continue
            if line.after:
                await trio.sleep(line.after)
            self.note("offered", number)
            self.inside.append(number)
            result = Result("left")
            with trio.move_on_after(inf if line.patience is None else line.patience):
                result = await self._brought(line.way, line.message)
            if result.what != "accepted" and number in self.inside:
                self.inside.remove(number)
            self.play.results[number] = result
            self.note(result.what, number, result.value)

    async def _brought(self, way: str, message: object) -> Result:
        try:
            if way == "send":
                await self.box.send(message)
            else:
                self.box.send_nowait(message)
        except Exception as error:
            return Result("refused", error)
        return Result("accepted")
