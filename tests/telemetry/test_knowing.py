"""Who follows an endless run keeps what goes on, and a little of what is over."""

from histories import History

from exeunt.telemetry.knowing import Known
from exeunt.telemetry.logs import EventLog
from exeunt.telemetry.otel import Spans
from exeunt.telemetry.prometheus import Metrics


def test_what_goes_on_is_known() -> None:
    known: Known[str] = Known(last=2)
    for number in range(100):
        known[number] = str(number)
    assert [known.get(number) for number in (0, 99, 100, None)] == [
        "0",
        "99",
        None,
        None,
    ]


def test_of_what_is_over_the_last_is_known() -> None:
    known: Known[str] = Known(last=2)
    for number in range(4):
        known[number] = str(number)
    for number in (3, 0, 2):
        assert known.end(number) == str(number)
        assert known.end(number) is None
    assert [known.get(number) for number in range(4)] == ["0", "1", "2", None]
    assert len(known) == 3


def test_nothing_grows_with_what_is_over() -> None:
    history = History()
    metrics, spans, log = Metrics(), Spans(began=0), EventLog()

    def live_a_life() -> None:
        history.start(0)
        history.send(0, 1)
        history.turn(0, 0)
        history.turn(0, 0)
        history.leave(0)
        for fold in (metrics, spans, log):
            fold.feed(history.events)
        history.events.clear()

    for _ in range(20_100):
        live_a_life()
    for people in (metrics._people, spans._people, log._people, log._messages):
        assert len(people) == 10_000
    for held in (metrics._states, metrics._messages, spans._messages, spans._asks):
        assert not held
