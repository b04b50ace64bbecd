"""What the briefs of the examples ask for, written by hand: they can be met."""

# --- text_statistics.md


def find_words(text: str) -> list[str]:
    for mark in ".,!?":
        text = text.replace(mark, "")
    return text.lower().split()


def count_words(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in find_words(text):
        counts[word] = counts.get(word, 0) + 1
    return counts


def find_sentences(text: str) -> list[str]:
    parts = text.replace("!", ".").replace("?", ".").split(".")
    return [part.strip() for part in parts if part.strip()]


def round_mean(numbers: list[int]) -> float:
    return round(sum(numbers) / len(numbers), 1) if numbers else 0.0


def longest_of(items: list[str]) -> str:
    return max(items, key=len, default="")


def as_percent(part: int, whole: int) -> str:
    return f"{100 * part // whole if whole else 0}%"


def most_common(text: str, size: int) -> list[tuple[str, int]]:
    pairs = count_words(text).items()
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:size]


def share(text: str, word: str) -> str:
    found = find_words(text)
    return as_percent(found.count(word), len(found))


def summarise(text: str) -> dict[str, object]:
    found = find_words(text)
    return {
        "words": len(found),
        "sentences": len(find_sentences(text)),
        "mean": round_mean([len(word) for word in found]),
        "longest": longest_of(found),
    }


# --- ledger.md


def split_fields(line: str) -> list[str]:
    return [field.strip() for field in line.split(";")]


def parse_amount(text: str) -> int:
    return round(float(text) * 100)


def format_amount(cents: int) -> str:
    return f"{cents / 100:.2f}"


def read_entries(text: str) -> list[tuple[str, int]]:
    rows = [split_fields(line) for line in text.split("\n") if line.strip()]
    return [(name, parse_amount(amount)) for name, amount in rows]


def sum_amounts(entries: list[tuple[str, int]]) -> int:
    return sum(amount for _, amount in entries)


def sum_by_name(entries: list[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, amount in sorted(entries):
        sums[name] = sums.get(name, 0) + amount
    return sums


def names_in_debt(entries: list[tuple[str, int]]) -> list[str]:
    return [name for name, amount in sum_by_name(entries).items() if amount < 0]


def fill_dots(left: str, right: str, width: int) -> str:
    return left + "." * max(width - len(left) - len(right), 1) + right


def make_line(name: str, cents: int) -> str:
    return fill_dots(name, format_amount(cents), 20)


def make_statement(text: str) -> list[str]:
    entries = read_entries(text)
    sums = sum_by_name(entries).items()
    lines = [make_line(name, cents) for name, cents in sums]
    return [*lines, make_line("total", sum_amounts(entries))]


# --- tiny_markup.md


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def wrap_tag(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def find_level(line: str) -> int:
    return len(line) - len(line.lstrip("#"))


def find_title(line: str) -> str:
    return line.lstrip("#").strip()


def make_slug(title: str) -> str:
    kept = [letter for letter in title.lower() if letter.isalnum() or letter == " "]
    return "-".join("".join(kept).split())


def split_blocks(text: str) -> list[str]:
    return [block.strip() for block in text.split("\n\n") if block.strip()]


def render_block(block: str) -> str:
    level = find_level(block)
    if level:
        return wrap_tag(f"h{level}", escape(find_title(block)))
    return wrap_tag("p", escape(block))


def list_titles(text: str) -> list[str]:
    return [
        make_slug(find_title(block))
        for block in split_blocks(text)
        if find_level(block)
    ]


def render_page(text: str) -> str:
    return "\n".join(render_block(block) for block in split_blocks(text))
