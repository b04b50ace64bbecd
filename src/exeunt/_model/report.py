"""How a scene has ended, in words for those who run the program. Pure text."""

from collections import Counter
from collections.abc import Sequence

import attrs

from .lifecycle import Reason
from .outcome import Ledger, Outcome
from .words import shown

MOST_AGENTS = 20
"""How many agents get a line of their own."""
MOST_MESSAGES = 5
"""How many undelivered messages are shown of each agent."""
_LONGEST = 300


def account(outcomes: Sequence[Outcome], cues: Sequence[str] = ()) -> str:
    """Tell how the agents have left.

    Those of which there is more to say than that they stopped are shown first of all;
    among many, the others are summed up.

    Args:
        outcomes: how they left, in the order in which they did.
        cues: what made them leave, in the order in which it came, if anything did.

    Returns:
        A few lines, each ended by a newline; the last one is the summary.
    """
    told = sorted(range(len(outcomes)), key=lambda at: _is_plain(outcomes[at]))
    told = sorted(told[:MOST_AGENTS])
    lines = [line for at in told for line in _about(outcomes[at])]
    rest = [outcomes[at] for at in set(range(len(outcomes))) - {*told}]
    if rest:
        lines.append(f"and {len(rest)} more; {_total(rest)}")
    return "".join(f"{_cut(line)}\n" for line in [*lines, _summary(outcomes, cues)])


def _is_plain(outcome: Outcome) -> bool:
    return (
        outcome.reason is Reason.STOPPED
        and not outcome.undelivered
        and not outcome.restarts
        and not outcome.cleanup_timed_out
    )


def _about(outcome: Outcome) -> list[str]:
    more = f"; {_count(outcome.restarts, 'restart')}" if outcome.restarts else ""
    if outcome.cleanup_timed_out:
        more += "; its cleanup was cut short"
    lines = [f"{outcome}{more}"]
    messages = outcome.undelivered
    lines += [f"  undelivered: {shown(each)}" for each in messages[:MOST_MESSAGES]]
    if len(messages) > MOST_MESSAGES:
        lines.append(f"  undelivered: {len(messages) - MOST_MESSAGES} more")
    return lines


def _total(outcomes: Sequence[Outcome]) -> Ledger:
    rows = (attrs.astuple(outcome.ledger) for outcome in outcomes)
    return Ledger(*map(sum, zip(*rows, strict=True)))


def _summary(outcomes: Sequence[Outcome], cues: Sequence[str]) -> str:
    after = f", after {_listed(cues)}" if cues else ""
    undelivered = sum(len(outcome.undelivered) for outcome in outcomes)
    restarts = sum(outcome.restarts for outcome in outcomes)
    parts = [
        _who(Counter(outcome.reason for outcome in outcomes)),
        f"{_count(undelivered, 'message') if undelivered else 'nothing'} undelivered",
    ]
    if restarts:
        parts.append(_count(restarts, "restart"))
    return f"Exeunt{after}: {', '.join(parts)}."


def _listed(cues: Sequence[str]) -> str:
    *firsts, last = cues
    return f"{', '.join(firsts)} and {last}" if firsts else last


def _who(reasons: Counter[Reason]) -> str:
    numbers = [(reasons[reason], reason) for reason in Reason if reasons[reason]]
    if not numbers:
        return "nobody was on stage"
    (first, reason), *others = numbers
    parts = [f"{_count(first, 'agent')} {reason}"]
    return ", ".join(parts + [f"{number:,} {reason}" for number, reason in others])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cut(line: str) -> str:
    """Keep to one line what users have named, and raised, and sent."""
    line = " ".join(line.splitlines())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
