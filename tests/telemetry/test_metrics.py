"""What Prometheus is told adds up, and stays small."""

import math
from collections import Counter
from typing import Any

import pytest
from histories import History, cut_histories, histories
from hypothesis import given, strategies as st
from prometheus_client.parser import text_string_to_metric_families

from exeunt._model import events as ev
from exeunt.telemetry.prometheus import Metrics

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def metrics_of(events: list[ev.Event]) -> Metrics:
    metrics = Metrics(buckets=(0.5, 2))
    metrics.feed(events)
    return metrics


def series(metrics: Metrics) -> Series:
    """What a client of Prometheus reads, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.text())
        for sample in family.samples
    }


def total(found: Series, name: str, **labels: str) -> float:
    return sum(
        value
        for (each, has), value in found.items()
        if each == name and labels.items() <= dict(has).items()
    )


def only(events: list[ev.Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@given(histories())
def test_every_message_is_counted_once_and_once_more_at_its_end(
    events: list[ev.Event],
) -> None:
    found = series(metrics_of(events))
    offered = only(events, ev.MessageOffered)
    assert total(found, "exeunt_messages_offered_total") == len(offered)
    assert total(found, "exeunt_messages_total") == len(offered)
    for fate, times in Counter(e.fate for e in only(events, ev.MessageEnded)).items():
        assert total(found, "exeunt_messages_total", fate=fate) == times
    assert total(found, "exeunt_messages") == 0
    assert total(found, "exeunt_agents") == 0


@given(histories(), st.integers(0))
def test_what_has_no_fate_yet_is_somewhere(events: list[ev.Event], cut: int) -> None:
    seen = events[: cut % (len(events) + 1)]
    if seen and isinstance(seen[-1], ev.MessageOffered):
        seen.pop()  # it would be on its way to the mailbox
    found = series(metrics_of(seen))
    offered = total(found, "exeunt_messages_offered_total")
    ended = total(found, "exeunt_messages_total")
    assert offered == ended + total(found, "exeunt_messages")


@given(histories())
def test_each_turn_is_in_both_histograms(events: list[ev.Event]) -> None:
    found = series(metrics_of(events))
    turns = len(only(events, ev.MessageBegun))
    for name in ("exeunt_waiting_seconds", "exeunt_handling_seconds"):
        assert total(found, f"{name}_count") == turns
        assert total(found, f"{name}_bucket", le="+Inf") == turns
        at_most = [total(found, f"{name}_bucket", le=le) for le in ("0.5", "2", "+Inf")]
        assert at_most == sorted(at_most)


@given(histories())
def test_the_times_of_all_turns_add_up(events: list[ev.Event]) -> None:
    begun: dict[int, float] = {}
    took = 0.0
    for event in events:
        match event:
            case ev.MessageBegun(message=number):
                begun[number] = event.t
            case ev.MessagePostponed(message=number) | ev.MessageEnded(message=number):
                took += event.t - begun.pop(number, event.t)
            case _:
                pass
    said = total(series(metrics_of(events)), "exeunt_handling_seconds_sum")
    assert math.isclose(said, took, abs_tol=1e-9)


@given(cut_histories())
def test_portions_make_no_difference(
    run: tuple[list[ev.Event], list[list[ev.Event]]],
) -> None:
    events, portions = run
    metrics = Metrics(buckets=(0.5, 2))
    for portion in portions:
        metrics.feed(portion)
    assert metrics.text() == metrics_of(events).text()


def test_a_thousand_names_are_as_many_series_as_three() -> None:
    def crowd(number: int) -> Series:
        history = History()
        for each in range(number):
            history.start(each)
            history.send(each, 30)
            history.turn(each, 0)
            history.turn(each, 0)
        return series(metrics_of(history.events))

    few, many = crowd(3), crowd(1_000)
    assert few.keys() == many.keys()
    names = {value for _, labels in many for _, value in labels}
    assert not any(name.startswith("number") for name in names)


@given(histories(whole=False))
def test_labels_are_types_states_fates_and_kinds_alone(events: list[ev.Event]) -> None:
    values = {
        value
        for _, labels in series(metrics_of(events))
        for label, value in labels
        if label not in {"fate", "state", "kind", "place", "le"}
    }
    assert values <= {"Cook", "Waiter", "Guest", "Order", "Dish", "Bill", "unknown"}


def test_a_life_goes_from_state_to_state() -> None:
    def states(*more: ev.Event) -> list[str]:
        started = ev.AgentStarted(
            seq=0, t=0, agent=1, scope=None, name="a", type="A", capacity=1, by=None
        )
        found = series(metrics_of([started, *more]))
        return [
            dict(labels)["state"]
            for (name, labels), value in found.items()
            if name == "exeunt_agents" and value
        ]

    ready = ev.AgentReady(seq=1, t=0, agent=1)
    failed = ev.AgentFailed(seq=2, t=0, agent=1, error="", doing="")
    again = ev.AgentRestarted(seq=3, t=0, agent=1, restarts=1)
    stopped = ev.AgentStopping(seq=4, t=0, agent=1, how="stop", reason=None)
    cancelled = ev.AgentStopping(seq=5, t=0, agent=1, how="cancel", reason=None)
    leaving = ev.AgentLeaving(seq=6, t=0, agent=1)
    left = ev.AgentLeft(seq=7, t=0, agent=1, outcome="stopped", error=None)
    assert states() == ["starting"]
    assert states(ready) == ["running"]
    assert states(ready, failed) == ["failed"]
    assert states(ready, failed, again) == ["starting"]
    assert states(ready, failed, again, ready) == ["running"]
    assert states(stopped, ready) == ["draining"]
    assert states(ready, stopped, failed, again) == ["draining"]
    assert states(ready, cancelled, stopped) == ["closing"]
    assert states(ready, stopped, leaving) == ["closing"]
    assert states(ready, leaving, left) == []


def test_a_type_may_be_called_anything() -> None:
    name = 'my "fine"\\\nagent'
    started = ev.AgentStarted(
        seq=0, t=0, agent=1, scope=None, name="a", type=name, capacity=1, by=None
    )
    found = series(metrics_of([started]))
    assert {dict(labels)["agent"] for _, labels in found} == {name}


def test_the_text_is_what_the_format_asks_for() -> None:
    history = History()
    history.start(0)
    history.send(0, 0)
    history.turn(0, 0)
    history.turn(0, 0)
    lines = metrics_of(history.events).text().splitlines()
    begin = lines.index("# TYPE exeunt_handling_seconds histogram")
    assert lines[begin - 1 : begin + 6] == [
        "# HELP exeunt_handling_seconds From a turn's begin to its end.",
        "# TYPE exeunt_handling_seconds histogram",
        'exeunt_handling_seconds_bucket{agent="Cook",message="Order",le="0.5"} 1',
        'exeunt_handling_seconds_bucket{agent="Cook",message="Order",le="2"} 1',
        'exeunt_handling_seconds_bucket{agent="Cook",message="Order",le="+Inf"} 1',
        'exeunt_handling_seconds_sum{agent="Cook",message="Order"} 0.125',
        'exeunt_handling_seconds_count{agent="Cook",message="Order"} 1',
    ]


def test_a_bucket_holds_what_takes_as_long_as_its_bound() -> None:
    history = History()
    history.start(0)
    history.send(0, 0)
    history.turn(0, 0)
    history.turn(0, 0)  # an eighth of a second later
    metrics = Metrics(buckets=(0.125,))
    metrics.feed(history.events)
    assert total(series(metrics), "exeunt_handling_seconds_bucket", le="0.125") == 1


@pytest.mark.parametrize("buckets", [(2, 1), (1, 1), (1, math.inf), (math.nan,)])
def test_buckets_rise(buckets: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="rise"):
        Metrics(buckets=buckets)
