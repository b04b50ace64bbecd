"""A nursery for agents, as its users see it."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Literal, TypeVar, TypeVarTuple, cast, final

import trio
from trio.lowlevel import enable_ki_protection

from .._core.agent import Agent
from .._core.bound import BoundToRun
from .._core.handle import Handle
from .._core.overflow import Overflow
from .._core.setting import Setting, check_seconds
from .._core.start import ready
from .._model.outcome import Outcome
from ..registry import Registry
from ..topics.topic import Topic
from . import rules
from .child import Child
from .group import Group
from .troupe import Troupe

M = TypeVar("M")
Ts = TypeVarTuple("Ts")

RestartWord = Literal["permanent", "transient", "temporary"]
Errors = type[Exception] | tuple[type[Exception], ...]


@final
class Supervisor(BoundToRun):
    """A nursery for agents, from `open_supervisor`."""

    __slots__ = ("_troupe",)

    def __init__(self, troupe: object = None) -> None:
        if not isinstance(troupe, Troupe):
            raise TypeError(
                "a Supervisor is not made but got: "
                "async with exeunt.open_supervisor() as supervisor"
            )
        super().__init__()
        self._troupe = troupe

    def __repr__(self) -> str:
        return f"<Supervisor of {len(self._troupe.children)} agents>"

    @enable_ki_protection
    async def start(
        self,
        factory: Callable[[*Ts], Agent[M]],
        *args: *Ts,
        name: str | None = None,
        uses: Sequence[Handle[Any]] | None = None,
        restart: RestartWord = "temporary",
        restart_on: Errors = Exception,
        group: Group | None = None,
        capacity: int = 32,
        cleanup: float = 5.0,
        overflow: Overflow = "wait",
        key: Callable[[M], Hashable] | None = None,
    ) -> Handle[M]:
        """Start an agent and return its handle when it is ready.

        Like `exeunt.start`, with an order and a restart. If the agent fails before it
        is ready, the error is raised here and nothing is started again. The handle
        outlives restarts, and so do the mailbox and the asks that wait in it; the
        message that was being handled at the crash has failed and does not come back.

        Args:
            factory: as for `exeunt.start`; each restart calls it again.
            args: as for `exeunt.start`.
            name: what the agent is called; no two agents of a supervisor may have the
                same name at a time. If not given, the factory's, with a number if need
                be.
            uses: the agents that it talks to while it leaves: they leave later. If not
                given, all that were started before it.
            restart: after which end it is started again: ``"temporary"``: after none;
                ``"transient"``: after a crash; ``"permanent"``: after any end but its
                supervisor's. A crash after which it is not is an error.
            restart_on: the exceptions after which it is; of a group, all must be such.
            group: the group that it is one of; see `group`.
            capacity: as for `exeunt.start`.
            cleanup: as for `exeunt.start`.
            overflow: as for `exeunt.start`.
            key: as for `exeunt.start`.

        Returns:
            The handle of the agent.

        Raises:
            AgentClosed: the agent was cancelled before it was ready.
            Exception: whatever *factory* or entering lifespan raised.
            Deadlock: called by an agent which the new agent's lifespan waits for.
            TypeError: an argument is of the wrong kind.
            ValueError: an argument is out of range, *name* is taken, or *uses* names
                an agent that is not this supervisor's, or not any more.
            RuntimeError: the supervisor is leaving or has left.

        Example::

            web = await supervisor.start(Web, db, uses=[db], restart="permanent")
        """
        setting = Setting(name, capacity, cleanup, overflow, key)
        child = self._begin(factory, args, setting, uses, restart, restart_on, group)
        child.claimed = False  # until somebody has it: if not, it does not come back
        handle: Handle[M] = await ready(child.life)
        child.claimed = True
        return handle

    @enable_ki_protection
    def start_soon(
        self,
        factory: Callable[[*Ts], Agent[M]],
        *args: *Ts,
        name: str | None = None,
        uses: Sequence[Handle[Any]] | None = None,
        restart: RestartWord = "temporary",
        restart_on: Errors = Exception,
        group: Group | None = None,
        capacity: int = 32,
        cleanup: float = 5.0,
        overflow: Overflow = "wait",
        key: Callable[[M], Hashable] | None = None,
    ) -> Handle[M]:
        """Start an agent and return its handle at once.

        The twin of `start` for code that cannot wait, with the same arguments and
        errors. If the agent fails before it is ready, that is a crash like any other.

        Example::

            log = supervisor.start_soon(Log, uses=[])
        """
        setting = Setting(name, capacity, cleanup, overflow, key)
        child = self._begin(factory, args, setting, uses, restart, restart_on, group)
        return child.life.handle

    def group(self, *, settle: float) -> Group:
        """Declare that some agents use each other, and leave as one.

        Agents that use each other in a ring cannot leave one after the other. As a
        group they close to everybody outside, go on until there is nothing left to do
        inside, and leave together.

        Args:
            settle: how many seconds that may take; then they are cancelled.

        Returns:
            A group, to be given to `start`.

        Raises:
            TypeError: *settle* is no number.
            ValueError: *settle* is negative or infinite.

        Example::

            pair = supervisor.group(settle=5)
            ping = await supervisor.start(Ping, group=pair)
            pong = await supervisor.start(Pong, ping, group=pair)
        """
        check_seconds("settle", settle)
        return Group(self._troupe, settle)

    def declare_uses(self, handle: Handle[Any], uses: Sequence[Handle[Any]]) -> None:
        """Say what an agent uses, where that was not known at its start.

        It takes the place of what was said there.

        Args:
            handle: an agent of this supervisor.
            uses: agents of this supervisor, started before it or after.

        Raises:
            TypeError: an argument is of the wrong kind.
            ValueError: an agent is not this supervisor's, or the uses close a ring; put
                such agents into a `group`.

        Example::

            supervisor.declare_uses(early, uses=[late])
        """
        child = rules.child_of(self._troupe, handle)
        rules.declare(child, rules.children_of(self._troupe, uses))

    @enable_ki_protection
    def dismiss(self, handle: Handle[Any]) -> None:
        """Stop an agent for good: it drains, leaves and is not started again.

        Args:
            handle: an agent of this supervisor.

        Raises:
            TypeError: *handle* is no `Handle`.
            ValueError: the agent is not this supervisor's, or another one has declared
                that it uses it.

        Example::

            supervisor.dismiss(web)
        """
        self._check_home()
        child = rules.child_of(self._troupe, handle)
        rules.check_unused(child)
        child.dismissed = True
        child.life.stop()

    def stop(self) -> None:
        """End the block: cancel what runs in its body, and drain all in order.

        Raises:
            WrongRun: called from another thread or another Trio run.

        Example::

            supervisor.stop()
        """
        self._check_home()
        self._troupe.body.cancel()

    def cancel(self, reason: str | None = None) -> None:
        """End the block now: cancel its body and, in order, every agent.

        Args:
            reason: why, in words; it shows in the outcomes.

        Raises:
            WrongRun: called from another thread or another Trio run.

        Example::

            supervisor.cancel("the disk is full")
        """
        self._check_home()
        self._troupe.hurry(reason)

    async def idle(self) -> None:
        """Wait until no agent has anything to do: nothing is queued or being handled.

        Returns in the very tick in which the last message is done with. Restarts, and
        replies that have been deferred, are waited for; timers are not.

        Example::

            await supervisor.idle()
        """
        self._check_home()
        await trio.lowlevel.checkpoint()
        await self._troupe.idle(self._troupe.children.values())

    @property
    def registry(self) -> Registry:
        """The names of its agents, and of others, until the supervisor has left."""
        return self._troupe.belongings.registry

    def topic(self, kind: type[M], name: str = "") -> Topic[M]:
        """Return the topic for messages of this kind, which ends with the supervisor.

        Args:
            kind: the class of the messages.
            name: which topic, where there are several for one kind.

        Returns:
            The same topic for the same arguments.

        Example::

            news = supervisor.topic(str, "news")
        """
        self._check_home()
        return self._troupe.belongings.topic(kind, name)

    @property
    def agents(self) -> Mapping[str, Handle[Any]]:
        """The agents that have not left, by name, in the order of their start."""
        return {name: c.life.handle for name, c in self._troupe.children.items()}

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How agents have left, in the order in which they did.

        All that left with the supervisor; of those before, the last hundred that had
        crashed, were cancelled, or left messages undelivered.
        """
        return self._troupe.outcomes

    def _begin(
        self,
        factory: Callable[..., Agent[Any]],
        args: tuple[object, ...],
        setting: Setting,
        *words: object,
    ) -> Child:
        self._check_home()
        return rules.begin(self._troupe, factory, args, setting, *cast("Any", words))
