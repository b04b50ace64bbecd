"""The table of a life: two facts about all of it, and a few about its rows."""

from itertools import permutations, product

import pytest

from exeunt._model.lifecycle import (
    TRANSITIONS,
    Event,
    Reason,
    State,
    reason_after,
    step,
)

ORDER = list(State)
ENDINGS = (Event.DRAINED, Event.CANCEL, Event.CRASH, Event.KILL)


def test_there_is_a_row_for_each_state() -> None:
    assert list(TRANSITIONS) == ORDER


def test_states_only_rise() -> None:
    for state, events in TRANSITIONS.items():
        for event, after in events.items():
            assert ORDER.index(after) >= ORDER.index(state), (state, event)


def test_each_state_answers_requests_to_end() -> None:
    for state in State:
        assert {Event.STOP, Event.CANCEL} <= set(TRANSITIONS[state])


def test_each_state_but_the_last_can_be_left() -> None:
    for state in ORDER[:-1]:
        assert set(TRANSITIONS[state].values()) - {state}
    assert set(TRANSITIONS[State.CLOSED].values()) == {State.CLOSED}


def test_each_event_moves_a_life_somewhere() -> None:
    used = {event for events in TRANSITIONS.values() for event in events}
    assert used == set(Event)


def test_each_state_can_be_reached() -> None:
    reached = {State.STARTING}
    for state in ORDER:  # in order, since states only rise
        if state in reached:
            reached |= set(TRANSITIONS[state].values())
    assert reached == set(State)


@pytest.mark.parametrize("state", State)
def test_requests_to_end_form_a_semilattice(state: State) -> None:
    def after(*events: Event) -> State:
        reached = state
        for event in events:
            reached = step(reached, event)
        return reached

    stop, cancel = Event.STOP, Event.CANCEL
    assert after(stop, stop) == after(stop)
    assert after(cancel, cancel) == after(cancel)
    assert after(stop, cancel) == after(cancel, stop) == after(cancel)
    for requests in product((stop, cancel), repeat=3):
        ends = {after(*order) for order in permutations(requests)}
        assert ends == {after(cancel) if cancel in requests else after(stop)}


def test_step_goes_where_the_table_says_and_refuses_the_rest() -> None:
    for state, event in product(State, Event):
        if event in TRANSITIONS[state]:
            assert step(state, event) is TRANSITIONS[state][event]
        else:
            with pytest.raises(RuntimeError, match=f"{event} while {state}"):
                step(state, event)


def test_what_closes_a_life_first_names_the_reason() -> None:
    firsts = [reason_after(None, event) for event in ENDINGS]
    assert firsts == list(Reason)


def test_events_that_close_nothing_give_no_reason() -> None:
    for event in set(Event) - set(ENDINGS):
        assert reason_after(None, event) is None
        for reason in Reason:
            assert reason_after(reason, event) is reason


@pytest.mark.parametrize("reason", Reason)
def test_only_something_graver_renames_the_reason(reason: Reason) -> None:
    gravity = list(Reason)
    for event, other in ((Event.CRASH, Reason.CRASHED), (Event.KILL, Reason.KILLED)):
        graver = max(reason, other, key=gravity.index)
        assert reason_after(reason, event) is graver


@pytest.mark.parametrize("reason", Reason)
def test_a_late_cancel_does_not_rename_the_reason(reason: Reason) -> None:
    assert reason_after(reason, Event.CANCEL) is reason
