"""What users have sent, as errors show it."""

import pytest

from exeunt._model.words import shown


class Said:
    """Has the repr that it is given."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def test_a_message_is_shown_as_its_repr() -> None:
    assert shown("a") == "'a'"


@pytest.mark.parametrize("length", [199, 200])
def test_a_repr_of_200_characters_is_shown_whole(length: int) -> None:
    assert shown(Said(length * "!")) == length * "!"


@pytest.mark.parametrize("length", [201, 100_000])
def test_a_longer_one_is_cut_to_200(length: int) -> None:
    assert shown(Said(length * "!")) == 197 * "!" + "..."
