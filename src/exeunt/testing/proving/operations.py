"""The operations of Trio's primitives, and what each of them touches: a table.

While a proof runs, the methods in the table note what they touch (`noting`).

What is not in the table but changes what tasks share is *unknown*, and cannot change
places with anything.
"""

from collections.abc import Callable
from typing import Any, TypeAlias
from weakref import ref

import attrs
import trio
from trio.lowlevel import ParkingLot

from .flow import Flag, Flow
from .footprint import How
from .recorder import Recorder, unseen

Note: TypeAlias = Callable[..., Any]
"""Gets the recorder, the object and the arguments; returns a `Pending`, or nothing."""


def _unknown(looking: Recorder, *_: object, **__: object) -> None:
    looking.touch_world()


@attrs.frozen
class Row:
    """A method or property, and what notes its use.

    Attributes:
        note: what notes it.
        change: if it is a property that can be set, what notes that.
        made: whether it is the method that makes the object, which is noted after it.
        inner: whether Trio's own primitives call it too, which is not noted.
    """

    owner: type
    method: str
    note: Note
    change: Note = _unknown
    made: bool = attrs.field(default=False, kw_only=True)
    inner: bool = attrs.field(default=False, kw_only=True)


# Channels. Each end is noted apart, since one can be closed while others use it.


def _new_end(looking: Recorder, end: Any, state: Any, *_: object) -> None:
    known = looking.shadows.get(id(state))
    if known is None or known[0]() is not state:
        with unseen():
            room = end.statistics().max_buffer_size
        known = (ref(state), Flow(looking.name(state), room))
        looking.shadows[id(state)] = known
    looking.name(end)
    looking.shadows[id(end)] = known[1]


def _flow(looking: Recorder, end: Any) -> Flow:
    flow = looking.shadows.get(id(end))
    if flow is None:  # it is older than the run
        looking.touch_world()
        flow = looking.shadows[id(end)] = Flow(looking.number_of(end), 0)
    looking.touch(("end", looking.number_of(end)), How.READ)
    known: Flow = flow
    return known


def _send(looking: Recorder, end: Any, _value: object) -> Any:
    return _flow(looking, end).wait_in(looking)


def _send_nowait(looking: Recorder, end: Any, _value: object) -> None:
    seen = _statistics(end)
    works = seen.current_buffer_used < seen.max_buffer_size
    works = (works or seen.tasks_waiting_receive > 0) and seen.open_receive_channels > 0
    _flow(looking, end).put(looking, works)


def _receive(looking: Recorder, end: Any) -> Any:
    return _flow(looking, end).wait_out(looking)


def _receive_nowait(looking: Recorder, end: Any) -> None:
    seen = _statistics(end)
    works = seen.current_buffer_used > 0 or seen.tasks_waiting_send > 0
    _flow(looking, end).take(looking, works)


def _clone(looking: Recorder, end: Any) -> None:
    _flow(looking, end).open(looking)


def _close(looking: Recorder, end: Any, *_: object) -> None:
    seen = _statistics(end)
    sends = isinstance(end, trio.MemorySendChannel)
    left = seen.open_send_channels if sends else seen.open_receive_channels
    _flow(looking, end).close(looking, last=left <= 1)
    looking.touch(("end", looking.number_of(end)), How.WRITE)


def _look_at_channel(looking: Recorder, end: Any) -> None:
    _flow(looking, end).look(looking)


def _statistics(end: Any) -> Any:
    with unseen():
        return end.statistics()


# Events, locks, and what hands out tokens.


def _new_event(looking: Recorder, event: object, *_: object) -> None:
    looking.shadows[id(event)] = Flag(looking.name(event))


def _new_lock(looking: Recorder, lock: object, *_: object) -> None:
    looking.shadows[id(lock)] = Flow(looking.name(lock), 1)


def _new_semaphore(
    looking: Recorder, semaphore: object, initial: int, **_: object
) -> None:
    looking.shadows[id(semaphore)] = Flow(looking.name(semaphore), initial)


def _shadow(looking: Recorder, thing: object, make: Callable[[int], Any]) -> Any:
    """Return what is known of *thing*, which may be older than the run."""
    if id(thing) not in looking.shadows:
        looking.shadows[id(thing)] = make(looking.number_of(thing))
    return looking.shadows[id(thing)]


def _flag(looking: Recorder, event: object) -> Flag:
    flag: Flag = _shadow(looking, event, Flag)
    return flag


def _set(looking: Recorder, event: object) -> None:
    _flag(looking, event).set(looking)


def _wait(looking: Recorder, event: object) -> Any:
    return _flag(looking, event).wait(looking)


def _is_set(looking: Recorder, event: object) -> None:
    _flag(looking, event).look(looking)


def _count_waiters(looking: Recorder, event: object) -> None:
    _flag(looking, event).count(looking)


def _tokens(looking: Recorder, thing: object) -> Flow:
    flow: Flow = _shadow(looking, thing, lambda number: Flow(number, 1))
    return flow


def _acquire(looking: Recorder, thing: object) -> Any:
    return _tokens(looking, thing).wait_in(looking)


