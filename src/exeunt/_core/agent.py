"""What users subclass, and what the runtime tells their agents."""

import inspect
from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Generic, Never, TypeVar

from .._model.words import shown
from ..exceptions import Unhandled
from .context import Context

if TYPE_CHECKING:
    from .life import Life

M = TypeVar("M")


class Agent(ABC, Generic[M]):
    """Handles messages of the type *M*, one at a time, in the order of acceptance.

    Subclass it, write `handle`, and give the class to `start`. State lives in the
    instance and belongs to the agent alone, so it needs no lock.

    Example::

        @attrs.define
        class Counter(Agent[Add | Total]):
            total: int = 0

            async def handle(self, message: Add | Total) -> int | None:
                match message:
                    case Add(number):
                        self.total += number
                        return None
                    case Total():
                        return self.total
                    case _:
                        self.unhandled(message)
    """

    __slots__ = ("_life",)

    _life: "Life"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.iscoroutinefunction(cls.handle):
            raise TypeError(
                f"{cls.__qualname__}.handle is not async: "
                "write 'async def handle(self, message)'"
            )
        if inspect.isasyncgenfunction(cls.lifespan):
            raise TypeError(
                f"{cls.__qualname__}.lifespan is no context manager yet: "
                "write @contextlib.asynccontextmanager above it"
            )

    @abstractmethod
    async def handle(self, message: M) -> object:
        """Handle one message; what is returned answers an ask.

        Called for one message at a time, and never before `lifespan` is entered or
        after the agent was cancelled.

        Allowed outcomes:

        * *Return.* The message is handled. For an ask, the returned value is the
          answer; for a sent message it goes nowhere.
        * *Raise a* `Refusal`. An asker gets it, and the agent lives on. For a sent
          message it is a crash: nobody would hear it.
        * *Raise any other* `Exception`. The agent crashes: the exception leaves its
          task as itself, the asker gets `AgentCrashed`.
        * *Let* `trio.Cancelled` *pass.* The message was interrupted.
        """

    def lifespan(self) -> AbstractAsyncContextManager[object]:
        """Surround the whole life: override it with an async context manager.

        Entered in the agent's task before the first message; left once, after the
        last message and after every asker has been answered, if entering succeeded.
        Leaving is shielded from cancellation, but for a bounded time only (see
        `start`).

        What ends the life, a crash or `trio.Cancelled`, is raised at the ``yield``, as
        in any context manager: goodbyes belong into ``finally``, and outside the block
        of a nursery that lifespan opens, since a nursery whose tasks are cancelled
        cancels its block. Swallowing a crash does not undo it.

        Example::

            @asynccontextmanager
            async def lifespan(self) -> AsyncGenerator[None]:
                async with await trio.open_file(self.path, "a") as self.file:
                    yield
        """
        return nullcontext()

    @property
    def context(self) -> Context:
        """What the runtime tells this agent about itself.

        Raises:
            RuntimeError: no runtime runs this object yet; its factory has not
                returned, or nobody has started it.
        """
        try:
            return Context(self._life)
        except AttributeError:
            raise RuntimeError(
                f"{type(self).__name__} has no context before it is started: "
                "use self.context in lifespan() or handle(), not in __init__()"
            ) from None

    def unhandled(self, message: Never) -> Never:
        """Say that no case took *message*: the last line of a ``match``.

        Type checkers complain here about every type of message without a case, and
        if one arrives all the same, it is an error instead of vanishing.

        Raises:
            Unhandled: always.
        """
        known: object = message
        raise Unhandled(
            f"{type(self).__name__}.handle has no case for "
            f"{type(known).__name__}: {shown(known)}",
            message=known,
        )


_NO_LIFESPAN = Agent[Any].lifespan


def has_lifespan(agent: Agent[Any]) -> bool:
    """Return whether the agent's class overrides `Agent.lifespan`."""
    return type(agent).lifespan is not _NO_LIFESPAN
