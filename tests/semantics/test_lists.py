"""Each promise on the pages has one test, and each test shows a promise."""

import ast
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGES = sorted((HERE.parents[1] / "docs" / "reference").glob("semantics*.md"))


def ids_on_the_pages() -> Counter[str]:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    return Counter(re.findall(r"^\*\*([ST]\d+\.\d+)\*\*", text, re.MULTILINE))


def ids_of_the_tests() -> Counter[str]:
    names = (
        node.name
        for file in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    found = (re.match(r"test_([ST]\d+)_(\d+)_[a-z]", name) for name in names)
    return Counter(f"{match[1]}.{match[2]}" for match in found if match)


def test_each_promise_has_one_test_and_each_test_a_promise() -> None:
    assert ids_on_the_pages() == ids_of_the_tests()


def test_no_id_is_there_twice() -> None:
    assert set(ids_on_the_pages().values()) == {1}


@pytest.mark.parametrize("letter", "ST")
def test_the_ids_are_in_order_without_gaps(letter: str) -> None:
    ids = [id_[1:] for id_ in ids_on_the_pages() if id_[0] == letter]
    numbers = [tuple(map(int, id_.split("."))) for id_ in ids]
    for (group, number), (next_group, next_number) in pairwise(numbers):
        follows = (next_group, next_number) in {(group, number + 1), (group + 1, 1)}
        assert follows, f"{next_group}.{next_number} after {group}.{number}"
