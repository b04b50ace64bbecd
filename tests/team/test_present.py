"""A package that is there is taken apart into the sources of its functions."""

from pathlib import Path

import pytest

from exeunt.team.briefs.reading import read
from exeunt.team.present import sources_in

BRIEF = read(
    """\
# shapes

Small sums.

## `area(side: int) -> float`

The area of a square.

```python
>>> area(2)
4.0
>>> area(0)
0.0
>>> area(3)
9.0
>>> area(1)
1.0
```

## `twice(side: int) -> float`

Twice the `area`.

```python
>>> twice(2)
8.0
>>> twice(0)
0.0
>>> twice(3)
18.0
>>> twice(1)
2.0
```
"""
)
MODULE = '''\
import math
import json as unused
from .elsewhere import thing

POWER, OTHER = 2, 3
EXPONENT = 2.0


def _raised(number):
    return math.pow(number, EXPONENT)


def area(side: int) -> float:
    """The area."""
    return _raised(side)


def twice(side: int) -> float:
    return 2 * area(side)
'''
AREA = '''\
import math
EXPONENT = 2.0

def _raised(number):
    return math.pow(number, EXPONENT)

def area(side: int) -> float:
    """The area."""
    return _raised(side)'''
TWICE = "def twice(side: int) -> float:\n    return 2 * area(side)"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "__init__.py").write_text("from .sums import area\n")
    (tmp_path / "shapes" / "sums.py").write_text(MODULE)
    (tmp_path / "shapes" / "notes.txt").write_text("no Python at all")
    return tmp_path


def test_a_function_comes_with_what_it_needs_and_no_more(package: Path) -> None:
    assert sources_in(package, BRIEF) == {"area": AREA, "twice": TWICE}


def test_what_is_not_there_is_not_found(package: Path) -> None:
    (package / "shapes" / "sums.py").write_text("def other(): ...\n")
    assert sources_in(package, BRIEF) == {}


def test_a_folder_without_the_package_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sources_in(tmp_path, BRIEF)


def test_a_module_that_is_no_python_is_named(package: Path) -> None:
    (package / "shapes" / "sums.py").write_text("def def")
    with pytest.raises(SyntaxError) as raised:
        sources_in(package, BRIEF)
    assert str(raised.value.filename).endswith("sums.py")
