"""Where the agents of a supervisor live, from the first to the last."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from trio.lowlevel import enable_ki_protection

from .._model.restarts import Backoff, Budget, Strategy
from .leaving import leave
from .troupe import Troupe


@asynccontextmanager
@enable_ki_protection
async def open_troupe(
    strategy: Strategy, budget: Budget, backoff: Backoff | None
) -> AsyncGenerator[Troupe]:
    """Open a nursery for agents, and see them off at the end of the block."""
    error: BaseException | None = None
    failure: BaseException | None = None
    try:
        async with trio.open_nursery() as nursery:
            troupe = Troupe(nursery, strategy, budget, backoff)
            try:
                with troupe.body:
                    yield troupe
            except BaseException as raised:  # noqa: ASYNC103 - raised below
                error = raised
            error = await leave(troupe, error)
            failure = troupe.failure()
            troupe.belongings.close()
    except BaseException as raised:  # noqa: ASYNC103 - raised below
        error = error or raised  # cancelled while an agent would not go
    try:
        if failure is not None:
            raise failure from None  # the body was cancelled because of it
        if error is not None:
            raise error
    finally:
        del error, failure
