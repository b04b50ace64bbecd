"""What came out of an agent: sort it, and keep it as it was.

A handler with a nursery of its own can raise a failure and a cancellation in one
group, and a lifespan with a nursery wraps whatever passes through it. So exceptions
are never judged by their type alone, but by their leaves.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import trio

from .._model.lifecycle import Event
from ..exceptions import Refusal


def event_for(error: BaseException | None) -> Event:
    """Return what *error*, coming out of an agent, means for its life."""
    if error is None:
        return Event.DRAINED
    failure = without_cancelled(error)
    if failure is None:
        return Event.CANCEL
    return Event.CRASH if isinstance(failure, Exception) else Event.KILL


def without_cancelled(error: BaseException) -> BaseException | None:
    """Return what is left of *error* when every `trio.Cancelled` is taken out."""
    if isinstance(error, trio.Cancelled):
        return None
    group = as_group(error)
    if group is None:
        return error
    cancelled, rest = group.split(trio.Cancelled)
    return error if cancelled is None else rest  # rest may be a copy even then


def lone_refusal(error: BaseException) -> Refusal | None:
    """Return the refusal in *error*, if there is no other failure in it.

    A refusal raised inside a nursery of the handler's comes out in a group, together
    with a cancellation if there was one; whoever cancelled will see to that.
    """
    failure = without_cancelled(error)
    found = [] if failure is None else list(leaves(failure))
    only = found[0] if len(found) == 1 else None
    return only if isinstance(only, Refusal) else None


def left_after_cleanup(
    error: BaseException | None, raised: BaseException
) -> BaseException:
    """Return what leaves the agent when leaving lifespan has *raised*.

    *error* is what lifespan was left with. If only that comes back, however wrapped,
    it is *error* itself that goes on: exceptions never gain layers on their way. A new
    one takes its place, as in any context manager, unless that would lose a Ctrl-C.
    The one that gives way is the context of the other.
    """
    new = without_cancelled(raised)
    if new is None:
        return raised if error is None else error
    if error is not None and {*map(id, leaves(new))} <= {*map(id, leaves(error))}:
        return error
    first, second = new, error
    if error is not None and event_for(error) is Event.KILL:
        first, second = error, new
    with suppress(Exception):  # an exception may refuse to have a context
        if first.__context__ is None and first not in _contexts(second):
            first.__context__ = second
    return first


def _contexts(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__context__
    return found


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Go through what is in *error*, if it is a group, or *error* alone."""
    group = as_group(error)
    if group is None:
        yield error
    else:
        for each in group.exceptions:
            yield from leaves(each)


def as_group(error: BaseException) -> BaseExceptionGroup[BaseException] | None:
    """Return *error*, if it is a group."""
    if isinstance(error, BaseExceptionGroup):
        # Type checkers do not know what is in a group that they were not told of.
        return cast("BaseExceptionGroup[BaseException]", error)
    return None


def alone(error: BaseException) -> BaseException:
    """Return what is in a group of one; anything else as it is."""
    found = [*leaves(error)]
    return found[0] if len(found) == 1 else error
