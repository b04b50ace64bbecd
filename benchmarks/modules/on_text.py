"""Right answers to the tasks on text, and what they are tried on."""

from .drawing import Arguments, Draw


def initials(name: str) -> str:
    return "".join(word[0].upper() + "." for word in name.split())


def squeeze(text: str) -> str:
    kept = ""
    for letter in text:
        if not kept.endswith(letter):
            kept += letter
    return kept


def mask(text: str, shown: int) -> str:
    hidden = max(len(text) - shown, 0)
    return "*" * hidden + text[hidden:]


def longest_word(text: str) -> str:
    return max(text.split(), key=len, default="")


def snake_case(name: str) -> str:
    parts = ["_" + letter.lower() if letter.isupper() else letter for letter in name]
    return "".join(parts).removeprefix("_")


def parse_pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in text.split(";"):
        key, equals, value = part.partition("=")
        if equals:
            pairs[key.strip()] = value.strip()
    return pairs


def first_repeat(text: str) -> str:
    seen: set[str] = set()
    for letter in text:
        if letter in seen:
            return letter
        seen.add(letter)
    return ""


def expand(text: str) -> str:
    written = ""
    for letter, follower in zip(text, text[1:] + "x", strict=False):
        if not letter.isdigit():
            written += letter * (int(follower) if follower.isdigit() else 1)
    return written


def swap_halves(text: str) -> str:
    half = len(text) // 2
    return text[len(text) - half :] + text[half : len(text) - half] + text[:half]


def shift_letters(text: str, steps: int) -> str:
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    cut = steps % 26
    return text.translate(str.maketrans(alphabet, alphabet[cut:] + alphabet[:cut]))


def wrap_words(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def repeated_words(text: str) -> list[str]:
    words = text.lower().split()
    return [word for word in dict.fromkeys(words) if words.count(word) > 1]


def shared_start(words: list[str]) -> str:
    start = min(words, default="")
    while not all(word.startswith(start) for word in words):
        start = start[:-1]
    return start


_draw = Draw(1)


def _tokens() -> str:
    ends = ["", "", "0", "1", "2", "5"]
    return "".join(letter + _draw.choice(ends) for letter in _draw.text("abcX", 6))


INPUTS: dict[str, list[Arguments]] = {
    "initials": [
        ("",),
        ("   ",),
        ("x",),
        ("É. coli",),
        *((" ".join(_draw.words(4, "abXY")),) for _ in range(34)),
    ],
    "squeeze": [
        ("",),
        ("z",),
        ("  a  ",),
        *((_draw.text("aab ", 9),) for _ in range(44)),
    ],
    "mask": [
        ("", 0),
        ("", 3),
        ("abc", 0),
        ("abc", 3),
        ("abc", 4),
        *((_draw.text("xyz1", 8), _draw.number(0, 6)) for _ in range(30)),
    ],
    "longest_word": [
        ("",),
        ("  ",),
        ("aa bb",),
        *((" ".join(_draw.words(6)),) for _ in range(30)),
    ],
    "snake_case": [
        ("",),
        ("A",),
        ("AB",),
        *((_draw.word("abcXY", 8),) for _ in range(30)),
    ],
    "parse_pairs": [
        ("",),
        (";",),
        ("=",),
        ("a=b=c",),
        *((_draw.text("ab==;; ", 12),) for _ in range(40)),
    ],
    "first_repeat": [
        ("",),
        ("a",),
        ("aA",),
        *((_draw.text("abcdefg", 7),) for _ in range(40)),
    ],
    "expand": [("",), ("a",), ("a0",), *((_tokens(),) for _ in range(34))],
    "swap_halves": [
        ("",),
        ("a",),
        ("ab",),
        *((_draw.text("abcd", 9),) for _ in range(34)),
    ],
    "shift_letters": [
        ("", 1),
        ("z", 1),
        ("a", -1),
        ("Zz", 26),
        *((_draw.text("abyzMZ 1", 8), _draw.number(-60, 60)) for _ in range(34)),
    ],
    "wrap_words": [
        ("", 5),
        ("  ", 5),
        ("abcdef", 3),
        *((" ".join(_draw.words(8)), _draw.number(1, 9)) for _ in range(40)),
    ],
    "repeated_words": [
        ("",),
        ("a A",),
        *((" ".join(_draw.words(8, "aAb")),) for _ in range(36)),
    ],
    "shared_start": [
        ([],),
        ([""],),
        (["ab"],),
        (["ab", ""],),
        *(
            ([start + rest for rest in _draw.words(4)],)
            for start in ("", "x", "ab") * 12
        ),
    ],
}
