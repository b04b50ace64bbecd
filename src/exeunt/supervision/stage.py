"""Where the agents of a supervisor live, from the first to the last."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from trio.lowlevel import enable_ki_protection

from .._core.failures import leaves, without_cancelled
from .._model.restarts import Backoff, Budget, Strategy
from .leaving import leave
from .troupe import Troupe


@asynccontextmanager
@enable_ki_protection
async def open_troupe(
    strategy: Strategy, budget: Budget, backoff: Backoff | None
) -> AsyncGenerator[Troupe]:
    """Open a nursery for agents, and see them off at the end of the block."""
    troupe = Troupe(strategy, budget, backoff)
    error: BaseException | None = None
    try:
        async with trio.open_nursery() as troupe.nursery:
            if troupe.journal is not None:
                troupe.journal.opened(troupe.nursery)
            try:
                with troupe.body:
                    yield troupe
            except BaseException as raised:  # noqa: ASYNC103 - raised below
                error = raised
            error = await leave(troupe, error)
            troupe.belongings.close()
    except BaseException as raised:  # noqa: ASYNC103 - raised below
        # Cancelled while an agent would not go, or the restarts themselves failed.
        error = error or raised
        late = without_cancelled(raised)
        for each in () if late is None else leaves(late):
            troupe.fail(each)
    failure = troupe.failure()  # now that nobody is left who might fail
    try:
        if failure is not None:
            raise failure from None  # the body was cancelled because of it
        if error is not None:
            raise error
    finally:
        del error, failure
