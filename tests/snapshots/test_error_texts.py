"""What each error says, word for word, is in errors.txt.

Each case in the files cases_of_*.py provokes one error, and has a section in errors.txt
under its name: first the error as Python shows it, then what it carries. A case without
a section fails, and so does a section without a case.
"""

import re
from pathlib import Path
from textwrap import fill

import cases_of_agents  # noqa: F401 - which registers its cases
import cases_of_applications  # noqa: F401
import cases_of_blocking  # noqa: F401
import cases_of_consulting  # noqa: F401
import cases_of_messages  # noqa: F401
import cases_of_overflow  # noqa: F401
import cases_of_pools  # noqa: F401
import cases_of_registry  # noqa: F401
import cases_of_requests  # noqa: F401
import cases_of_streams  # noqa: F401
import cases_of_supervisors  # noqa: F401
import cases_of_the_lane  # noqa: F401
import cases_of_topics  # noqa: F401
import pytest
import trio
from provoking import CASES
from trio.testing import MockClock

EXPECTED = Path(__file__).with_name("errors.txt")
CARRIED = ("message", "answers", "errors", "fate", "ring")


def sections() -> dict[str, str]:
    """Read the expected texts, each under its name."""
    text = EXPECTED.read_text(encoding="utf-8")
    _, *parts = re.split(r"^# ", text, flags=re.MULTILINE)
    pairs = (part.split("\n", 1) for part in parts)
    return {name: text.strip() for name, text in pairs}


def shown(error: BaseException) -> str:
    """Return what the file has to say about *error*."""
    text = f"{type(error).__name__}: {error}"
    assert text.split() == text.split(" "), "wrapping would hide something"
    lines = [fill(text, 88, break_long_words=False, break_on_hyphens=False)]
    carried = {name: getattr(error, name, None) for name in CARRIED}
    lines += [f"  {name}: {what}" for name, what in carried.items() if what is not None]
    if error.__cause__ is not None:
        lines.append(f"  because of: {error.__cause__!r}")
    lines += [f"  note: {note}" for note in getattr(error, "__notes__", ())]
    return "\n".join(lines)


@pytest.mark.parametrize("name", CASES)
async def test_an_error_says_what_is_in_the_file(
    name: str, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    error = await CASES[name](nursery)
    assert shown(error) == sections().get(name, "(there is no such section)")


def test_each_section_has_a_case() -> None:
    assert list(sections()) == list(CASES)
