"""What tokens cost, in whole numbers."""

import pytest
from hypothesis import given, strategies as st

from exeunt.team.models.model import Message, Prompt, Usage
from exeunt.team.models.price import DOLLAR, Price, tokens_of

TOKENS = st.integers(0, 10**6)


@given(st.lists(st.tuples(TOKENS, TOKENS)))
def test_the_sum_of_the_costs_is_the_cost_of_the_sum(
    usages: list[tuple[int, int]],
) -> None:
    price = Price.dollars("0.15", "0.6")
    whole = Usage(sum(read for read, _ in usages), sum(said for _, said in usages))
    assert sum(price.cost(Usage(*usage)) for usage in usages) == price.cost(whole)


def test_dollars_are_never_rounded() -> None:
    assert Price.dollars("0.15", "12") == Price(150_000, 12_000_000)
    assert Price.dollars("2.5", "0").cost(Usage(10**6, 7)) == DOLLAR * 5 // 2


@pytest.mark.parametrize("wrong", ["", "much", "-1", "0.0000001", "nan", "inf"])
def test_what_is_no_amount_of_dollars_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        Price.dollars("1", wrong)


def test_an_estimate_has_a_token_for_each_byte_and_all_of_the_answer() -> None:
    said = Message("system", "schön"), Message("user", "\ud800?")
    prompt = Prompt(messages=said, max_tokens=50)
    assert tokens_of("schön") == 6
    assert Price(1, 0).estimate(prompt) == 64 + 16 + 6 + 16 + 4
    assert Price(0, 3).estimate(prompt) == 150
    with_schema = Prompt(messages=said, max_tokens=50, schema={"type": "array"})
    more = len('{"type": "array"}')
    assert Price(1, 0).estimate(with_schema) == Price(1, 0).estimate(prompt) + more
    assert Price(0, 3).so_far(prompt, "four") == 12
    assert Price(1, 3).so_far(prompt, "x" * 99) == Price(1, 3).estimate(prompt)
