"""pykka: an actor is a thread, and so is an asker."""

# mypy: disable-error-code="import-not-found, misc, unused-ignore"

from threading import Semaphore, Thread
from typing import Any

import pykka

from ..measure import Stopwatch


class Counter(pykka.ThreadingActor):
    """Counts its messages."""

    def __init__(self, window: Semaphore) -> None:
        super().__init__()
        self.window = window
        self.count = 0

    def on_receive(self, message: object) -> int:
        """Handle one more."""
        self.count += 1
        if message == "tell":
            self.window.release()
        return self.count


def tell(count: int, stopwatch: Stopwatch) -> None:
    window = Semaphore(32)
    with stopwatch:
        counter = Counter.start(window)
        for _ in range(count):
            window.acquire()
            counter.tell("tell")
        assert counter.ask("ask") == count + 1
        counter.stop()


def ask(count: int, stopwatch: Stopwatch) -> None:
    with stopwatch:
        counter = Counter.start(Semaphore())
        _ask(counter, count)
        counter.stop()


def ask_100(count: int, stopwatch: Stopwatch) -> None:
    with stopwatch:
        counter = Counter.start(Semaphore())
        askers = [Thread(target=_ask, args=(counter, count // 100)) for _ in range(100)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        counter.stop()


def _ask(counter: Any, count: int) -> None:
    for _ in range(count):
        counter.ask("ask")


def start_stop(count: int, stopwatch: Stopwatch) -> None:
    with stopwatch:
        counters = [Counter.start(Semaphore()) for _ in range(count)]
        for counter in counters:
            counter.stop(block=False)
        for counter in counters:
            counter.actor_stopped.wait()


JOBS = {"tell": tell, "ask": ask, "ask-100": ask_100, "start-stop": start_stop}
