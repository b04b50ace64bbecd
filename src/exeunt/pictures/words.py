"""How pictures say durations and numbers: one function each, so that all agree."""

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def seconds(t: float) -> str:
    """A time or duration in seconds, in its own unit: "1.5 s", "20 ms", "2 min 5 s"."""
    if t < 0:
        return f"-{seconds(-t)}"
    if t >= 99.5:
        return _long(round(t))
    for unit, name in _UNITS:
        if t >= unit * 0.9995:
            return f"{_digits(t / unit)} {name}"
    return f"{_digits(t / 1e-6)} µs" if t >= 5e-10 else "0 s"


def _digits(value: float) -> str:
    """At most three of them, without zeros at the end."""
    for bound, places in ((9.995, 2), (99.95, 1)):
        if value < bound:
            return f"{value:.{places}f}".rstrip("0").rstrip(".")
    return f"{value:.0f}"


def _long(whole: int) -> str:
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n)


def count(number: int, thing: str, things: str = "") -> str:
    """Such as "1 agent", "2 agents", "1,200 messages"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def times(number: int) -> str:
    """How often something occurs, in short: "\u00d712"."""
    return f"\u00d7{number:,}"
