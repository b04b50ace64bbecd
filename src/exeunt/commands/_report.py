"""What became of a run, in words for people who have never seen an actor."""

from .. import Fate, Outcome

_MEANINGS = {
    Fate.FAILED: " (the service could not finish it and left)",
    Fate.INTERRUPTED: " (cut short while it was handled)",
    Fate.ABANDONED: " (its asker left before it was begun)",
    Fate.UNDELIVERED: " (never begun)",
}


def reading(lines: int, malformed: int, ending: str) -> str:
    """Say how much was read, and why no more."""
    understood = f"{malformed} not understood" if malformed else "all understood"
    return f"Read {_count(lines, 'line')}, {understood}. Why it ended: {ending}."


def account(outcome: Outcome) -> str:
    """Say what became of every message."""
    ledger = outcome.ledger
    parts = [
        f"{getattr(ledger, fate)} {fate}{_MEANINGS.get(fate, '')}"
        for fate in Fate
        if getattr(ledger, fate) or fate is Fate.HANDLED
    ]
    return (
        f"Ledger of the service: {_count(ledger.accepted, 'message')} accepted "
        f"= {' + '.join(parts)}. Lost: {ledger.accepted - ledger.settled or 'none'}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
