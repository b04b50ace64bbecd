"""What models really answer, and what is made of it."""

import pytest

from exeunt.team.mechanisms.extracting import extract, tidy

DOUBLE = "def double(x):\n    return 2 * x\n"


@pytest.mark.parametrize(
    "answer",
    [
        DOUBLE,
        f"```python\n{DOUBLE}```",
        f"```\r\n{DOUBLE}```\r\n".replace("\n", "\r\n"),
        f"Sure!\n\n```Python\n{DOUBLE}```\nIt doubles.",
        f"```python\n{DOUBLE}",
        f"```python\n{DOUBLE}\nThis function doubles its argument.",
        f"Here is the function:\n\n{DOUBLE}\nThis doubles it.",
        f"1. Do this:\n   ```py\n   {DOUBLE.replace(chr(10), chr(10) + '   ')}```",
        f"```bash\npip install double\n```\n```python\n{DOUBLE}```",
        f"```python\n{DOUBLE}```\nUse it:\n```python\n>>> double(2)\n4\n```",
        f"```python\n{DOUBLE}```\nUse it:\n```python\nprint(double(2))\n```",
        f"```python\n{DOUBLE}\nassert double(2) == 4\nprint('ok')\n```",
        f"```python\n{DOUBLE}\nresult = double(2)\nprint(result)\n```",
        f"```python\n{DOUBLE}\nif __name__ == '__main__':\n    print(double(2))\n```",
        f"```python\n{DOUBLE}\nfor n in [1, 2]:\n    print(double(n))\n```",
        f"```python\n{DOUBLE}\nassert double(\n```",
        f"```python\n{DOUBLE}\ndef test_double():\n    '''not closed\n```",
    ],
)
def test_the_talk_around_the_code_is_taken_off(answer: str) -> None:
    assert extract(answer) == DOUBLE


@pytest.mark.parametrize(
    "answer", ["", "I cannot do that.", "```text\nno\n```", "```\n\n```"]
)
def test_where_there_is_no_code_there_is_none(answer: str) -> None:
    assert extract(answer) is None


def test_of_two_versions_the_later_one_counts() -> None:
    first = "def double(x):\n    return x + 2\n"
    code = extract(f"```python\n{first}```\nBetter:\n```python\n{DOUBLE}```")
    assert code is not None
    names: dict[str, int] = {}
    exec(code, names)
    assert eval("double(5)", names) == 10


def test_a_helper_in_a_fence_of_its_own_is_kept() -> None:
    helper = "LIMIT = 9\n\n\ndef short(x):\n    return min(x, LIMIT)\n"
    user = "def double(x):\n    return short(2 * x)\n"
    code = extract(f"First:\n```python\n{helper}```\nThen:\n```python\n{user}```")
    assert code == f"{helper}\n\n{user}".replace("\n\n\ndef double", "\n\ndef double")


def test_what_is_no_python_is_returned_as_it_stands() -> None:
    broken = "def double(x:\n    return 2 * x\n"
    assert extract(f"```python\n{broken}```") == broken


def test_comments_and_constants_of_definitions_stay_as_they_are_written() -> None:
    source = (
        '"""Doubling."""\n\nTWICE = {"by": 2}  # not three\n\n\n# It doubles.\n'
        "@cache\ndef double(x, by=TWICE['by']):\n    return by*x\n"
    )
    assert tidy(source + "\nprint(double(2))\n") == source


def test_a_loop_that_fills_what_a_function_reads_is_kept() -> None:
    loop = "TABLE = {}\nfor n in range(9):\n    TABLE[n] = n\n"
    source = loop + "\ndef get(n):\n    return TABLE[n]\n"
    assert tidy(source) == source


def test_a_deep_or_endless_answer_is_no_trouble() -> None:
    assert extract("```python\nx = " + "(" * 5_000) is not None
    assert extract("```python\nx = " + "-" * 50_000 + "1\n```") is not None
    assert extract("x = (\n" * 2_000) is None
