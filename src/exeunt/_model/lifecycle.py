"""The life of one agent, as a table.

Everything that decides where an agent stands in its life is in this file, and
nothing here knows of tasks, channels or time. Two facts hold for the table, and
the tests check both on the table itself:

* States only rise. `State` is declared in order and no transition goes back, so
  requests to end form a semilattice: in whatever order and however often they
  come, the life ends in the same place.
* Every state answers every event that can reach it. An event that may come at any
  time (stop, cancel) has a row in every state; the others have a row exactly where
  the runtime can produce them, and `step` refuses the rest, loudly.

The state diagram in the documentation is drawn from `TRANSITIONS`. Prior art:
h11's ``_state.py``, which showed that rules kept as data can be read, drawn and
tested.
"""

from enum import StrEnum, auto


class State(StrEnum):
    """Where an agent stands in its life. Later states are declared later."""

    STARTING = auto()
    """The factory runs or `lifespan` is being entered; messages are queued."""

    RUNNING = auto()
    """Messages are accepted and handled."""

    DRAINING = auto()
    """Nothing more is accepted; everything accepted before is still handled."""

    CLOSING = auto()
    """No further message is handled; `lifespan` is being left."""

    CLOSED = auto()
    """The agent has left the stage, and its outcome is known."""


class Event(StrEnum):
    """What moves a life on."""

    READY = auto()
    """`lifespan` has been entered."""

    STOP = auto()
    """Somebody asked the agent to finish what it has accepted and leave."""

    CANCEL = auto()
    """Somebody asked the agent to leave now, or cancelled what is around it."""

    DRAINED = auto()
    """Intake is closed and the last accepted message has been dealt with."""

    CRASH = auto()
    """An exception came out of the agent."""

    KILL = auto()
    """KeyboardInterrupt, SystemExit or their like came out of the agent."""

    LEFT = auto()
    """The agent's task has nothing more to do."""


TRANSITIONS: dict[State, dict[Event, State]] = {
    State.STARTING: {
        Event.READY: State.RUNNING,
        Event.STOP: State.DRAINING,
        Event.CANCEL: State.CLOSING,
        Event.CRASH: State.CLOSING,
        Event.KILL: State.CLOSING,
    },
    State.RUNNING: {
        # Started again after a crash: another incarnation is ready, the life goes on.
        Event.READY: State.RUNNING,
        Event.STOP: State.DRAINING,
        Event.CANCEL: State.CLOSING,
        Event.CRASH: State.CLOSING,
        Event.KILL: State.CLOSING,
    },
    State.DRAINING: {
        # Stopped before it was ready: lifespan is entered all the same, because
        # what was accepted meanwhile has to be handled.
        Event.READY: State.DRAINING,
        Event.STOP: State.DRAINING,
        Event.CANCEL: State.CLOSING,
        Event.DRAINED: State.CLOSING,
        Event.CRASH: State.CLOSING,
        Event.KILL: State.CLOSING,
    },
    State.CLOSING: {
        # Cancelled in the instant in which lifespan had been entered.
        Event.READY: State.CLOSING,
        Event.STOP: State.CLOSING,
        Event.CANCEL: State.CLOSING,
        # The handler met the cancellation by failing, or leaving lifespan failed.
        Event.CRASH: State.CLOSING,
        Event.KILL: State.CLOSING,
        Event.LEFT: State.CLOSED,
    },
    State.CLOSED: {
        Event.STOP: State.CLOSED,
        Event.CANCEL: State.CLOSED,
    },
}


def step(state: State, event: Event) -> State:
    """Return the state that follows *state* when *event* happens.

    Raises:
        RuntimeError: the event cannot happen in this state; a bug of exeunt's.
    """
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise RuntimeError(
            f"exeunt has a bug, please report it: {event} while {state}"
        ) from None


class Reason(StrEnum):
    """Why an agent left the stage, the gravest last."""

    STOPPED = auto()
    """It was asked to stop and handled everything that it had accepted."""

    CANCELLED = auto()
    """It was cancelled, by `Handle.cancel` or with what is around it."""

    CRASHED = auto()
    """An exception came out of its factory, its lifespan or its handler."""

    KILLED = auto()
    """KeyboardInterrupt or SystemExit came out of it."""


_REASONS = {
    Event.DRAINED: Reason.STOPPED,
    Event.CANCEL: Reason.CANCELLED,
    Event.CRASH: Reason.CRASHED,
    Event.KILL: Reason.KILLED,
}


_BY_GRAVITY = tuple(Reason)


def reason_after(reason: Reason | None, event: Event) -> Reason | None:
    """Return why the life ends, once *event* has happened too.

    The first event that closes a life names the reason. After that only something
    graver renames it: a crash during a cancellation is a crash, but a cancel that
    comes when the last message has been handled changes nothing.
    """
    new = _REASONS.get(event)
    if reason is None or new is None:
        return new or reason
    if event is Event.CANCEL:
        return reason
    return max(reason, new, key=_BY_GRAVITY.index)