def _acquire_nowait(looking: Recorder, thing: Any) -> None:
    with unseen():
        counts: bool = hasattr(thing, "value")  # or it is a lock
        works: bool = thing.value > 0 if counts else not thing.locked()
    _tokens(looking, thing).put(looking, works)


def _release(looking: Recorder, thing: object) -> None:
    tokens = _tokens(looking, thing)
    tokens.give_back(looking)
    if isinstance(thing, trio.Semaphore) and thing.max_value is not None:
        looking.touch(("in", tokens.number), How.READ)  # it may be one too many


def _look_at_tokens(looking: Recorder, thing: object) -> None:
    _tokens(looking, thing).look(looking)


def _new(looking: Recorder, thing: object, *_: object, **__: object) -> None:
    looking.name(thing)
    looking.shadows.pop(id(thing), None)


def _in_turn(looking: Recorder, thing: object, *_: object, **__: object) -> None:
    """It can change places with no other operation on the same object."""
    number = looking.number_of(thing)
    looking.touch(("all of", number), How.WRITE)
    looking.wait_at(("waiting", number))


# Scopes, nurseries, and the rest.


def _enter_scope(looking: Recorder, scope: object) -> None:
    looking.shadows[id(scope)] = looking.current
    looking.touch(("scope", looking.number_of(scope)), How.READ)


def _cancel(looking: Recorder, scope: Any, *_: object, **__: object) -> None:
    number = looking.number_of(scope)
    with unseen():
        again = scope.cancel_called
    looking.touch(("scope", number), How.READ if again else How.WRITE)
    if not again:
        looking.cancel(looking.shadows.get(id(scope)))


def _change(looking: Recorder, scope: Any, *_: object) -> None:
    looking.touch(("scope", looking.number_of(scope)), How.WRITE)
    looking.cancel(looking.shadows.get(id(scope)))


def _look_at_scope(looking: Recorder, scope: object) -> None:
    looking.touch(("scope", looking.number_of(scope)), How.READ)


TABLE: tuple[Row, ...] = (
    Row(trio.MemorySendChannel, "__init__", _new_end, made=True),
    Row(trio.MemorySendChannel, "send", _send),
    Row(trio.MemorySendChannel, "send_nowait", _send_nowait, inner=True),
    Row(trio.MemorySendChannel, "clone", _clone),
    Row(trio.MemorySendChannel, "close", _close),
    Row(trio.MemorySendChannel, "statistics", _look_at_channel),
    Row(trio.MemoryReceiveChannel, "__init__", _new_end, made=True),
    Row(trio.MemoryReceiveChannel, "receive", _receive),
    Row(trio.MemoryReceiveChannel, "receive_nowait", _receive_nowait, inner=True),
    Row(trio.MemoryReceiveChannel, "clone", _clone),
    Row(trio.MemoryReceiveChannel, "close", _close),
    Row(trio.MemoryReceiveChannel, "statistics", _look_at_channel),
    Row(trio.Event, "__init__", _new_event, made=True),
    Row(trio.Event, "set", _set),
    Row(trio.Event, "wait", _wait),
    Row(trio.Event, "is_set", _is_set),
    Row(trio.Event, "statistics", _count_waiters),
    *(
        Row(kind, method, note, made=method == "__init__", inner="nowait" in method)
        for kind in (trio.Lock, trio.StrictFIFOLock)
        for method, note in (
            ("__init__", _new_lock),
            ("acquire", _acquire),
            ("acquire_nowait", _acquire_nowait),
            ("release", _release),
            ("locked", _look_at_tokens),
            ("statistics", _look_at_tokens),
        )
    ),
    Row(trio.Semaphore, "__init__", _new_semaphore, made=True),
    Row(trio.Semaphore, "acquire", _acquire),
    Row(trio.Semaphore, "acquire_nowait", _acquire_nowait, inner=True),
    Row(trio.Semaphore, "release", _release),
    Row(trio.Semaphore, "value", _look_at_tokens),
    Row(trio.Semaphore, "statistics", _look_at_tokens),
    Row(trio.CapacityLimiter, "__init__", _new, made=True),
    *(
        Row(trio.CapacityLimiter, name, _in_turn, inner="behalf" in name)
        for name in (
            "acquire",
            "acquire_nowait",
            "acquire_on_behalf_of",
            "acquire_on_behalf_of_nowait",
            "release",
            "release_on_behalf_of",
            "total_tokens",
            "borrowed_tokens",
            "available_tokens",
            "statistics",
        )
    ),
    *(Row(trio.Condition, name, _unknown) for name in ("wait", "notify", "notify_all")),
    Row(ParkingLot, "__init__", _new, made=True),
    *(
        Row(ParkingLot, name, _in_turn, inner=True)
        for name in ("park", "unpark", "unpark_all", "statistics", "__len__")
    ),
    *(Row(ParkingLot, name, _unknown, inner=True) for name in ("repark", "repark_all")),
    Row(trio.CancelScope, "__init__", _new, made=True),
    Row(trio.CancelScope, "__enter__", _enter_scope),
    Row(trio.CancelScope, "cancel", _cancel),
    Row(trio.CancelScope, "cancel_called", _look_at_scope),
    Row(trio.CancelScope, "deadline", _look_at_scope, _change),
    Row(trio.CancelScope, "shield", _look_at_scope, _change),
)
