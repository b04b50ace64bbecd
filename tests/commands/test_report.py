from exeunt import Ledger, Outcome, Reason
from exeunt.commands._report import account, reading


def outcome(ledger: Ledger) -> Outcome:
    return Outcome("service", Reason.STOPPED, None, ledger)


def test_reading_says_how_much_was_understood() -> None:
    assert reading(1, 0, "so") == "Read 1 line, all understood. Why it ended: so."
    assert reading(3, 2, "so") == "Read 3 lines, 2 not understood. Why it ended: so."


def test_the_account_of_a_smooth_run_is_short() -> None:
    assert account(outcome(Ledger(accepted=1, handled=1))) == (
        "Ledger of the service: 1 message accepted = 1 handled. Lost: none."
    )


def test_the_account_explains_every_fate_that_a_message_met() -> None:
    text = account(outcome(Ledger(accepted=6, interrupted=1, undelivered=5)))

    assert "6 messages accepted = 0 handled + 1 interrupted (" in text
    assert " + 5 undelivered (never begun)" in text
    assert "failed" not in text


def test_a_message_without_a_fate_would_show_as_lost() -> None:
    assert account(outcome(Ledger(accepted=3, handled=1))).endswith("Lost: 2.")
