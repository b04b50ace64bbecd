"""Each promise on the page has one test, and each test shows a promise."""

import ast
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reference" / "semantics.md"


def ids_on_the_page() -> Counter[str]:
    text = PAGE.read_text(encoding="utf-8")
    return Counter(re.findall(r"^\*\*(S\d+\.\d+)\*\*", text, re.MULTILINE))


def ids_of_the_tests() -> Counter[str]:
    names = (
        node.name
        for file in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    found = (re.match(r"test_(S\d+)_(\d+)_[a-z]", name) for name in names)
    return Counter(f"{match[1]}.{match[2]}" for match in found if match)


def test_each_promise_has_one_test_and_each_test_a_promise() -> None:
    assert ids_on_the_page() == ids_of_the_tests()


def test_no_id_is_there_twice() -> None:
    assert set(ids_on_the_page().values()) == {1}


def test_the_ids_are_in_order_without_gaps() -> None:
    numbers = [tuple(map(int, id_[1:].split("."))) for id_ in ids_on_the_page()]
    for (group, number), (next_group, next_number) in pairwise(numbers):
        follows = (next_group, next_number) in {(group, number + 1), (group + 1, 1)}
        assert follows, f"S{next_group}.{next_number} after S{group}.{number}"
