"""Ledgers and outcomes."""

import pytest

from exeunt import Fate, Ledger, Outcome, Reason


def test_a_ledger_has_a_count_for_each_fate() -> None:
    for fate in Fate:
        assert Ledger(**{fate: 3}).settled == 3
    assert Ledger(accepted=3).settled == 0


def test_settled_is_the_sum_of_the_fates() -> None:
    ledger = Ledger(
        accepted=99,
        handled=1,
        failed=2,
        interrupted=4,
        abandoned=8,
        dropped=16,
        undelivered=32,
    )
    assert ledger.settled == 63


@pytest.mark.parametrize(
    ("ledger", "text"),
    [
        (Ledger(), "0 accepted"),
        (Ledger(accepted=2), "2 accepted"),
        (Ledger(accepted=1, handled=1), "1 accepted: 1 handled"),
        (
            Ledger(accepted=9, handled=4, failed=1, undelivered=4),
            "9 accepted: 4 handled, 1 failed, 4 undelivered",
        ),
    ],
)
def test_a_ledger_in_words_names_what_is_not_zero(ledger: Ledger, text: str) -> None:
    assert str(ledger) == text


def test_an_outcome_in_words() -> None:
    ledger = Ledger(accepted=1, handled=1)
    stopped = Outcome("bank", Reason.STOPPED, None, ledger)
    assert str(stopped) == "bank stopped; 1 accepted: 1 handled"
    told = Outcome("bank", Reason.CANCELLED, None, ledger, cancel_reason="lunch")
    assert str(told) == "bank cancelled (lunch); 1 accepted: 1 handled"


def test_outcomes_cannot_be_changed() -> None:
    outcome = Outcome("bank", Reason.STOPPED, None, Ledger())
    with pytest.raises(AttributeError):
        outcome.reason = Reason.CRASHED  # type: ignore[misc]
    with pytest.raises(AttributeError):
        outcome.ledger.handled = 1  # type: ignore[misc]
