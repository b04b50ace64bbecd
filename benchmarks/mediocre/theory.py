"""What the formulas promise, as tables: ``python -m benchmarks.mediocre.theory``."""

from collections.abc import Iterable

from exeunt.team.mechanisms.gating import tries, trust, whole
from exeunt.team.mechanisms.stopping import patience
from exeunt.team.mechanisms.voting import chance, expected_votes, needed_lead


def table(title: str, heads: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """Write a table in Markdown."""
    heads = [*heads]
    lines: list[Iterable[object]] = [heads, ["---"] * len(heads), *rows]
    text = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
    return f"{title}\n\n{text}\n"


def tables() -> Iterable[str]:
    """Make all the tables, one after the other."""
    leads, chances = (1, 2, 3, 4, 5), (0.6, 0.7, 0.75, 0.8, 0.9, 0.99)
    yield table(
        "Chance that the right one of two choices wins a race to be ahead by k",
        ["p", *(f"k = {k}" for k in leads)],
        [[p, *(f"{chance(p, k):.3f}" for k in leads)] for p in chances],
    )
    yield table(
        "Votes that such a race takes in the mean",
        ["p", *(f"k = {k}" for k in leads)],
        [[p, *(f"{expected_votes(p, k):.1f}" for k in leads)] for p in chances],
    )
    steps = (10, 1_000, 1_000_000)
    yield table(
        "The least k with which a whole of s steps is right in 95 % of all cases",
        ["p", *(f"s = {s:,}" for s in steps)],
        [[p, *(needed_lead(p, s) for s in steps)] for p in chances],
    )
    yield table(
        "A gate with the leakage alpha, where a candidate is right with p = .53",
        ["alpha", "accepted and right", "tries", "ten modules right"],
        [
            [
                a,
                f"{trust(0.53, a):.3f}",
                f"{tries(0.53, a):.2f}",
                f"{whole(0.53, a, 10):.3f}",
            ]
            for a in (0.88, 0.5, 0.2, 0.09, 0.05, 0.01)
        ],
    )
    yield table(
        "Failures in a row after which P(p > p_min) is below 5 %",
        ["p_min", "failures"],
        [[p, patience(p)] for p in (0.05, 0.1, 0.2, 0.3, 0.5)],
    )


if __name__ == "__main__":
    print("\n".join(tables()))
