"""Votes and gates in thousands of draws, to hold the formulas against."""

from random import Random

from exeunt.team.mechanisms.voting import Race


def races(p: float, k: int, many: int) -> tuple[int, int]:
    """Run races to be ahead by *k*, each vote right with the chance *p*.

    Returns:
        How many the right answer has won, and how many votes were cast in all.

    """
    random = Random(f"races {p} {k}")  # noqa: S311 - nothing is secret here
    won = cast = 0
    for _ in range(many):
        race = Race[bool](k)
        while race.winner is None:
            race.vote(random.random() < p)
        won += race.winner
        cast += race.votes
    return won, cast


def gates(p: float, alpha: float, most: int, many: int) -> int:
    """Draw until a gate lets something through, *most* times at the most.

    Returns:
        How often that was something right.

    """
    random = Random(f"gates {p} {alpha} {most}")  # noqa: S311 - nothing is secret here
    right = 0
    for _ in range(many):
        for _ in range(most):
            good = random.random() < p
            if good or random.random() < alpha:
                right += good
                break
    return right
