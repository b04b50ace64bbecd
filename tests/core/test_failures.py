"""Sorting what comes out of an agent."""

import pytest
import trio

from exeunt._core.failures import (
    event_for,
    left_after_cleanup,
    lone_refusal,
    without_cancelled,
)
from exeunt._model.lifecycle import Event
from exeunt.exceptions import Refusal, ReplyDropped


def _cancelled() -> trio.Cancelled:
    """Return a real `trio.Cancelled`; it cannot be made, so it is caught."""
    caught: list[trio.Cancelled] = []

    async def main() -> None:
        with trio.CancelScope() as scope:
            scope.cancel()
            try:
                await trio.lowlevel.checkpoint()
            except trio.Cancelled as error:
                caught.append(error)
                raise

    trio.run(main)
    return caught[0]


CANCELLED = _cancelled()
VALUE, KEY = ValueError(), KeyError()
CTRL_C = KeyboardInterrupt()
REFUSAL = Refusal()


def group(*errors: BaseException) -> BaseExceptionGroup[BaseException]:
    return BaseExceptionGroup("", errors)


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (None, Event.DRAINED),
        (CANCELLED, Event.CANCEL),
        (group(CANCELLED, group(CANCELLED)), Event.CANCEL),
        (VALUE, Event.CRASH),
        (group(VALUE), Event.CRASH),
        (group(CANCELLED, VALUE), Event.CRASH),
        (REFUSAL, Event.CRASH),
        (CTRL_C, Event.KILL),
        (SystemExit(), Event.KILL),
        (GeneratorExit(), Event.KILL),
        (group(CANCELLED, group(VALUE, CTRL_C)), Event.KILL),
    ],
)
def test_what_an_error_means_for_the_life(
    error: BaseException | None, event: Event
) -> None:
    assert event_for(error) is event


def test_without_cancelled_keeps_the_very_error() -> None:
    assert without_cancelled(VALUE) is VALUE
    assert without_cancelled(CTRL_C) is CTRL_C
    assert without_cancelled(CANCELLED) is None
    assert without_cancelled(group(CANCELLED)) is None


def test_without_cancelled_takes_it_out_of_every_depth() -> None:
    left = without_cancelled(group(CANCELLED, VALUE, group(CANCELLED, KEY)))
    assert isinstance(left, ExceptionGroup)
    value, inner = left.exceptions
    assert value is VALUE
    assert isinstance(inner, ExceptionGroup)
    assert inner.exceptions == (KEY,)


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (REFUSAL, REFUSAL),
        (group(group(REFUSAL)), REFUSAL),
        (group(REFUSAL, REFUSAL), None),
        (group(REFUSAL, VALUE), None),
        (group(REFUSAL, CANCELLED), REFUSAL),
        (CANCELLED, None),
        (group(VALUE), None),
        (VALUE, None),
    ],
)
def test_a_lone_refusal(error: BaseException, refusal: Refusal | None) -> None:
    assert lone_refusal(error) is refusal


def test_a_dropped_reply_is_a_refusal() -> None:
    dropped = ReplyDropped("")
    assert lone_refusal(dropped) is dropped


@pytest.mark.parametrize(
    ("error", "raised", "left"),
    [
        # The lifespan was left without an error.
        (None, VALUE, VALUE),
        (None, CANCELLED, CANCELLED),
        # What comes back is what went in, however wrapped.
        (VALUE, VALUE, VALUE),
        (VALUE, group(VALUE), VALUE),
        (VALUE, group(CANCELLED, group(VALUE)), VALUE),
        (CANCELLED, group(CANCELLED), CANCELLED),
        # Cleaning up was cut short: that hides nothing.
        (VALUE, CANCELLED, VALUE),
        # Something new comes out.
        (VALUE, KEY, KEY),
        (CANCELLED, KEY, KEY),
        (CANCELLED, CTRL_C, CTRL_C),
    ],
)
def test_what_is_left_after_cleanup(
    error: BaseException | None, raised: BaseException, left: BaseException
) -> None:
    assert left_after_cleanup(error, raised) is left


def test_a_group_that_comes_back_as_it_was_is_no_news() -> None:
    error = group(VALUE, KEY)
    assert left_after_cleanup(error, group(error)) is error
    assert left_after_cleanup(error, group(KEY, group(VALUE))) is error


def test_a_new_error_beside_the_old_one_keeps_both() -> None:
    left = left_after_cleanup(VALUE, group(VALUE, CANCELLED, KEY))
    assert isinstance(left, ExceptionGroup)
    assert left.exceptions == (VALUE, KEY)


def test_contexts_form_no_ring() -> None:
    interrupt = KeyboardInterrupt()
    while_leaving = ValueError()
    while_leaving.__context__ = interrupt  # as Python does it in a finally clause
    assert left_after_cleanup(interrupt, while_leaving) is interrupt
    chain: list[BaseException] = []
    error: BaseException | None = interrupt
    while error is not None:
        assert error not in chain
        chain.append(error)
        error = error.__context__


class Sealed(Exception):
    """An exception on which nothing can be set, and so no context either."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


def test_an_exception_that_takes_no_context_goes_without() -> None:
    sealed = Sealed()
    assert left_after_cleanup(VALUE, sealed) is sealed
