"""The recorded answers, and how a raw recording becomes a tape.

``python -m benchmarks.mediocre.tape tasks RAW.jsonl hard RAW.jsonl`` makes the tape
anew: each raw line has a name, an attempt, and the response as the provider gave it;
or it is a line of a tape already.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

HERE = Path(__file__).parent / "tapes"
ANSWERS = HERE / "answers.jsonl.gz"


@attrs.frozen
class Recorded:
    """One answer to one task.

    Attributes:
        set: ``tasks`` or ``hard``; with ``repaired`` after it, if it mends a draft.
        name: The task.
        attempt: The number of the attempt, from 0.
        text: What was said.
        tokens: How many tokens it had, without the prompt's.
        truncated: Whether it was cut.

    """

    set: str
    name: str
    attempt: int
    text: str
    tokens: int
    truncated: bool


def answers() -> list[Recorded]:
    """Read the tape, by task and attempt."""
    with gzip.open(ANSWERS, "rt", encoding="utf-8") as tape:
        found = [Recorded(**json.loads(line)) for line in tape]
    return sorted(found, key=lambda each: (each.set, each.name, each.attempt))


def _recorded(which: str, raw: dict[str, Any]) -> Recorded:
    if "text" in raw:
        return Recorded(**raw)
    choice = raw["response"]["choices"][0]
    return Recorded(
        which,
        raw["name"],
        raw["attempt"],
        choice["message"]["content"],
        raw["response"]["usage"]["completion_tokens"],
        choice["finish_reason"] == "length",
    )


def _all(words: list[str]) -> Iterator[Recorded]:
    for which, path in zip(words[::2], words[1::2], strict=True):
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            yield _recorded(which, json.loads(line))


def main(words: list[str]) -> None:
    """Write the tape."""
    # A mtime would make each tape another file.
    with gzip.GzipFile(ANSWERS, "wb", mtime=0) as tape:
        for each in _all(words):
            tape.write(json.dumps(attrs.asdict(each)).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])
