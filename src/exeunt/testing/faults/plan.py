"""What can go wrong with an agent's messages, as plain values.

A `FaultPlan` says what goes wrong, and `faulty` makes it happen. All of it happens at
the boundary of a handler, where any of it could happen by itself: a handler may raise
before its first line or after its last one, a message may be slow to come to its turn,
its sender may have sent it twice, a policy may have dropped it. Nothing is raised in
the middle of a ``send`` or a ``receive``, where Trio never raises once a message has
changed hands: a test that did so would find losses that cannot happen.
"""

from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeAlias, cast, final

import attrs

from ...exceptions import Refusal

Kinds: TypeAlias = Sequence[type["Fault"]]
Types: TypeAlias = type | tuple[type, ...]


class InjectedCrash(Exception):
    """What a fault plan raises where nothing else was asked for.

    Nobody is to blame: the test wanted to see what becomes of everybody else.
    """


def _qualname(error: type) -> str:
    return error.__qualname__


def _shown_types(types: Types) -> str:
    if isinstance(types, tuple):
        return f"({''.join(f'{each.__qualname__}, ' for each in types)})"
    return types.__qualname__


def _check_nth(_fault: object, _field: object, nth: object) -> None:
    if not isinstance(nth, int) or isinstance(nth, bool):
        raise TypeError(f"nth is the number of a message, an int, not {nth!r}")
    if nth < 0:
        raise ValueError(f"nth counts from 0, so it is not {nth}")


def _check_types(_fault: object, _field: object, types: object) -> None:
    every = cast("tuple[object, ...]", types if isinstance(types, tuple) else (types,))
    if not every or not all(isinstance(each, type) for each in every):
        raise TypeError(f"of is a class of messages, or several, not {types!r}")


def _check_seconds(_fault: object, _field: object, seconds: object) -> None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise TypeError(f"seconds is a number of seconds, not {seconds!r}")
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"seconds is finite and 0 or more, not {seconds}")


def _check_error(_fault: object, _field: object, error: object) -> None:
    if (
        not isinstance(error, type)
        or not issubclass(error, Exception)
        or issubclass(error, Refusal)
    ):
        raise TypeError(
            "error is a class of exceptions that crash an agent, one made of a text; "
            f"not {error!r}"
        )


@attrs.frozen
class Fault:
    """One thing that goes wrong, once. Use one of its subclasses.

    Args:
        nth: with which message, counted from 0 among those that count.
        of: the class of the messages that count, or several in a tuple; all of them
            if not given.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: a number is out of range.
    """

    nth: int = attrs.field(default=0, validator=_check_nth)
    of: Types = attrs.field(
        default=object, kw_only=True, validator=_check_types, repr=_shown_types
    )


@final
@attrs.frozen
class CrashBefore(Fault):
    """The agent crashes on the message before its handler has begun.

    Args:
        nth: as for `Fault`.
        of: as for `Fault`.
        error: the class of what is raised, made of a text; `InjectedCrash` if not
            given.

    Example::

        plan = FaultPlan([CrashBefore(2), CrashBefore(0, of=Set, error=OSError)])
    """

    error: type[Exception] = attrs.field(
        default=InjectedCrash, kw_only=True, validator=_check_error, repr=_qualname
    )


@final
@attrs.frozen
class CrashAfter(Fault):
    """The agent crashes on the message when its handler has done everything.

    Also where the handler has refused. An asker does not get the answer but
    `AgentCrashed`, as if the last line of the handler had raised.

    Args:
        nth: as for `Fault`.
        of: as for `Fault`.
        error: as for `CrashBefore`.
    """

    error: type[Exception] = attrs.field(
        default=InjectedCrash, kw_only=True, validator=_check_error, repr=_qualname
    )


@final
@attrs.frozen
class Delay(Fault):
    """The handler begins later, and what waits behind the message waits too.

    Args:
        nth: as for `Fault`.
        of: as for `Fault`.
        seconds: how much later, on Trio's clock.
    """

    seconds: float = attrs.field(default=1.0, kw_only=True, validator=_check_seconds)


