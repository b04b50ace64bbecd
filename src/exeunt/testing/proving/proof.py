"""What has been proved, and what it means that something has not."""

import attrs


class Unproved(Exception):
    """Not every order was tried, so nothing may be claimed.

    The budget was used up; or the scenario does what makes a proof impossible; or
    random runs showed that tasks share something which was not declared (`touch`).
    """


@attrs.frozen(kw_only=True)
class Proof:
    """A scenario that holds in every order of its steps.

    Attributes:
        scenario: the name of the scenario.
        runs: how many runs it took.
        cut_short: how many of them turned out, on the way, to lead to nothing new.
        outcomes: how many different values the scenario returned, or None if it
            returns what cannot be compared.
        cross_checked: how many random runs were made afterwards, and led to nothing
            else.
    """

    scenario: str
    runs: int
    cut_short: int
    outcomes: int | None
    cross_checked: int

    def __str__(self) -> str:
        runs = f"{self.runs:,} run{'s' * (self.runs != 1)}"
        cut = f", {self.cut_short:,} of them cut short" if self.cut_short else ""
        several = self.outcomes is not None and self.outcomes > 1
        ends = f", {self.outcomes:,} outcomes" if several else ""
        return (
            f"{self.scenario}: exhausted: holds for every order ({runs}{cut}{ends}; "
            f"{self.cross_checked:,} random runs agree)."
        )
