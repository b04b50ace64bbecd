"""Asking several agents the same, where those that lose really stop.

Made of `Handle.ask` and a nursery. Each ask has a task of its own, which reports to
the caller's; there all is judged, one arrival after the other.

Pekko has the first of these as tail chopping, and warns of the load that it makes. Here
the requests have to be linked: a loser's turn is cancelled and its end awaited, so what
is paid for in vain ends with the call.
"""

import inspect
import sys
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Any, Generic, TypeVar, cast

import attrs
import trio
from trio.lowlevel import disable_ki_protection, enable_ki_protection

from ._core.handle import Handle
from ._model.request import Request
from ._model.words import shown
from .exceptions import (
    AgentClosed,
    AgentCrashed,
    Deadlock,
    MailboxFull,
    MessageDropped,
    NotARequest,
    Refusal,
    TooFewAnswers,
)

R = TypeVar("R")

_Report = Callable[[], bool]  # notes what came of an ask; was it what is wanted?
_FAILURES = AgentClosed, AgentCrashed, Deadlock, MailboxFull, MessageDropped, Refusal


def anything(_answer: object) -> bool:
    """Accept every answer."""
    return True


async def hedge(
    handles: Sequence[Handle[Any]], request: Request[R], *, after: float
) -> R:
    """Ask one agent, and another one whenever the answer is slow; the first wins.

    When this returns or raises, nothing of the request is left: the turns of those
    that were asked in vain have been cancelled and have ended. Always a checkpoint.
    There is no timeout; put a cancel scope around it.

    Args:
        handles: whom to ask, in this order. An agent may be there twice.
        request: a `Request` that all of them handle, of a linked class.
        after: how many seconds an ask has to itself before the next agent is asked
            as well; an ask that fails makes room for the next at once.

    Returns:
        The first answer.

    Raises:
        TooFewAnswers: every ask has failed.
        NotARequest: *request* is no `Request`.
        TypeError: an argument is of the wrong kind, or *request* is not linked.
        ValueError: *handles* is empty, or *after* is out of range.
        WrongRun: called from another thread or another Trio run.

    Example::

        result = await hedge([near, far], Search("tragedies"), after=0.2)
    """
    _check(handles, request)
    _check_after(after)
    consultation = _Consultation(request, deque(handles), 1, anything, after)
    (answer,) = await consultation.hold(at_once=1)
    return answer


async def first_valid(
    handles: Sequence[Handle[Any]],
    request: Request[R],
    *,
    accept: Callable[[R], bool],
) -> R:
    """Ask all these agents at once and return the first answer that is acceptable.

    A `quorum` of one. Always a checkpoint.

    Args:
        handles: whom to ask. An agent may be there twice.
        request: a `Request` that all of them handle, of a linked class.
        accept: tells whether an answer is acceptable.

    Returns:
        The answer that was accepted.

    Raises:
        TooFewAnswers: no ask is left, and no answer was acceptable.
        Exception: whatever *accept* raised, as itself.
        NotARequest: *request* is no `Request`.
        TypeError: an argument is of the wrong kind, or *request* is not linked.
        ValueError: *handles* is empty.
        WrongRun: called from another thread or another Trio run.

    Example::

        result = await first_valid([near, far], Search("tragedies"), accept=bool)
    """
    (answer,) = await quorum(handles, request, count=1, accept=accept)
    return answer


async def quorum(
    handles: Sequence[Handle[Any]],
    request: Request[R],
    *,
    count: int,
    accept: Callable[[R], bool] = anything,
) -> list[R]:
    """Ask all these agents at once and return the first acceptable answers.

    As with `hedge`, nothing of the request is left when this returns or raises. Always
    a checkpoint.

    Args:
        handles: whom to ask. An agent may be there twice, and then has two votes.
        request: a `Request` that all of them handle, of a linked class.
        count: how many answers are wanted.
        accept: tells whether an answer is acceptable; called in the caller's task,
            for one answer after the other. Without it every answer is.

    Returns:
        The answers that were accepted, in the order in which they arrived.

    Raises:
        TooFewAnswers: as soon as so many answers cannot come together any more.
        Exception: whatever *accept* raised, as itself.
        NotARequest: *request* is no `Request`.
        TypeError: an argument is of the wrong kind, or *request* is not linked.
        ValueError: *handles* is empty, or *count* is out of range.
        WrongRun: called from another thread or another Trio run.

    Example::

        results = await quorum([near, far, remote], Search("tragedies"), count=2)
        assert results[0] == results[1]
    """
    _check(handles, request)
    _check_terms(count, len(handles), accept)
    consultation = _Consultation(request, deque(handles), count, accept)
    return await consultation.hold(at_once=len(handles))


