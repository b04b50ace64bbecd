"""Ask a provider no more than it allows and bears. Callers wait in their own tasks."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from math import inf

import attrs
import trio

from .aimd import Width
from .bucket import Bucket
from .errors import Busy, ModelError, Refused
from .model import Answer, Model, Pieces, Prompt
from .pieces import Piece, Tapped
from .wire import estimate


@attrs.frozen
class Traffic:
    """What a `Limited` model is at.

    Attributes:
        running: How many calls are with the model.
        waiting: How many wait in the line for their turn.
        at_once: How many may be with the model at the moment.
        requests: How many requests the provider allows now, if that is limited.
        tokens: How many tokens it allows now; less than nothing if an answer took more
            than was thought.

    """

    running: int
    waiting: int
    at_once: int
    requests: float | None
    tokens: float | None


@attrs.define(eq=False)
class _Call:
    """One call, and what is known of the tokens that it takes."""

    prompt_tokens: int
    max_tokens: int
    halvings: int = 0  # what there were when it began
    pieces: int = 0
    answer: Answer | None = None
    turned_away: bool = False

    @property
    def reserved(self) -> int:
        return self.prompt_tokens + self.max_tokens

    @property
    def used(self) -> int:
        if self.answer is not None:
            return self.answer.usage.total
        if self.turned_away:
            return 0
        if self.pieces:  # a stream that was left; providers send a token a piece
            return min(self.prompt_tokens + self.pieces, self.reserved)
        return self.reserved  # nobody knows, and the provider may have used them

    def see(self, piece: Piece) -> None:
        if isinstance(piece, str):
            self.pieces += 1
        else:
            self.answer = piece


@attrs.define(eq=False)
class Limited:
    """A model that is asked no more than its provider allows.

    Calls wait in one line, first come, first served, until there is a place, a request
    and enough tokens for the first of them; so nobody is overtaken. A call reserves the
    tokens of its prompt, as estimated, and its ``max_tokens``. What it did not use is
    given back when it ends. A whole answer that is cancelled keeps all of them, since
    nobody knows how far it was; a stream keeps what it has handed out. A stream has its
    place until its block ends.

    If the model raises `Busy`, half as many calls may run from then on, but always one;
    successes add to that again, see `Width`. `Busy` is raised nevertheless: put a
    `Retrying` around it to ask again, which then waits for its turn like everybody.

    Args:
        model: Whom to ask.
        at_once: How many calls there may be at once, at the most and to begin with.
        requests_per_minute: How many requests flow into the bucket from which they are
            taken; it holds a minute's worth. None for no limit.
        tokens_per_minute: The same for tokens. A call that needs more than the bucket
            holds has its turn when that is full.

    Raises:
        ValueError: A limit is not positive.

    Example::

        modest = Limited(model, at_once=4, requests_per_minute=60)
        answer = await modest.complete(prompt)

    """

    model: Model
    _width: Width = attrs.field(alias="at_once", converter=Width, kw_only=True)
    _requests: Bucket | None = attrs.field(
        alias="requests_per_minute",
        default=None,
        converter=attrs.converters.optional(Bucket),
        kw_only=True,
    )
    _tokens: Bucket | None = attrs.field(
        alias="tokens_per_minute",
        default=None,
        converter=attrs.converters.optional(Bucket),
        kw_only=True,
    )
    _running: int = attrs.field(default=0, init=False)
    # Whoever holds the lock is the first in the line; the lot is for him alone.
    _line: trio.StrictFIFOLock = attrs.field(factory=trio.StrictFIFOLock, init=False)
    _news: trio.lowlevel.ParkingLot = attrs.field(
        factory=trio.lowlevel.ParkingLot, init=False
    )

    @property
    def name(self) -> str:
        """What the provider calls the model inside."""
        return self.model.name

    def statistics(self) -> Traffic:
        """Return what is going on, exactly and at this moment."""
        now = trio.current_time()
        line = self._line.statistics()
        return Traffic(
            running=self._running,
            waiting=line.tasks_waiting + line.locked,
            at_once=self._width.calls,
            requests=self._requests.left(now) if self._requests else None,
            tokens=self._tokens.left(now) if self._tokens else None,
        )

    async def complete(self, prompt: Prompt) -> Answer:
        """Answer, whole, after waiting for the turn.

        Raises:
            ModelError: The model's own.

        """
        async with self._turn(prompt) as call:
            call.answer = await self.model.complete(prompt)
            return call.answer

    @asynccontextmanager
    async def stream(self, prompt: Prompt) -> AsyncGenerator[Pieces]:
        """Answer piece by piece, after waiting for the turn.

        Raises:
            ModelError: The model's own.

        """
        async with self._turn(prompt) as call, self.model.stream(prompt) as pieces:
            yield Tapped(pieces, call.see)

    @asynccontextmanager
    async def _turn(self, prompt: Prompt) -> AsyncGenerator[_Call]:
        call = _Call(estimate(prompt, "").prompt_tokens, prompt.max_tokens)
        await self._begin(call)
        try:
            yield call
        except (Busy, Refused) as error:
            # Later than that it is somebody else's, who is asked in the block.
            if not call.pieces and call.answer is None:
                self._turned_away(call, error)
            raise
        finally:
            self._end(call)

    async def _begin(self, call: _Call) -> None:
        async with self._line:
            while seconds := self._wait(call):
                with trio.move_on_after(seconds):
                    await self._news.park()
            now = trio.current_time()
            if self._requests:
                self._requests.reserve(1, now)
                self._requests.settle(1, used=1, now=now)
            if self._tokens:
                self._tokens.reserve(call.reserved, now)
            call.halvings = self._width.halvings
            self._running += 1

    def _wait(self, call: _Call) -> float:
        """Return for how many seconds there is nothing for the first in the line."""
        if self._running >= self._width.calls:
            return inf
        now = trio.current_time()
        return max(
            self._requests.wait(1, now) if self._requests else 0.0,
            self._tokens.wait(call.reserved, now) if self._tokens else 0.0,
        )

    def _turned_away(self, call: _Call, error: ModelError) -> None:
        call.turned_away = True
        if isinstance(error, Busy):
            self._width.busy(since=call.halvings, running=self._running)

    def _end(self, call: _Call) -> None:
        if call.answer is not None:
            self._width.succeeded(running=self._running)
        if self._tokens:
            now = trio.current_time()
            self._tokens.settle(call.reserved, used=call.used, now=now)
        self._running -= 1
        self._news.unpark_all()
