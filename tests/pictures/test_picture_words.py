import pytest

from exeunt.pictures.words import count, seconds


@pytest.mark.parametrize(
    ("t", "text"),
    [
        (0.0, "0 s"),
        (1e-12, "0 s"),
        (2.5e-6, "2.5 µs"),
        (0.0436, "43.6 ms"),
        (0.9996, "1 s"),
        (1.5, "1.5 s"),
        (99.4, "99.4 s"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (-1.5, "-1.5 s"),
    ],
)
def test_seconds(t: float, text: str) -> None:
    assert seconds(t) == text


def test_count() -> None:
    assert count(1, "agent") == "1 agent"
    assert count(1200, "message") == "1,200 messages"
    assert count(2, "child", "children") == "2 children"
