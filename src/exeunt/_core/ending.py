"""How a life ends, or its incarnation: what is done with all that the agent holds.

Synchronous like everything that is done to a life, so that nobody sees half of it.
"""

from contextlib import suppress

from .._model.lifecycle import Event, State
from .._model.outcome import Fate
from .._model.words import complaint, shown
from . import regrets
from .ask import Ask, Stage, message_of
from .failures import event_for, without_cancelled
from .lane import NOTHING
from .life import Life
from .trio_private import cancel_scope

_ENDING = (State.CLOSING, State.CLOSED)
_DOING = {State.STARTING: "starting", State.CLOSING: "leaving its lifespan"}


def retire(life: Life, error: BaseException | None) -> None:
    """The last message has been handled: account for all the others.

    Or, if another incarnation follows, for the one alone that was being handled.

    The order matters. The reason is fixed before anybody hears of the end. The
    intake closes before the mailbox is cleared, or a sender in the line would be
    told that its message was accepted by an agent that will never handle it.
    The askers are answered before lifespan is left, which may wait for them.
    """
    event = event_for(error)
    if life.turn is NOTHING:
        life.note("rests")
    if event is Event.CANCEL:
        _note_cancel(life, error)
    failed = event is Event.CRASH or event is Event.KILL
    new = failed and _note_failure(life, error)
    if life.keeper is not None:
        event = _consider(life, event, new)
        if life.again:
            _end_turn(life, event)
            _give_up_replies(life)
            return
    life.note("leaves")
    if life.state is State.STARTING or life.state is State.RUNNING:
        life.move(event)
        life.mailbox.close_intake(life.refusal)
    elif event is not Event.DRAINED or life.state is State.DRAINING:
        life.move(event)
    if event is Event.DRAINED and life.lane is None:
        life.mailbox.outlet.close()
    else:
        _end_turn(life, event)
        _give_up_the_rest(life)


def recall(life: Life) -> None:
    """End this incarnation; another is to follow. Nothing is lost but its turn."""
    if life.state not in _ENDING:
        life.again = True
        cancel_scope(life.scope, "it is started again")


def begin_again(life: Life) -> None:
    """Another incarnation takes over the mailbox."""
    life.again = False
    life.entering = True
    life.error = None
    life.restarts += 1
    life.note("again", life.restarts)
    held, life.held = life.held, NOTHING
    if life.lane is not None or held is not NOTHING:
        life.side().begin_again(held)


def _consider(life: Life, event: Event, new_failure: bool) -> Event:
    """Decide whether another incarnation follows; return what *event* comes to."""
    assert life.keeper is not None
    forgiven = life.again and not new_failure
    doubted, life.in_doubt = life.in_doubt, False
    if event is Event.KILL or event is Event.DRAINED:
        life.again = False
    elif life.state in _ENDING:
        life.again = False
        if forgiven and event is Event.CRASH:  # cancelled before it could come again
            life.error = None
            return Event.CANCEL
    elif new_failure:
        assert life.error is not None
        life.again = not life.start_awaited and life.keeper.keeps(life, life.error)
    elif event is Event.CANCEL and (doubted or not life.again):
        # What its lifespan runs has cancelled it. If that has failed, leaving lifespan
        # will say so, and if it has not, this is the second time.
        life.in_doubt = not doubted and life.keeper.may_keep(life)
        life.again = life.in_doubt
    return event


def _note_failure(life: Life, error: BaseException | None) -> bool:
    """Keep a failure, and return whether it is a new one."""
    failure = without_cancelled(error) if error is not None else None
    if failure is None or failure is life.error:
        return False
    life.error = failure
    doing = _doing(life)
    with suppress(Exception):  # an exception may refuse notes
        failure.add_note(f"agent {life.name!r} was {doing}")
    life.note("failed", complaint(failure), doing)
    return True


def _note_cancel(life: Life, error: BaseException | None) -> None:
    """Note where the cancellation has come from, and why, if Trio says so (0.31)."""
    if life.journal is None:
        return
    if life.task is not None:
        life.journal.look(life.task)
    if life.cancel_reason is None:
        reason = getattr(error, "reason", None) or getattr(error, "source", None)
        life.note("struck", reason)


def _doing(life: Life) -> str:
    if life.turn is not NOTHING:
        return f"handling {shown(message_of(life.turn))}"
    if life.entering:
        return _DOING[State.STARTING]
    if life.crew:
        return "having its messages handled by its workers"
    return _DOING.get(life.state, "waiting for messages")


def _end_turn(life: Life, event: Event) -> None:
    turn, life.turn = life.turn, NOTHING
    if turn is NOTHING:
        return
    life.count(turn, Fate.FAILED if event is Event.CRASH else Fate.INTERRUPTED)
    if isinstance(turn, Ask):
        turn.settle(error=regrets.turn_lost(life, turn.message, event))


def _give_up_the_rest(life: Life) -> None:
    held, life.held = life.held, NOTHING
    if life.lane is not None:
        left = life.lane.clear(held)
    else:
        left = [] if held is NOTHING else [held]
    left += life.mailbox.clear()
    undelivered: list[object] = list(life.undelivered)
    for item in left:
        if isinstance(item, Ask):
            if item.stage is Stage.ABANDONED:
                life.count(item, Fate.ABANDONED)
                continue
            item.settle(error=regrets.closed(life, item.message, Fate.UNDELIVERED))
        undelivered.append(message_of(item))
        life.note("ended", item, Fate.UNDELIVERED)
    life.undelivered = tuple(undelivered)
    _give_up_replies(life)


def _give_up_replies(life: Life) -> None:
    for ask in tuple(life.deferred or ()):
        ask.settle(error=regrets.closed(life, ask.message, Fate.HANDLED))
