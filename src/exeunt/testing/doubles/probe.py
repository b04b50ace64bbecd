"""An agent that stands where another one would, and shows a test what it was told.

It is an agent like any other, so its handle is a real one: what the runtime promises,
and what type checkers know of handles, holds for a probe too.
"""

from collections.abc import Callable
from logging import Logger, getLogger
from typing import Any, Generic, TypeVar, cast, final, overload

import attrs
import trio

from ..._core.agent import Agent
from ..._core.ask import Reply
from ..._core.handle import Handle
from ..._core.setting import check_seconds
from ..._model.request import Request
from ..._model.words import shown
from ...exceptions import Refusal
from .expecting import (
    Answers,
    Arrival,
    Arrivals,
    Unexpected,
    called,
    check_kind,
    check_message,
    is_right,
)

M = TypeVar("M")
R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)
T = TypeVar("T")

log: Logger = getLogger("exeunt")


@final
@attrs.frozen
class Standing(Generic[R_contra]):
    """How one kind of requests is answered from now on. Got from `Probe.when`."""

    _answers: Answers
    _kind: type[Request[Any]]

    def send(self, value: R_contra) -> None:
        """Answer each with *value*.

        Args:
            value: the answer.
        """
        self._answers.say(self._kind, lambda reply: reply.send(value))

    def refuse(self, refusal: Refusal) -> None:
        """Answer each with *refusal*, which is raised in the asker.

        Args:
            refusal: why there is no answer.
        """
        self._answers.say(self._kind, lambda reply: reply.refuse(refusal))


