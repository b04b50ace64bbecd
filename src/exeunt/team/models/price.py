"""What an answer costs, in whole numbers."""

import json
from decimal import Decimal

import attrs

from .model import Prompt, Usage

DOLLAR = 10**12
"""A dollar, in the unit of `Price.dollars`: a millionth of a dollar for a million."""

# A provider puts marks around each message, and may begin with words of its own.
_AROUND_A_MESSAGE = 16
_AROUND_ALL = 64


@attrs.frozen
class Price:
    """What tokens cost.

    Args:
        prompt: What a token of the prompt costs, in the unit of your budget.
        completion: What a token of the answer costs.

    Example::

        from exeunt.team.models.model import Usage
        from exeunt.team.models.price import DOLLAR, Price

        price = Price.dollars("0.15", "0.60")
        assert price.cost(Usage(1_000_000, 1_000_000)) == DOLLAR * 3 // 4
        assert Price.tokens().cost(Usage(30, 12)) == 42

    """

    prompt: int = attrs.field(validator=attrs.validators.ge(0))
    completion: int = attrs.field(validator=attrs.validators.ge(0))

    @classmethod
    def tokens(cls) -> "Price":
        """Count every token as 1."""
        return cls(1, 1)

    @classmethod
    def dollars(cls, prompt: str, completion: str) -> "Price":
        """Count in trillionths of a dollar, so that nothing is ever rounded.

        Args:
            prompt: Dollars for a million tokens of prompts, as in ``"0.15"``.
            completion: Dollars for a million tokens of answers.

        Raises:
            ValueError: One of them is no number, is below 0, or has more than six
                digits behind the point.

        """
        return cls(_millionths(prompt), _millionths(completion))

    def cost(self, usage: Usage) -> int:
        """Return what an answer cost."""
        return self.cost_of(usage.prompt_tokens, usage.completion_tokens)

    def cost_of(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Return what so many tokens cost."""
        return self.prompt * prompt_tokens + self.completion * completion_tokens

    def estimate(self, prompt: Prompt) -> int:
        """Return the most that an answer to *prompt* may cost."""
        return self.cost_of(prompt_tokens(prompt), prompt.max_tokens)

    def so_far(self, prompt: Prompt, text: str) -> int:
        """Return the most that the beginning *text* of an answer may have cost."""
        tokens = min(tokens_of(text), prompt.max_tokens)
        return self.cost_of(prompt_tokens(prompt), tokens)


def tokens_of(text: str) -> int:
    """Return how many tokens a text has at the most: a token has a byte at least."""
    return len(text.encode(errors="surrogatepass"))


def prompt_tokens(prompt: Prompt) -> int:
    """Return how many tokens a prompt has at the most."""
    said = sum(
        tokens_of(message.content) + _AROUND_A_MESSAGE for message in prompt.messages
    )
    schema = "" if prompt.schema is None else json.dumps(prompt.schema)
    return _AROUND_ALL + said + len(schema)


def _millionths(dollars: str) -> int:
    try:
        amount = Decimal(dollars) * 1_000_000
        whole = int(amount)
    except (ArithmeticError, ValueError):
        raise ValueError(f"{dollars!r} is no amount of dollars") from None
    if whole != amount or whole < 0:
        raise ValueError(f"{dollars!r} is no amount with six digits behind the point")
    return whole
