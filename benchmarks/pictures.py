"""How long a picture takes, and how large it is: ``python -m benchmarks.pictures``."""

import sys
from collections.abc import Sequence
from pathlib import Path
from time import process_time

from exeunt._model import events as ev
from exeunt.pictures.svg.picture import picture

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "pictures"))
from scripted import Script
from team_run import team_run


def milliseconds(events: Sequence[ev.Event]) -> float:
    """The least of ten tries, as processor time."""
    tries: list[float] = []
    for _ in range(10):
        begun = process_time()
        picture(events)
        tries.append(process_time() - begun)
    return 1000 * min(tries)


def many(events: int) -> Sequence[ev.Event]:
    """A long run: five workers, each with a mailbox, one of whom fails at times."""
    script = Script()
    script.task("main", None, main=True)
    names = [f"worker {n}" for n in range(5)]
    for name in names:
        script.starts(name, None, "Worker", 4, by="main")
        script.ready(name)
    for number in range(events // 4):
        name, text = names[number % 5], f"Job({number})"
        script.sends(text, "main", name)
        script.now += 0.01
        script.begins(text, name)
        if number % 100 == 99:
            error = "ValueError: odd"
            script.ends(text, "failed", error)
            script.agent(ev.AgentFailed, name, error=error, doing=f"handling {text}")
        else:
            script.ends(text)
    return script.events


def main() -> None:
    """Print the figures against their bars."""
    team = team_run()
    rows = (
        (f"{len(team)} events (the team)", team, 10, 25_000),
        ("56 of them", team[:56], 10, 25_000),
        ("600 events, all shown", many(580), 100, 0),
        ("2,000 events, a window shown", many(2000), 100, 0),
    )
    for name, events, most, bytes_ in rows:
        took, size = milliseconds(events), len(picture(events).encode())
        bar = f"{bytes_ // 1000} kB" if bytes_ else "-"
        print(f"{name:32} {took:6.1f} ms (bar {most})  {size:7,} bytes (bar {bar})")


if __name__ == "__main__":
    main()
