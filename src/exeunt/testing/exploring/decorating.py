"""Make an async test one that is explored."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgen, iscoroutine, iscoroutinefunction, signature
from typing import Any, ParamSpec, Protocol, cast

import attrs

from ..schedules.rules import Granularity
from .exploration import Exploration
from .explore import find_failure, replay

P = ParamSpec("P")


@attrs.frozen
class Order:
    """What the user of a test runner wants of all explored tests.

    Attributes:
        runs: how many runs each gets, whatever it says itself; None: as it says.
        schedule: the one schedule under which each is run; None: many.
        timers: whether deadlines may come at any step, whatever it says itself.
    """

    runs: int | None = None
    schedule: str | None = None
    timers: bool = False


order: ContextVar[Order] = ContextVar("exeunt order", default=Order())  # noqa: B039


class Explored(Protocol[P]):
    """A test that is explored.

    Attributes:
        explored: the async function itself, for `replay`.
    """

    __name__: str
    explored: Callable[P, Awaitable[object]]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Explore it, with these arguments."""


def explored(
    *,
    strategy: str = "auto",
    runs: int = 500,
    seconds: float | None = None,
    seed: int = 0,
    granularity: Granularity = "step",
    timers: bool = False,
    max_steps: int = 10_000,
) -> Callable[[Callable[P, Awaitable[object]]], Explored[P]]:
    """Make an async test one that `explore` runs, under many schedules.

    What comes of it is not async, so every test runner takes it for an ordinary test:
    it needs neither pytest nor pytest-trio. It keeps its name and its arguments. Each
    run gets the same arguments, so they should be values or functions that make what
    the test uses; an async fixture lives in a run of its own and is refused.

    The async function itself is the attribute ``explored`` of what comes of it. A
    failure names the call of `replay` that takes it.

    Under pytest, ``--explore=N`` says how many runs there are instead, and
    ``--schedule="10x1"`` runs the one schedule that a failure has named.

    Args:
        strategy: as for `explore`.
        runs: as for `explore`.
        seconds: as for `explore`.
        seed: as for `explore`.
        granularity: as for `explore`.
        timers: as for `explore`.
        max_steps: as for `explore`.

    Returns:
        What makes a function of an async function.

    Raises:
        TypeError: what is decorated is no async function; or, when it is called, an
            argument is async.

    Example::

        @explored(runs=1000)
        async def test_nothing_gets_lost():
            await transfer_twice()
    """

    def decorate(test: Callable[P, Awaitable[object]]) -> Explored[P]:
        _check_test(test)

        @wraps(test)
        def explored_test(*args: P.args, **kwargs: P.kwargs) -> None:
            __tracebackhide__ = True  # pytest need not show this
            _check_arguments(test, {**dict(enumerate(args)), **kwargs})

            @wraps(test)
            async def scenario() -> None:
                __tracebackhide__ = True
                await test(*args, **kwargs)

            wanted = order.get()
            if wanted.schedule is not None:
                replay(scenario, schedule=wanted.schedule)
                return
            found = find_failure(
                scenario,
                strategy=strategy,
                runs=runs if wanted.runs is None else wanted.runs,
                seconds=seconds if wanted.runs is None else None,
                seed=seed,
                granularity=granularity,
                timers=timers or wanted.timers,
                max_steps=max_steps,
                show_progress=False,
            )
            _with_its_call(found, test).check()

        made = cast("Explored[P]", explored_test)
        made.explored = test
        return made

    return decorate


def _with_its_call(found: Exploration, test: Callable[..., object]) -> Exploration:
    """Return *found*, which is to name the function that can be replayed."""
    if found.finding is None:
        return found
    name = f"{test.__qualname__.rpartition('<locals>.')[2]}.explored"
    arguments = "".join(f"{each}, " for each in signature(test).parameters)
    again = f"replay({name}, {arguments}schedule={str(found.finding.schedule)!r})"
    return attrs.evolve(found, finding=attrs.evolve(found.finding, again=again))


def _check_test(test: object) -> None:
    if not iscoroutinefunction(test):
        raise TypeError(
            f"@explored(...) takes an async function without a yield, not {test!r}"
        )


def _check_arguments(test: Any, arguments: dict[Any, object]) -> None:
    for name, value in arguments.items():
        if iscoroutine(value) or isasyncgen(value):
            raise TypeError(
                f"argument {name!r} of {test.__name__} is async, so it belongs to one "
                "run, and @explored makes many: make it in the test itself, or let a "
                "fixture return a function that makes it"
            )
