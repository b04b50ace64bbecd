"""How a scene has ended, in words."""

import pytest

from exeunt import Ledger, Outcome, Reason
from exeunt._model.report import MOST_AGENTS, MOST_MESSAGES, account


def stopped(name: str = "bank", **more: int) -> Outcome:
    return Outcome(name, Reason.STOPPED, None, Ledger(accepted=2, handled=2), **more)  # type: ignore[arg-type]


def cancelled(name: str = "bank", *undelivered: object) -> Outcome:
    count = len(undelivered)
    ledger = Ledger(accepted=count, undelivered=count)
    return Outcome(name, Reason.CANCELLED, None, ledger, undelivered)


def lines(*outcomes: Outcome, cues: tuple[str, ...] = ()) -> list[str]:
    text = account(outcomes, cues)
    assert text.endswith("\n")
    return text[:-1].split("\n")


def test_where_all_is_well_each_agent_has_a_line_and_all_have_a_summary() -> None:
    assert lines(stopped("log"), stopped("bank")) == [
        "log stopped; 2 accepted: 2 handled",
        "bank stopped; 2 accepted: 2 handled",
        "Exeunt: 2 agents stopped, nothing undelivered.",
    ]


def test_nobody_can_have_left() -> None:
    assert lines() == ["Exeunt: nobody was on stage, nothing undelivered."]


@pytest.mark.parametrize(
    ("cues", "summary"),
    [
        (("SIGTERM",), "Exeunt, after SIGTERM: 1 agent stopped, "),
        (("SIGINT", "SIGTERM"), "Exeunt, after SIGINT and SIGTERM: 1 agent stopped, "),
        (("one", "two", "three"), "Exeunt, after one, two and three: 1 agent stop"),
    ],
)
def test_the_summary_says_what_made_them_leave(
    cues: tuple[str, ...], summary: str
) -> None:
    assert lines(stopped(), cues=cues)[-1].startswith(summary)


def test_the_summary_counts_who_left_how_the_gravest_last() -> None:
    crash = Outcome("bank", Reason.CRASHED, ValueError(), Ledger())
    killed = Outcome("bank", Reason.KILLED, SystemExit(), Ledger())
    everybody = [killed, cancelled(), crash, stopped(), cancelled("two", 1, 2)]
    assert lines(*everybody)[-1] == (
        "Exeunt: 1 agent stopped, 2 cancelled, 1 crashed, 1 killed, "
        "2 messages undelivered."
    )


def test_what_was_undelivered_is_shown() -> None:
    assert lines(cancelled("bank", "a", 2)) == [
        "bank cancelled; 2 accepted: 2 undelivered",
        "  undelivered: 'a'",
        "  undelivered: 2",
        "Exeunt: 1 agent cancelled, 2 messages undelivered.",
    ]


@pytest.mark.parametrize("more", [1, 1_000])
def test_of_many_undelivered_messages_the_first_are_shown(more: int) -> None:
    found = lines(cancelled("bank", *range(MOST_MESSAGES + more)))
    assert found[1:-1] == [
        *(f"  undelivered: {number}" for number in range(MOST_MESSAGES)),
        f"  undelivered: {more} more",
    ]


def test_as_many_undelivered_messages_as_are_shown_leave_none() -> None:
    found = lines(cancelled("bank", *range(MOST_MESSAGES)))
    assert found[-2] == f"  undelivered: {MOST_MESSAGES - 1}"


def test_restarts_are_told_and_counted() -> None:
    assert lines(stopped("log", restarts=1), stopped("bank", restarts=3)) == [
        "log stopped; 2 accepted: 2 handled; 1 restart",
        "bank stopped; 2 accepted: 2 handled; 3 restarts",
        "Exeunt: 2 agents stopped, nothing undelivered, 4 restarts.",
    ]


def test_a_cleanup_that_took_too_long_is_told() -> None:
    assert lines(stopped(cleanup_timed_out=True))[0] == (
        "bank stopped; 2 accepted: 2 handled; its cleanup was cut short"
    )


def test_restarts_and_a_cleanup_that_took_too_long_are_both_told() -> None:
    assert lines(stopped(restarts=2, cleanup_timed_out=True))[0] == (
        "bank stopped; 2 accepted: 2 handled; 2 restarts; its cleanup was cut short"
    )


def test_among_many_agents_those_that_only_stopped_are_summed_up() -> None:
    crowd = [stopped(f"extra-{number}") for number in range(1_000)]
    stars = [cancelled("hero", "a"), stopped("heroine", restarts=1)]
    found = lines(*crowd[:500], stars[0], *crowd[500:], stars[1])
    told = MOST_AGENTS - len(stars)
    assert found == [
        *(f"extra-{number} stopped; 2 accepted: 2 handled" for number in range(told)),
        "hero cancelled; 1 accepted: 1 undelivered",
        "  undelivered: 'a'",
        "heroine stopped; 2 accepted: 2 handled; 1 restart",
        "and 982 more; 1964 accepted: 1964 handled",
        "Exeunt: 1,001 agents stopped, 1 cancelled, 1 message undelivered, 1 restart.",
    ]


def test_as_many_agents_as_are_told_of_leave_none() -> None:
    assert len(lines(*MOST_AGENTS * [stopped()])) == MOST_AGENTS + 1
    assert len(lines(*(MOST_AGENTS + 1) * [stopped()])) == MOST_AGENTS + 2


def test_however_bad_it_was_the_report_is_bounded() -> None:
    lost = [cancelled(str(number), *range(100)) for number in range(1_000)]
    found = lines(*lost)
    assert len(found) == MOST_AGENTS * (1 + MOST_MESSAGES + 1) + 2
    assert found[-2] == "and 980 more; 98000 accepted: 98000 undelivered"
    assert found[-1] == "Exeunt: 1,000 agents cancelled, 100,000 messages undelivered."


class Wordy:
    def __repr__(self) -> str:
        return "<\n" + 1_000 * "wordy" + ">"


class Rude:
    def __repr__(self) -> str:
        raise RuntimeError


def test_what_users_have_named_or_sent_keeps_to_its_line() -> None:
    first, wordy, rude, _ = lines(
        cancelled("two\nlines" + 1_000 * "!", Wordy(), Rude())
    )
    assert first.startswith("two lines!!!")
    assert first.endswith("!!!...")
    assert wordy.startswith("  undelivered: < wordywordy")
    assert rude == "  undelivered: <Rude, whose repr raised RuntimeError>"
    assert len(first) <= 300
    assert len(wordy) <= 300


def test_a_line_has_room_for_300_characters() -> None:
    rest = len(lines(stopped(""))[0])
    fits, cut, _ = lines(stopped((300 - rest) * "!"), stopped((301 - rest) * "!"))
    assert fits.endswith("!!! stopped; 2 accepted: 2 handled")
    assert cut.endswith("!!! stopped; 2 accepted: 2 han...")
    assert len(fits) == len(cut) == 300