@final
class Probe(Generic[M]):
    """A stand-in for an agent in a test: it takes every message, and keeps it.

    Give it to `exeunt.start`, or to a supervisor, like the class of an agent, and what
    that returns to the agent under test. Each message is expected in its turn. A
    request waits for its answer until the test gives one, by `reply_to`; or it is
    answered at once if the test has said how, by `when`. A probe that is stopped waits,
    like every agent, for the answers it still owes.

    There are no timeouts: a test that may wait in vain puts `trio.fail_after` around
    itself. When an expectation is given up, what did arrive is logged as a warning.

    Example::

        store = Probe[Set | Get]()
        service = await start(nursery, store, name="store")
        await service.send(Set(42))
        assert await store.expect(Set) == Set(42)
    """

    def __init__(self) -> None:
        self._agent: _Probing[M] | None = None
        self._arrivals = Arrivals()
        self._more = trio.Event()
        self._replies: list[tuple[object, Reply[Any]]] = []
        self._answers = Answers()

    def __repr__(self) -> str:
        return f"<Probe {self._name!r}>"

    def __call__(self) -> Agent[M]:
        """Make the agent; `exeunt.start` calls this."""
        self._agent = _Probing(self._take)
        return self._agent

    @property
    def handle(self) -> Handle[M]:
        """The probe's handle, as `exeunt.start` has returned it.

        Raises:
            RuntimeError: the probe has not been started.
        """
        return self._started.context.handle

    @property
    def received(self) -> tuple[M, ...]:
        """All messages so far, expected or not, in their order."""
        return tuple(arrival.message for arrival in self._arrivals.all)

    @overload
    async def expect(self) -> M: ...
    @overload
    async def expect(self, what: type[T]) -> T: ...
    @overload
    async def expect(self, what: Callable[[M], bool]) -> M: ...
    async def expect(self, what: Any = object) -> Any:
        """Wait for the next message, which should be such a one, and return it.

        A checkpoint. Every message is expected once, in the order of arrival.

        Args:
            what: a class, or a function that tells of a message whether it is the
                right one; if not given, any message is.

        Returns:
            The message.

        Raises:
            Unexpected: another message came instead; it is still the next one.
            TypeError: *what* is neither a class nor a function.

        Example::

            order = await store.expect(Set)
            with trio.fail_after(5):
                order = await store.expect(lambda message: message.value > 9)
        """
        __tracebackhide__ = True  # pytest need not show this
        if not callable(what):
            raise TypeError(
                f"expect takes a class, or a function of a message, not {what!r}"
            )
        message = (await self._next_for(what)).message
        if not is_right(what, message, self):
            raise Unexpected(
                f"{self!r} expected {called(what)}, and {shown(message)} came. "
                f"{self._arrivals}"
            )
        self._arrivals.taken += 1
        return message

    async def expect_nothing_for(self, seconds: float) -> None:
        """Wait so many *seconds*, in which no message should come.

        What came before and has not been expected counts too. A checkpoint.

        Args:
            seconds: how long, on Trio's clock, which in a test is best virtual.

        Raises:
            Unexpected: a message came; raised as soon as it is there.
            TypeError: *seconds* is no number.
            ValueError: *seconds* is negative or infinite.

        Example::

            await store.expect_nothing_for(60)
        """
        __tracebackhide__ = True  # pytest need not show this
        check_seconds("seconds", seconds)
        with trio.move_on_after(seconds):
            await self._next()
        came = self._arrivals.next
        if came is not None:
            raise Unexpected(
                f"{self!r} expected nothing for {seconds:g} s, and "
                f"{shown(came.message)} came. {self._arrivals}"
            )

    def reply_to(self, request: Request[R]) -> Reply[R]:
        """Take the reply to *request*, to settle it now or later, once.

        Args:
            request: the message that `expect` has returned.

        Returns:
            The reply, with ``send`` and ``refuse``.

        Raises:
            ValueError: it is no request that has come here and waits for its answer.
            TypeError: it is a class.

        Example::

            request = await store.expect(Get)
            store.reply_to(request).send(42)
        """
        __tracebackhide__ = True  # pytest need not show this
        check_message(request)
        for entry in self._replies:
            if entry[0] is request:
                self._replies.remove(entry)
                return entry[1]
        raise ValueError(
            f"{self!r} owes no answer to {shown(request)}: take the very request that "
            "expect() has returned, once, and answer no kind of them by when()"
        )

    def when(self, kind: type[Request[R]]) -> Standing[R]:
        """Say how each request of a kind is answered, from the next one on.

        They still arrive like others.

        Args:
            kind: a class of requests.

        Returns:
            What takes the answer, by ``send`` or ``refuse``.

        Raises:
            TypeError: *kind* is no class of requests.

        Example::

            store.when(Get).send(42)
        """
        __tracebackhide__ = True  # pytest need not show this
        check_kind(kind)
        return Standing(self._answers, kind)

    def _take(self, message: object, asked: bool, reply: Reply[Any] | None) -> None:
        self._arrivals.all.append(Arrival(message, asked))
        self._more.set()
        self._more = trio.Event()
        if reply is None:
            return
        answer = self._answers.to(message)
        if answer is None:
            self._replies.append((message, reply))
        else:
            answer(reply)

    @property
    def _started(self) -> "_Probing[M]":
        if self._agent is None:
            raise RuntimeError("the probe is no agent yet: await start(nursery, probe)")
        return self._agent

    @property
    def _name(self) -> str:
        return "not started" if self._agent is None else self._agent.context.name

    async def _next(self) -> Arrival:
        await trio.lowlevel.checkpoint()
        while (came := self._arrivals.next) is None:
            await self._more.wait()
        return came

    async def _next_for(self, what: object) -> Arrival:
        try:
            return await self._next()
        except trio.Cancelled:
            # TooSlowError comes out of the scope and has no room for the story.
            story = str(self._arrivals)  # as it is now
            log.warning("%r gave up expecting %s. %s", self, called(what), story)
            raise


class _Probing(Agent[M]):
    """The agent that a probe is."""

    __slots__ = ("_keep",)

    def __init__(self, keep: Callable[[object, bool, Reply[Any] | None], None]) -> None:
        self._keep = keep

    async def handle(self, message: M) -> None:
        """Keep the message, and put the answer off."""
        reply: Reply[Any] | None = None
        if isinstance(cast("object", message), Request):
            reply = self.context.defer(cast("Any", message))
        self._keep(message, self._life.turn is not message, reply)
