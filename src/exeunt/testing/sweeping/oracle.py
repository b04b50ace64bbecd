"""What must hold of every agent when a run is over, whatever has disturbed it."""

from collections import Counter
from collections.abc import Iterator

from ..._core.life import Life
from ..._model.lifecycle import State
from ..._model.words import shown
from .witness import Witness


class LedgerBroken(Exception):
    """When a run was over, the books of its agents were not in order.

    An agent had not left, a message was lost or counted twice, or something was left
    behind. If the agents are written by the rules, exeunt is to blame: please report
    it, with the text that replays the run.
    """


def check_books(witness: Witness) -> None:
    """Check every agent that *witness* has seen, after their run.

    Raises:
        LedgerBroken: something is wrong with one of them.
    """
    wrong = [f"agent {life.name!r} {it}" for life in witness.lives for it in _of(life)]
    wrong += _miscounted(witness)
    wrong += _lost(witness)
    wrong += [
        f"agent {life.name!r} began a turn when cancelled" for life in witness.late
    ]
    if wrong:
        raise LedgerBroken("; ".join(wrong))


def _of(life: Life) -> Iterator[str]:
    if life.state is not State.CLOSED:
        yield f"is still on stage: {life.state}"
        return
    ledger = life.outcome.ledger
    if ledger.accepted != ledger.settled:
        yield f"has accepted {ledger.accepted}, but {ledger}"
    if ledger != life.ledger():
        yield "has counted on after its outcome was told"
    if life.pool is None and len(life.outcome.undelivered) != ledger.undelivered:
        yield f"hands back {len(life.outcome.undelivered)} messages, but {ledger}"
    mailbox = life.mailbox
    figures = mailbox.outlet.statistics()  # of both ends; an inlet may have none
    if figures.open_send_channels:
        yield "has left the sending end of its mailbox open"
    if figures.open_receive_channels:
        yield "has left the receiving end of its mailbox open"
    if figures.current_buffer_used:
        yield "has left messages in its mailbox"
    if mailbox.line:
        yield "has left senders at its door"
    if life.deferred:
        yield "has left askers without the answers it had put off"
    if life.watchers:
        yield "has left somebody who waits for its end"


def _miscounted(witness: Witness) -> Iterator[str]:
    """Compare the turns that were counted with those that were seen."""
    seen = Counter(id(life) for life, _ in witness.begun)
    for life in filter(witness.sees, witness.lives):
        counted, turns = life.handled + life.failed + life.interrupted, seen[id(life)]
        # A turn that is put off is counted when it comes again, or never.
        if counted > turns or (counted < turns and life.lane is None):
            yield f"agent {life.name!r} has counted {counted} turns, and took {turns}"


def _lost(witness: Witness) -> Iterator[str]:
    """Find messages that were accepted, and then neither begun nor given back."""
    lives = witness.lives
    if not all(witness.sees(life) and life.state is State.CLOSED for life in lives):
        return
    known = {id(message): message for message in witness.sent}
    missing = Counter(map(id, witness.sent))
    missing.subtract(id(message) for _, message in witness.begun)
    missing.subtract(id(message) for life in lives for message in life.undelivered)
    if (+missing).total() > sum(life.dropped for life in lives):
        lost = ", ".join(shown(known[each]) for each in +missing)
        yield f"accepted, and then lost: {lost}"
