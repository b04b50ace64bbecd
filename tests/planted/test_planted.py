"""Every planted bug is found by the law that is named for it. A survivor is a failure.

The laws run as they stand in tests/properties, on the runtime with one bug in it. So
what is tested here is the tests.
"""

import importlib
import sys
import traceback
from inspect import unwrap
from pathlib import Path

import pytest
from bugs import Bug
from hypothesis import Phase, settings

sys.path.insert(0, str(Path(__file__).parent.parent / "properties"))
_LAW_FILES = sorted(Path(sys.path[0]).glob("test_laws_of_*.py"))
_BUG_FILES = sorted(Path(__file__).parent.glob("bugs*.py"))

from laws import LAWS  # noqa: E402 - found by the line above

for _file in _LAW_FILES:
    importlib.import_module(_file.stem)

BUGS: list[Bug] = [
    bug for file in _BUG_FILES for bug in importlib.import_module(file.stem).BUGS
]

# Finding is enough here; shrinking would only take time.
HUNT = settings(
    max_examples=1_000,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


@pytest.mark.parametrize(
    "bug",
    [
        pytest.param(bug, id=bug.name, marks=pytest.mark.slow if bug.rare else ())
        for bug in BUGS
    ],
)
@pytest.mark.filterwarnings("ignore::exeunt.exceptions.CleanupOverran")
def test_the_law_finds_the_bug(bug: Bug) -> None:
    if bug.right == "@enable_ki_protection" and bug.place is not unwrap(bug.place):
        pytest.skip("this Trio protects by a wrapper that cannot be taken off")
    law = LAWS[bug.law]
    test = HUNT(law.test()) if law.strategies else law.test()
    # Whatever it fails with, a broken runtime may break anything; but a slip in the
    # bug itself must not count.
    with bug.planted(), pytest.raises(BaseException) as found:
        test()
    story = "".join(traceback.format_exception(found.value))
    assert "NameError" not in story
    assert "SyntaxError" not in story


def test_there_are_enough_bugs_and_no_two_alike() -> None:
    assert len({(bug.place, bug.right, bug.wrong) for bug in BUGS}) == len(BUGS) >= 15
    assert len({bug.name for bug in BUGS}) == len(BUGS)
