"""Names for agents, in the scope of whoever holds them.

There is no registry of the process: two programs, two tests or two supervisors never
see each other's names, and a name cannot outlive what it stands for.

Prior art: Elixir's Registry, whose entries die with their owners; Pekko's receptionist,
whose keys have the type of what they lead to.
"""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar, final
from weakref import WeakValueDictionary

import attrs
import trio
from trio.lowlevel import ParkingLot, checkpoint, enable_ki_protection

from ._core.bound import BoundToRun
from ._core.handle import Handle
from ._core.inside import life_of
from ._core.life import Life
from ._model.words import shown
from .exceptions import AgentClosed

M = TypeVar("M")


@final
@attrs.frozen(eq=False)
class Key(Generic[M]):
    """What an agent that handles messages of the type *M* is put under and found by.

    A key is equal to itself alone: another one of the same name is another key. So who
    has a key has its type, and finds nothing that is of another type. Make each key
    once, at the top of a module, and import it from there.

    Args:
        name: what errors call the key.

    Raises:
        TypeError: *name* is no `str`.

    Example::

        LOG = Key[str]("log")
    """

    name: str

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"the name of a key is a str, not {shown(self.name)}")


@attrs.define(eq=False)
class _Entry:
    """One agent under one key, until it leaves."""

    entries: "dict[Key[Any], _Entry]"
    key: Key[Any]
    life: Life

    def release(self) -> None:
        """The agent has left."""
        del self.entries[self.key]


@attrs.define(eq=False)
class _Awaited:
    """A key that is not there, and the tasks that wait for it."""

    lot: ParkingLot = attrs.field(factory=ParkingLot)
    handle: Handle[Any] | None = None


@final
class Registry(BoundToRun):
    """Agents under keys: put there by one, found by another.

    It belongs to the Trio run in which it is made, and its end is `close`. An agent
    that leaves is not in it any more. It has no task, and it keeps nobody on stage.

    ``key in registry``, ``len(registry)`` and iterating over its keys, in the order in
    which they were put, work as for a `dict`.
    """

    __slots__ = ("_awaited", "_closed", "_entries")

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[Key[Any], _Entry] = {}
        # The tasks that wait keep what they wait for: with the last one it is gone.
        self._awaited: WeakValueDictionary[Key[Any], _Awaited] = WeakValueDictionary()
        self._closed = False

    def __repr__(self) -> str:
        return f"<Registry of {len(self)} agents>"

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Key[Any]]:
        return iter(tuple(self._entries))

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    @enable_ki_protection
    def put(self, key: Key[M], handle: Handle[M]) -> None:
        """Put an agent under *key*, until it has left.

        Whoever waits for the key gets the handle in this instant. Putting the same
        agent there again changes nothing, so that one that puts itself there when it
        starts can be started again.

        Args:
            key: where to put it.
            handle: the agent.

        Raises:
            ValueError: another agent is there.
            AgentClosed: the agent has left.
            TypeError: *key* is no `Key`, or *handle* no `Handle`.
            trio.ClosedResourceError: the registry was closed.
            WrongRun: called from another thread or another Trio run.

        Example::

            registry.put(LOG, await start(nursery, Log))
        """
        self._check(key)
        life = life_of(handle, "what is put under a key")
        life.check_home()
        self._check_open()
        entry = self._entries.get(key)
        if entry is not None and entry.life is life:
            return
        if entry is not None:
            raise ValueError(
                f"key {key.name!r} is taken by agent {entry.life.name!r}, so agent "
                f"{handle.name!r} cannot be put there: remove the key first, or use "
                "another one"
            )
        if handle.closed:
            raise AgentClosed(
                f"agent {handle.name!r} has left and cannot be put under key "
                f"{key.name!r}",
                agent=handle.name,
            )
        self._entries[key] = entry = _Entry(self._entries, key, life)
        life.watch(entry)
        awaited = self._awaited.pop(key, None)
        if awaited is not None:
            awaited.handle = handle
            awaited.lot.unpark_all()

    def find(self, key: Key[M]) -> Handle[M] | None:
        """Return the agent that is under *key* now, or None.

        It may be about to leave; then it refuses its messages, as ever.

        Args:
            key: where to look.

        Returns:
            The handle, or None, also where the registry was closed.

        Raises:
            TypeError: *key* is no `Key`.
            WrongRun: called from another thread or another Trio run.

        Example::

            log = registry.find(LOG)
            if log is not None:
                await log.send("a line")
        """
        self._check(key)
        entry = self._entries.get(key)
        return None if entry is None else entry.life.handle

    async def wait(self, key: Key[M]) -> Handle[M]:
        """Wait until an agent is under *key*, and return it.

        Always a checkpoint. There is no timeout; put a cancel scope around it. An agent
        that waits here in its own task handles nothing meanwhile, but that is no edge
        of a `Deadlock`: anybody may put the key there.

        Args:
            key: where to look.

        Returns:
            The handle.

        Raises:
            trio.ClosedResourceError: the registry was closed, before or meanwhile.
            TypeError: *key* is no `Key`.
            WrongRun: called from another thread or another Trio run.

        Example::

            log = await registry.wait(LOG)
        """
        self._check(key)
        self._check_open()
        handle = self.find(key)
        if handle is not None:
            await checkpoint()
            return handle
        awaited = self._awaited.setdefault(key, _Awaited())
        await awaited.lot.park()
        handle = awaited.handle
        if handle is None:
            raise trio.ClosedResourceError(
                f"nobody was put under key {key.name!r} before the registry was closed"
            )
        return handle

    @enable_ki_protection
    def remove(self, key: Key[Any]) -> bool:
        """Take the agent out that is under *key*, if there is one. It goes on living.

        Args:
            key: where to look.

        Returns:
            Whether there was one.

        Raises:
            TypeError: *key* is no `Key`.
            WrongRun: called from another thread or another Trio run.

        Example::

            registry.remove(LOG)
        """
        self._check(key)
        entry = self._entries.pop(key, None)
        if entry is not None:
            entry.life.unwatch(entry)
        return entry is not None

    @enable_ki_protection
    def close(self) -> None:
        """End the registry: empty it, and let nobody wait for a key any more.

        The agents go on living. May be repeated.

        Raises:
            WrongRun: called from another thread or another Trio run.

        Example::

            with contextlib.closing(Registry()) as registry:
                registry.put(LOG, log)
        """
        self._check_home()
        self._closed = True
        for key in self:
            self.remove(key)
        for awaited in tuple(self._awaited.values()):
            awaited.lot.unpark_all()
        self._awaited.clear()

    def _check(self, key: object) -> None:
        self._check_home()
        if not isinstance(key, Key):
            raise TypeError(
                f"an agent is put under a Key, such as Key[str]('log'), not under "
                f"{shown(key)}"
            )

    def _check_open(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("the registry was closed")
