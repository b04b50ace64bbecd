"""Several equal agents behind one handle, as their users see them."""

from collections.abc import Callable, Hashable
from functools import partial
from inspect import iscoroutinefunction
from typing import Generic, Literal, TypeVar, TypeVarTuple, final

from trio.lowlevel import enable_ki_protection

from .._core.agent import Agent
from .._core.setting import check_factory, name_of
from .._model.restarts import Backoff
from ..supervision import rules
from ..supervision.supervisor import Errors
from .company import Company, Plan, checked_size

M = TypeVar("M")
Ts = TypeVarTuple("Ts")

PoolRestart = Literal["temporary", "transient"]


@final
class Pool(Generic[M]):
    """A number of equal agents behind one handle: start it like an agent's class.

    A message waits in the pool's one mailbox until a worker is free to take it, so that
    none waits behind a slow one. They start in the order in which they were accepted.
    `Handle.stop` and its like end the pool as they end an agent: its workers finish
    what has been accepted, or are cancelled. In a worker, `Context.handle` is the
    pool's. Workers that are started again leave what they had not taken to the others.

    What `start` is told about capacity and overflow is for the pool's mailbox, and
    ``cleanup`` for each worker. With a key, the capacity is 1 or more and the overflow
    ``"wait"`` or ``"refuse"``; `start` raises `ValueError` otherwise.

    Args:
        size: how many workers there are at first.
        factory: returns a new `Agent`, usually its class. Called once for each worker.
        args: the arguments of *factory*.
        key: returns the key of a message, which is hashable. Messages with equal keys
            go to the same worker, one after the other. What it raises is the sender's.
        restart: ``"temporary"``: a worker that crashes takes the pool with it;
            ``"transient"``: it is started again.
        restart_on: the exceptions after which it is; of a group, all must be such.
        max_restarts: how many restarts there may be, of all workers together, in any
            *within* seconds.
        within: seconds.
        backoff: how long to wait before each restart; not at all if not given.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: an argument is out of range.

    Example::

        fetchers = Pool(4, Fetcher, restart="transient")
        fetch = await start(nursery, fetchers, name="fetchers")
        fetchers.resize(8)
    """

    def __init__(
        self,
        size: int,
        factory: Callable[[*Ts], Agent[M]],
        *args: *Ts,
        key: Callable[[M], Hashable] | None = None,
        restart: PoolRestart = "temporary",
        restart_on: Errors = Exception,
        max_restarts: int = 3,
        within: float = 5.0,
        backoff: Backoff | None = None,
    ) -> None:
        checked_size(size)
        check_factory(factory)
        _check_key(key)
        if restart not in ("temporary", "transient"):
            raise ValueError(
                "restart of a pool's workers is 'temporary' or 'transient', "
                f"not {restart!r}"
            )
        rules.budget(max_restarts, within)
        rules.check_backoff(backoff)
        kinds = rules.kinds(restart_on)
        self._plan = Plan(
            checked_size(size),
            partial(factory, *args),
            key,
            kinds if restart == "transient" else (),
            (max_restarts, within),
            backoff,
        )
        self.__name__: str = name_of(factory)
        self._running: list[Company[M]] = []

    def __repr__(self) -> str:
        return f"<Pool of {self.size} {self.__name__}>"

    @property
    def size(self) -> int:
        """How many workers there are, or will be when it is started."""
        return self._plan.size

    def __call__(self) -> Agent[M]:
        """Make the agent that stands in front of the workers."""
        return Company(self._plan, self._running)

    @enable_ki_protection
    def resize(self, size: int) -> None:
        """Have so many workers from now on.

        New ones start at once. Workers that are too many finish what they are doing,
        and what has been put aside for them by its key, and leave. It may be called
        before the start, too. A pool that is leaving keeps the workers that it has.

        Args:
            size: how many workers, 1 or more.

        Raises:
            TypeError: *size* is no whole number.
            ValueError: *size* is less than 1.
            WrongRun: called from another thread or another Trio run.

        Example::

            fetchers.resize(8)
        """
        checked = checked_size(size)
        for company in self._running:
            company.life.check_home()
        self._plan.size = checked
        for company in self._running:
            company.fill()


def _check_key(key: object) -> None:
    if key is not None and (not callable(key) or iscoroutinefunction(key)):
        raise TypeError(
            f"key is a function that returns the key of a message at once, not {key!r}"
        )