@final
@attrs.frozen
class Duplicate(Fault):
    """The message comes a second time, right after its first turn.

    exeunt never does that by itself. It is what an agent has to bear whose senders
    try again. The second one is an accepted message of its own, which nobody has
    asked: its answer, or refusal, goes nowhere.

    Args:
        nth: as for `Fault`.
        of: as for `Fault`.
    """


@final
@attrs.frozen
class Drop(Fault):
    """The message is dropped from the mailbox, as if there had been no room for it.

    Only for an agent with an overflow policy that drops messages; others were promised
    that it does not happen, and refuse to start with such a plan.

    Args:
        nth: as for `Fault`. What is dropped counts like what is handled.
        of: as for `Fault`.
    """


@final
@attrs.frozen
class FailAt:
    """A `failpoint` raises.

    Args:
        name: the name of the failpoint.
        nth: at which passing of it, counted from 0.
        error: as for `CrashBefore`.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: *nth* is negative.
    """

    name: str = attrs.field(validator=attrs.validators.instance_of(str))
    nth: int = attrs.field(default=0, validator=_check_nth)
    error: type[Exception] = attrs.field(
        default=InjectedCrash, kw_only=True, validator=_check_error, repr=_qualname
    )


KINDS: Kinds = (Delay, CrashBefore, CrashAfter)
"""What can befall every agent."""


def _as_tuple(faults: Iterable[Fault | FailAt]) -> tuple[Fault | FailAt, ...]:
    return tuple(faults)


def _check_faults(_plan: object, _field: object, faults: tuple[object, ...]) -> None:
    for fault in faults:
        if not isinstance(fault, Fault | FailAt) or type(fault) is Fault:
            raise TypeError(
                "a plan is made of faults, such as CrashBefore(2) or "
                f"FailAt('name'), not of {fault!r}"
            )


@final
@attrs.frozen(repr=False)
class FaultPlan:
    """What goes wrong with the messages of an agent. Give it to `faulty`.

    A plain value: it can be compared, drawn, shrunk, and its repr makes it again.

    Args:
        faults: any number of them. Where several befall one message, all do: it is
            delayed, then crashes before, is duplicated, or crashes after; but what is
            dropped is gone.

    Raises:
        TypeError: one of *faults* is none.

    Example::

        plan = FaultPlan([Delay(0, seconds=5), CrashAfter(0, of=Set)])
    """

    faults: tuple[Fault | FailAt, ...] = attrs.field(
        default=(), converter=_as_tuple, validator=_check_faults
    )

    def __repr__(self) -> str:
        return f"FaultPlan({[*self.faults]})"


def random_faults(
    random: Random,
    *,
    messages: int = 10,
    most: int = 3,
    kinds: Kinds = KINDS,
    of: Sequence[type] = (object,),
) -> FaultPlan:
    """Draw a plan at random; the same generator in the same state gives the same plan.

    With Hypothesis, use `fault_plans`, whose plans shrink.

    Args:
        random: where the choices come from, such as ``random.Random(7)``.
        messages: how many messages there are among which the faults fall.
        most: how many faults there are at the most. At the least there is one.
        kinds: which kinds of faults.
        of: among messages of which classes they are counted.

    Returns:
        The plan.

    Raises:
        ValueError: there is nothing to choose from.

    Example::

        plan = random_faults(random.Random(7), messages=5)
    """
    check_choice(messages, most, kinds, of)

    def fault() -> Fault:
        kind, nth = random.choice(kinds), random.randrange(messages)
        more = {"seconds": random.randint(1, 10)} if kind is Delay else {}
        return kind(nth, of=random.choice(of), **more)

    return FaultPlan(fault() for _ in range(random.randint(1, most)))


def check_choice(messages: int, most: int, kinds: Kinds, of: Sequence[type]) -> None:
    """Complain where there is nothing to choose from."""
    if messages < 1 or most < 1 or not kinds or not of:
        raise ValueError(
            "a plan is drawn from 1 or more messages, faults, kinds and classes, not "
            f"from messages={messages}, most={most}, kinds={kinds!r}, of={of!r}"
        )
