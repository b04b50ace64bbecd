"""Right answers to the famous tasks on text, and what they are tried on."""

from collections import Counter
from itertools import groupby

from .drawing import Arguments, Draw

_LETTERS = ["M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"]
_VALUES = [1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1]
_ROMAN = dict(zip(_LETTERS, _VALUES, strict=True))


def count_vowels(text: str) -> int:
    return sum(letter in "aeiou" for letter in text.lower())


def is_palindrome(text: str) -> bool:
    kept = [letter for letter in text.lower() if letter.isalnum()]
    return kept == kept[::-1]


def hamming_distance(first: str, second: str) -> int:
    return sum(a != b for a, b in zip(first, second, strict=True))


def to_roman(number: int) -> str:
    written = ""
    for letters, value in _ROMAN.items():
        written += letters * (number // value)
        number %= value
    return written


def from_roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    pairs = zip(values, [*values[1:], 0], strict=False)
    return sum(-value if value < follower else value for value, follower in pairs)


def word_count(text: str) -> dict[str, int]:
    return dict(Counter(text.lower().split()))


def first_unique(text: str) -> str:
    return next((letter for letter in text if text.count(letter) == 1), "")


def is_balanced(text: str) -> bool:
    opened: list[str] = []
    for letter in text:
        if letter in "([{":
            opened.append(letter)
        elif letter in ")]}" and (not opened or opened.pop() + letter not in "()[]{}"):
            return False
    return not opened


def run_length(text: str) -> str:
    return "".join(f"{letter}{len(list(run))}" for letter, run in groupby(text))


def caesar_cipher(text: str, shift: int) -> str:
    def turn(letter: str) -> str:
        first = ord("a") if letter.islower() else ord("A")
        return chr((ord(letter) - first + shift) % 26 + first)

    return "".join(turn(letter) if letter.isalpha() else letter for letter in text)


def longest_unique(text: str) -> int:
    longest, window = 0, ""
    for letter in text:
        window = window[window.find(letter) + 1 :] + letter
        longest = max(longest, len(window))
    return longest


def group_by_length(words: list[str]) -> dict[int, list[str]]:
    groups: dict[int, list[str]] = {}
    for word in words:
        groups.setdefault(len(word), []).append(word)
    return groups


def _mirrored() -> str:
    half = _draw.text("abAB1 ,", 4)
    return half + _draw.text("a,", 1) + half[::-1].swapcase()


def _nested(depth: int = 3) -> str:
    opening, closing = _draw.choice([("(", ")"), ("[", "]"), ("{", "}"), ("<", ">")])
    inner = _nested(depth - 1) if depth and _draw.number(0, 3) else ""
    return opening + inner + closing + _draw.choice(["", "", "a", "()"])


def _pair(length: int) -> Arguments:
    first, second = ("".join(_draw.choices("abA", k=length)) for _ in "ab")
    return first, second


_draw = Draw(6)
_numbers = [*range(1, 22), 40, 44, 49, 50, 90, 99, 400, 444, 900, 999, 1000, 1994, 3999]
_numbers += [_draw.number(1, 3999) for _ in range(20)]
INPUTS: dict[str, list[Arguments]] = {
    "count_vowels": [
        *(("",), ("AEIOU",), ("aeiou",), ("xyz",), ("a e",)),
        *((_draw.text("aeiouAEIOUbcdXY ", 12),) for _ in range(30)),
    ],
    "is_palindrome": [
        *(("",), (".",), ("a.",), ("0P",), ("ab",), ("1b1",), ("1b2",), ("A1a",)),
        *((_mirrored(),) for _ in range(20)),
        *((_draw.text("abA1 ,", 6),) for _ in range(25)),
    ],
    "hamming_distance": [
        *(("", ""), ("a", "A"), ("ab", "ba")),
        *(_pair(_draw.number(1, 8)) for _ in range(34)),
    ],
    "to_roman": [(number,) for number in _numbers],
    "from_roman": [("",), *((to_roman(number),) for number in _numbers)],
    "word_count": [
        *(("",), (" ",), ("a A",), ("  b   a b ",), ("ab,ab ab",)),
        *((" ".join(_draw.words(8, "aAbB")),) for _ in range(30)),
        *(("  ".join(_draw.words(8, "aA")),) for _ in range(8)),
    ],
    "first_unique": [
        *(("",), ("a",), ("aa",), ("aab",), ("Aa",), ("abab",)),
        *((_draw.text("abcdA", 9),) for _ in range(40)),
    ],
    "is_balanced": [
        *(("",), ("]",), ("{",), ("abc",), (")(",), ("(()",), ("[(])",), ("x}y",)),
        *((_nested(),) for _ in range(24)),
        *((_nested()[:-1],) for _ in range(8)),
        *((_draw.text("()[]", 6),) for _ in range(12)),
    ],
    "run_length": [
        *(("",), ("b",), ("bb",), ("ab",), ("aba",), ("x" * 25,), ("aab" + "c" * 10,)),
        *((_draw.text("aaA ", 9),) for _ in range(30)),
    ],
    "caesar_cipher": [
        *(("", 3), ("z", 1), ("Z", 1), ("A", -1), ("Ab z!", 26), ("M", 40), ("q", -30)),
        *((_draw.text("abmyzAMZ 1.", 8), _draw.number(-26, 30)) for _ in range(34)),
    ],
    "longest_unique": [
        *(("",), ("a",), ("aa",), ("abba",), ("aabaab!bb",), ("abcdefa",)),
        *((_draw.text("abcdef", 12),) for _ in range(34)),
    ],
    "group_by_length": [
        *(([],), ([""],), (["a", "", "b"],), (["bb", "a"],)),
        *((_draw.words(8),) for _ in range(32)),
    ],
}
