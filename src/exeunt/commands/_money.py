"""What a run of the team may cost: counted in tokens, or in dollars."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import attrs

from ..team.models.price import DOLLAR, Price

TOKENS, DOLLARS = "200000", "1"
"""What may be spent if nobody says otherwise."""


class BadMoney(Exception):
    """An amount makes no sense; what is said is for whoever typed it."""


@attrs.frozen
class Money:
    """The prices of the models, and the limit, in one unit.

    Attributes:
        prices: The price of each model.
        limit: What may be spent.
        unit: How much of it is a token, or a dollar.
        in_dollars: Whether it is dollars that are counted.

    """

    prices: tuple[Price, ...]
    limit: int
    unit: int
    in_dollars: bool

    @classmethod
    def of(
        cls, budget: str | None, prices: Sequence[Sequence[str]], models: int
    ) -> "Money":
        """Read what was typed.

        Args:
            budget: Tokens, or dollars if there are prices.
            prices: Dollars for a million tokens of prompts, and of answers: for each
                model, or once for all of them.
            models: How many models there are.

        Raises:
            BadMoney: That is no amount, or the number of prices fits no models.

        """
        unit = DOLLAR if prices else 1
        try:
            limit = Decimal(budget or (DOLLARS if prices else TOKENS)) * unit
            whole = int(limit)
        except (InvalidOperation, OverflowError, ValueError):
            raise BadMoney(f"--budget is a number from 0 on, not {budget}") from None
        if limit != whole or whole < 0:
            raise BadMoney(f"--budget is a number from 0 on, not {budget}")
        if len(prices) not in {0, 1, models}:
            raise BadMoney(f"there are {len(prices)} --price for {models} models")
        try:
            known = [Price.dollars(*each) for each in prices] or [Price.tokens()]
        except ValueError as error:
            raise BadMoney(f"--price: {error}") from None
        each = known * models if len(known) == 1 else known
        return cls(tuple(each), whole, unit, bool(prices))

    def told(self, amount: int) -> str:
        """Write an amount for people."""
        if self.in_dollars:
            return f"${Decimal(amount) / self.unit:.4f}"
        return f"{amount:,} tokens"
