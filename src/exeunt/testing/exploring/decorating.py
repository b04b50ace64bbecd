"""Make an async test one that is explored."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgen, iscoroutine, iscoroutinefunction
from typing import Any, ParamSpec

import attrs

from ..schedules.running import Granularity
from .explore import explore, replay

P = ParamSpec("P")


@attrs.frozen
class Order:
    """What the user of a test runner wants of all explored tests.

    Attributes:
        runs: how many runs each gets, whatever it says itself; None: as it says.
        schedule: the one schedule under which each is run; None: many.
    """

    runs: int | None = None
    schedule: str | None = None


order: ContextVar[Order] = ContextVar("exeunt order", default=Order())  # noqa: B039


def explored(
    *,
    strategy: str = "auto",
    runs: int = 500,
    seconds: float | None = None,
    seed: int = 0,
    granularity: Granularity = "step",
    timers: bool = False,
    max_steps: int = 10_000,
) -> Callable[[Callable[P, Awaitable[object]]], Callable[P, None]]:
    """Make an async test one that `explore` runs, under many schedules.

    What comes of it is not async, so every test runner takes it for an ordinary test:
    it needs neither pytest nor pytest-trio. It keeps its name and its arguments. Each
    run gets the same arguments, so they should be values or functions that make what
    the test uses; an async fixture lives in a run of its own and is refused.

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

    def decorate(test: Callable[P, Awaitable[object]]) -> Callable[P, None]:
        _check_test(test)

        @wraps(test)
        def explored_test(*args: P.args, **kwargs: P.kwargs) -> None:
            __tracebackhide__ = True  # pytest need not show this
            _check_arguments(test, {**dict(enumerate(args)), **kwargs})

            @wraps(test)
            async def scenario() -> None:
                await test(*args, **kwargs)

            wanted = order.get()
            if wanted.schedule is not None:
                replay(scenario, schedule=wanted.schedule)
                return
            explore(
                scenario,
                strategy=strategy,
                runs=runs if wanted.runs is None else wanted.runs,
                seconds=seconds if wanted.runs is None else None,
                seed=seed,
                granularity=granularity,
                timers=timers,
                max_steps=max_steps,
                show_progress=False,
            )

        vars(explored_test)["explored"] = test  # a mark for test runners
        return explored_test

    return decorate


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
