"""What may be spent, as a tree of accounts: nothing is begun that cannot be paid."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from operator import index
from types import MappingProxyType

NOTHING: Mapping[str, int] = MappingProxyType({})


class OverBudget(Exception):
    """An account has too little left for what is asked of it.

    Nobody need be to blame: it is what a budget is for. Give the account more, ask for
    less, or wait until what is reserved has been settled.

    Attributes:
        account: The path of the account that refuses.
        asked: What it was asked for.
        left: What it had left.

    """

    def __init__(self, account: str, asked: int, left: int) -> None:
        super().__init__(
            f"{account} has {left:_} left, and {asked:_} are asked for: give it more,"
            " or ask for less"
        )
        self.account = account
        self.asked = asked
        self.left = left


class Reservation:
    """An amount that is kept back for a cost that is not known yet.

    Attributes:
        amount: How much is kept back.
        cost: What is settled when the block ends.

    """

    def __init__(self, amount: int) -> None:
        self.amount = amount
        self.cost = amount
        self._open = True

    def settle(self, cost: int) -> None:
        """Say what it has cost, in the end or so far; the last word counts.

        If nothing is ever said, it is the whole amount: who was cancelled may have to
        pay all the same.

        Args:
            cost: The cost, from 0 on. It may be above the amount; then the account may
                be overdrawn by the difference, for what is spent is spent.

        Raises:
            ValueError: *cost* is below 0.
            RuntimeError: The block has ended.

        """
        if not self._open:
            raise RuntimeError("this reservation has ended: settle it inside its block")
        self.cost = _amount(cost)

    def end(self) -> int:
        """Return what is settled; the end of the block calls it."""
        self._open = False
        return self.cost


class Budget:
    """An account of a whole amount, and a part of it for whoever needs a limit.

    What a part reserves and spends is reserved and spent in all that it is a part of
    as well. The sum of what is spent and reserved never exceeds a limit, but for costs
    that were above their reservations.

    The unit is yours: tokens, or the trillionths of a dollar that a `Price` counts.

    Args:
        limit: What may be spent, from 0 on.
        name: What it is called; without a slash.
        before: What accounts have spent before this run, by their paths. A part that
            is made anew begins with what it had spent.

    Raises:
        ValueError: *limit* is below 0, or there is a slash in *name*.

    Example::

        from exeunt.team.budget import Budget, OverBudget

        budget = Budget(1_000, "crew")
        engineer = budget.part("slugify", 600)
        with engineer.reserve(500) as reservation:
            assert (engineer.left, budget.left) == (100, 500)
            reservation.settle(120)
        assert (engineer.left, budget.left) == (480, 880)
        try:
            with engineer.reserve(500):
                raise AssertionError("this is not reached")
        except OverBudget as error:
            assert (error.account, error.left) == ("crew/slugify", 480)

    """

    def __init__(
        self,
        limit: int,
        name: str = "budget",
        *,
        before: Mapping[str, int] = NOTHING,
        _whole: "Budget | None" = None,
    ) -> None:
        if "/" in name:
            raise ValueError(f"the name of an account has no slash in it: {name!r}")
        self.path: str = f"{_whole.path}/{name}" if _whole else name
        self._limit = _amount(limit)
        self._whole = _whole
        self._before = before
        self._parts: dict[str, Budget] = {}
        self._reserved = 0
        self._spent = sum(
            spent for path, spent in before.items() if self._contains(path)
        )

    def __repr__(self) -> str:
        return f"<Budget {self.path}: {self.spent:_} spent, {self.left:_} left>"

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.rpartition("/")[2]

    @property
    def spent(self) -> int:
        """What has been spent, here and in its parts."""
        return self._spent

    @property
    def reserved(self) -> int:
        """What is kept back, here and in its parts."""
        return self._reserved

    @property
    def left(self) -> int:
        """What can be reserved; the account with the least left decides, 0 at least."""
        return min(account._room for account in self._line())

    @property
    def parts(self) -> tuple["Budget", ...]:
        """Its parts, in the order in which they were made."""
        return (*self._parts.values(),)

    def part(self, name: str, limit: int | None = None) -> "Budget":
        """Return the account of a part; the same name is the same account.

        Args:
            name: What it is called.
            limit: What it may spend at the most, if not all of the whole.

        Raises:
            ValueError: *limit* is below 0, *name* has a slash in it, or the part is
                there already, with another limit.

        """
        part = self._parts.get(name)
        if part is None:
            most = self._limit if limit is None else limit
            part = Budget(most, name, before=self._before, _whole=self)
            self._parts[name] = part
        elif limit not in {None, part._limit}:
            raise ValueError(f"{part.path} has the limit {part._limit}, not {limit}")
        return part

    @contextmanager
    def reserve(self, amount: int) -> Generator[Reservation]:
        """Keep *amount* back for the time of the block, and settle it when that ends.

        It is kept back here and in all that this is a part of, or nowhere.

        Args:
            amount: The most that it should cost, from 0 on.

        Returns:
            A context manager that gives a `Reservation`, to be told the cost.

        Raises:
            OverBudget: There is not so much left; which account refuses stands in it.
            ValueError: *amount* is below 0.

        """
        reservation = Reservation(_amount(amount))
        line = [*self._line()]
        # From the whole on down: a part with a larger limit would not help there.
        for account in reversed(line):
            if amount > account._room:
                raise OverBudget(account.path, amount, account._room)
        for account in line:
            account._reserved += amount
        try:
            yield reservation
        finally:
            cost = reservation.end()
            for account in line:
                account._reserved -= amount
                account._spent += cost

    def _line(self) -> Iterator["Budget"]:
        account: Budget | None = self
        while account is not None:
            yield account
            account = account._whole

    @property
    def _room(self) -> int:
        return max(0, self._limit - self._spent - self._reserved)

    def _contains(self, path: str) -> bool:
        return f"{path}/".startswith(f"{self.path}/")


def _amount(amount: int) -> int:
    """Return a whole amount; a float would never add up."""
    if index(amount) < 0:
        raise ValueError(f"an amount is a number from 0 on, not {amount}")
    return amount
