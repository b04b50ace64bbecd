"""Arguments drawn at random, the same ones every time."""

from random import Random
from typing import Any

Arguments = tuple[Any, ...]


class Draw(Random):
    """A source of small values in which ties, repeats and emptiness are common."""

    def number(self, low: int = -9, high: int = 9) -> int:
        """Draw one, both ends included."""
        return self.randint(low, high)

    def numbers(self, longest: int = 8, low: int = -9, high: int = 9) -> list[int]:
        """Draw some of them, or none."""
        return [self.number(low, high) for _ in range(self.randint(0, longest))]

    def text(self, letters: str, longest: int = 10) -> str:
        """Draw letters, or none."""
        return "".join(self.choices(letters, k=self.randint(0, longest)))

    def word(self, letters: str = "abcd", longest: int = 5) -> str:
        """Draw a text that is not empty."""
        return self.choice(letters) + self.text(letters, longest - 1)

    def words(self, longest: int = 6, letters: str = "abcd") -> list[str]:
        """Draw some of them, or none."""
        return [self.word(letters) for _ in range(self.randint(0, longest))]

    def counts(self, longest: int = 6, low: int = 0, high: int = 5) -> dict[str, int]:
        """Draw numbers with short words as their keys."""
        return {key: self.number(low, high) for key in self.words(longest, "abcde")}
