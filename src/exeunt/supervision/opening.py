"""How a supervisor begins, and how it ends."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Literal, final

from trio.lowlevel import enable_ki_protection

from .._model.restarts import Backoff
from . import rules
from .stage import open_troupe
from .supervisor import Supervisor
from .troupe import Troupe

StrategyWord = Literal["one_for_one", "one_for_all", "rest_for_one"]


def open_supervisor(
    *,
    strategy: StrategyWord = "one_for_one",
    max_restarts: int = 3,
    within: float = 5.0,
    backoff: Backoff | None = None,
) -> AbstractAsyncContextManager[Supervisor]:
    """Open a nursery for agents that depend on each other.

    At the end of the block every agent leaves, those that use others first: each is
    drained before what it uses is stopped. If the block raises or is cancelled, or if
    an agent crashes for good, they leave in the same order, each cancelled before what
    it uses is. Until its turn an agent is shielded, so that it can still be talked to.

    Args:
        strategy: who is started again after a crash: ``"one_for_one"``: the agent that
            crashed; ``"one_for_all"``: all of them; ``"rest_for_one"``: it and those
            that use it.
        max_restarts: how many restarts there may be, of all the agents together, in
            any *within* seconds. The next crash is an error.
        within: seconds.
        backoff: how long to wait before each restart; not at all if not given.

    Returns:
        An async context manager of a `Supervisor`.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: there is no such strategy, or a number is out of range.
        ExceptionGroup: leaving the block raises all that has failed, in one flat
            group, the first failure first.

    Example::

        async with open_supervisor() as supervisor:
            db = await supervisor.start(Database, restart="transient")
            web = await supervisor.start(Web, db, uses=[db])
            await supervisor.idle()
    """
    word, budget = rules.strategy(strategy), rules.budget(max_restarts, within)
    rules.check_backoff(backoff)
    return _Opening(open_troupe(word, budget, backoff))


@final
class _Opening(AbstractAsyncContextManager[Supervisor]):
    """Holds Ctrl-C back while the block is entered and left, but not within it.

    A generator that is made a context manager does not: a signal may come when its own
    code does not run yet, and then it never does.
    """

    def __init__(self, stage: AbstractAsyncContextManager[Troupe]) -> None:
        self._stage = stage

    @enable_ki_protection
    async def __aenter__(self) -> Supervisor:
        return Supervisor(await self._stage.__aenter__())

    @enable_ki_protection
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await self._stage.__aexit__(kind, error, traceback)  # noqa: ASYNC102