@attrs.define(eq=False)
class _Consultation(Generic[R]):
    """One request to several agents, and what they have answered so far."""

    request: Request[R]
    to_ask: deque[Handle[Any]]
    count: int
    accept: Callable[[R], bool]
    after: float = inf
    pending: int = 0
    accepted: list[R] = attrs.field(factory=list[R])
    answers: list[R] = attrs.field(factory=list[R])
    errors: list[Exception] = attrs.field(factory=list[Exception])
    inlet: trio.MemorySendChannel[_Report] = attrs.field(init=False)
    outlet: trio.MemoryReceiveChannel[_Report] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.inlet, self.outlet = trio.open_memory_channel(len(self.to_ask))

    @enable_ki_protection
    async def hold(self, at_once: int) -> list[R]:
        """Ask *at_once* agents, the others as it becomes due, and see the losers off.

        Nothing comes out of the nursery: its tasks report what they meet, its block
        keeps what it raises, and the shield keeps a cancellation from outside from
        mixing with ours. That shield holds up nobody: all that is waited for is the
        end of linked turns, which no cancellation cuts any shorter.
        """
        error: BaseException | None = None
        with self.inlet, self.outlet:
            try:
                async with trio.open_nursery() as nursery:
                    try:
                        await self._gather(nursery, at_once)
                    except BaseException as raised:  # noqa: ASYNC103 - goes on below
                        error = raised
                    nursery.cancel_scope.shield = True
                    nursery.cancel_scope.cancel()
            except BaseExceptionGroup as group:  # a Ctrl-C while the losers leave
                error = group.exceptions[0]
        try:
            if error is not None:
                raise error
        finally:
            del error  # its traceback leads back here
        return self.accepted

    async def _gather(self, nursery: trio.Nursery, at_once: int) -> None:
        for _ in range(at_once):
            self._ask_next(nursery)
        while len(self.accepted) < self.count:
            if len(self.accepted) + self.pending + len(self.to_ask) < self.count:
                raise self._too_few()
            with trio.move_on_after(self.after if self.to_ask else inf):
                report = await self.outlet.receive()
                self.pending -= 1
                if report():
                    continue
            self._ask_next(nursery)

    def _ask_next(self, nursery: trio.Nursery) -> None:
        if self.to_ask:
            self.pending += 1
            nursery.start_soon(self._ask, self.to_ask.popleft())

    @enable_ki_protection
    async def _ask(self, handle: Handle[Any]) -> None:
        try:
            answer = await handle.ask(self.request)
        except Exception as error:
            self.inlet.send_nowait(partial(self._failed, error))
        else:
            self.inlet.send_nowait(partial(self._answered, answer))

    @disable_ki_protection  # for the sake of accept, which may be stuck
    def _answered(self, answer: R) -> bool:
        self.answers.append(answer)
        if not self.accept(answer):
            return False
        self.accepted.append(answer)
        return True

    def _failed(self, error: Exception) -> bool:
        if not isinstance(error, _FAILURES):
            raise error
        self.errors.append(error)
        return False

    def _too_few(self) -> TooFewAnswers:
        got, taken, failed = len(self.answers), len(self.accepted), len(self.errors)
        error = TooFewAnswers(
            f"too few answers to {shown(self.request)} from "
            f"{got + failed + self.pending} agents: wanted {self.count}, accepted "
            f"{taken}, not acceptable {got - taken}, failed asks {failed}",
            message=self.request,
            answers=tuple(self.answers),
            errors=tuple(self.errors),
        )
        error.__cause__ = self.errors[0] if self.errors else None
        return error


def _check(handles: object, request: object) -> None:
    if not isinstance(handles, Sequence):
        raise TypeError(f"whom to ask is a list of handles, not {shown(handles)}")
    asked = cast("Sequence[object]", handles)
    if not asked:
        raise ValueError("there is nobody to ask: give at least one handle")
    for each in asked:
        if not isinstance(each, Handle):
            raise TypeError(f"whom to ask are handles, got by start; not {shown(each)}")
    name = type(request).__name__
    if not isinstance(request, Request):
        raise NotARequest(
            f"cannot ask agents a {name}, which is no Request: "
            "send it, or derive its class from Request",
            message=request,
        )
    if not request.__linked__:
        raise TypeError(
            f"{name} is not linked, so the turns of those who lose would run on: "
            f"write 'class {name}(Request[...], linked=True)'"
        )


def _check_after(after: object) -> None:
    if not isinstance(after, (int, float)) or isinstance(after, bool):
        raise TypeError(f"after is a number of seconds, not {shown(after)}")
    if not 0 <= after <= sys.float_info.max:
        raise ValueError(f"after is finite and 0 or more seconds, not {after}")


def _check_terms(count: object, agents: int, accept: object) -> None:
    if not isinstance(count, int) or isinstance(count, bool):
        raise TypeError(f"count is a number of answers, an int, not {shown(count)}")
    if not 1 <= count <= agents:
        raise ValueError(f"count is 1 to {agents}, the number of handles, not {count}")
    is_async = inspect.iscoroutinefunction(accept)
    if is_async or not callable(accept):
        wrong = "an async one" if is_async else shown(accept)
        raise TypeError(f"accept is a function that judges at once, not {wrong}")
