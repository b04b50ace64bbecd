"""The looks: colours of both themes, patterns, and the rules of the style sheet.

Grey is the normal course of things; a colour means trouble, and comes with a shape or a
text of its own. `INKS` says which text stands on which ground, so that a test can
compute every contrast.
"""

from typing import Final, Literal

Theme = Literal["auto", "light", "dark"]

LIGHT: Final = {
    "bg": "#ffffff",
    "box": "#f4f6f9",
    "box2": "#eaeef3",
    "ink": "#17212b",
    "mute": "#4f5b67",
    "line": "#d3dae1",
    "edge": "#8593a1",
    "bar": "#d6e2ee",
    "rim": "#4a6580",
    "wait": "#ffd98c",
    "wait2": "#fbcb6b",
    "room": "#6b4000",
    "bad": "#a92f00",
    "badbar": "#fde0d3",
    "pink": "#fdebe3",
    "again": "#83286a",
}
DARK: Final = {
    "bg": "#11171d",
    "box": "#182028",
    "box2": "#202a34",
    "ink": "#eaf0f5",
    "mute": "#a9b6c3",
    "line": "#33404d",
    "edge": "#6d7e8f",
    "bar": "#2b4259",
    "rim": "#8fb3d6",
    "wait": "#5c4310",
    "wait2": "#6a4d12",
    "room": "#ffd98f",
    "bad": "#ff9469",
    "badbar": "#4a2414",
    "pink": "#33201a",
    "again": "#f09ad8",
}

INKS: Final = (
    *((ink, ground) for ink in ("ink", "mute") for ground in ("bg", "box", "box2")),
    *((ink, "pink") for ink in ("ink", "mute", "bad", "again", "room")),
    *(("bad", ground) for ground in ("bg", "box", "box2")),
    *(("again", ground) for ground in ("bg", "box", "box2")),
    *(("room", ground) for ground in ("bg", "box", "box2", "wait", "wait2")),
    *(("ink", ground) for ground in ("bar", "badbar")),
)
"""Every text colour with every ground on which it can stand."""

_RULES = """
.exeunt{font:11px/1.2 system-ui,'Segoe UI','Helvetica Neue',Arial,sans-serif;
background:var(--bg)}
.exeunt text{fill:var(--ink)}
.exeunt .m{fill:var(--mute)}
.exeunt .n{font-weight:600;font-size:12px}
.exeunt .h{font-weight:650;font-size:17px}
.exeunt .w{font-size:12.5px}
.exeunt .halo{paint-order:stroke;stroke:var(--ground,var(--box));stroke-width:3px;
stroke-linejoin:round}
.exeunt .t-bad{fill:var(--bad)}
.exeunt .t-again{fill:var(--again)}
.exeunt .t-room{fill:var(--room)}
.exeunt .box{fill:var(--box);stroke:var(--edge)}
.exeunt .odd{fill:var(--box2)}
.exeunt .pink{fill:var(--pink)}
.exeunt .post,.exeunt .life{stroke:var(--edge);fill:none}
.exeunt .life{stroke-width:1.5}
.exeunt .dash{stroke-dasharray:2 3}
.exeunt .grid{stroke:var(--line)}
.exeunt .same{stroke:var(--edge);stroke-width:3}
.exeunt .bar{fill:var(--bar);stroke:var(--rim)}
.exeunt .bad{fill:var(--badbar);stroke:var(--bad)}
.exeunt .cutoff{stroke:var(--bad)}
.exeunt .back{stroke-dasharray:4 2}
.exeunt .ask{fill:url(#x-ask)}
.exeunt .room{fill:url(#x-room)}
.exeunt .clean{fill:url(#x-clean);stroke:var(--mute)}
.exeunt .q{stroke:var(--mute);stroke-width:2.5}
.exeunt .lost{stroke:var(--bad);stroke-width:2.5}
.exeunt .arrow{stroke:var(--ink);fill:none;marker-end:url(#x-ink)}
.exeunt .late{stroke:var(--room);marker-end:url(#x-late)}
.exeunt .reply{stroke:var(--rim);stroke-dasharray:4 2;marker-end:url(#x-rim)}
.exeunt .cancel{stroke:var(--bad);stroke-width:1.6;stroke-dasharray:5 3;fill:none}
.exeunt .x{stroke:var(--bad);stroke-width:2.2;stroke-linecap:round;fill:none}
.exeunt .f-bad{fill:var(--bad)}
.exeunt .f-ink{fill:var(--rim)}
.exeunt .again{stroke:var(--again);stroke-width:1.6;fill:none}
.exeunt .ground{fill:var(--box)}
.exeunt .plate{fill:var(--bg)}
.exeunt .dense{stroke:var(--rim);stroke-width:3}
.exeunt .shown{fill:var(--box2);stroke:var(--edge)}
.exeunt .f-edge{fill:var(--edge)}
"""

_DEFS = """<defs>
<pattern id="x-ask" width="5" height="5" patternUnits="userSpaceOnUse">
<rect width="5" height="5" style="fill:var(--bg)"/>
<circle cx="2.5" cy="2.5" r="1" style="fill:var(--rim)"/></pattern>
<pattern id="x-room" width="8" height="8" patternUnits="userSpaceOnUse">
<rect width="8" height="8" style="fill:var(--wait)"/>
<rect width="2" height="8" style="fill:var(--wait2)"/></pattern>
<pattern id="x-clean" width="5" height="5" patternUnits="userSpaceOnUse" \
patternTransform="rotate(45)"><rect width="5" height="5" style="fill:var(--bg)"/>
<rect width="1.6" height="5" style="fill:var(--mute)"/></pattern>
MARKERS</defs>
"""
_MARKER = """<marker id="x-{0}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" \
markerHeight="6" orient="auto">
<path d="M0 0L8 4L0 8z" style="fill:var(--{1})"/></marker>
"""


def style(theme: Theme) -> str:
    """The style sheet, the patterns and the arrow heads of a picture."""
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in colours.items())
        for colours in (LIGHT, DARK)
    )
    if theme == "auto":
        # A page that has a theme of its own says so, and wins over the system's.
        colours = (
            f".exeunt.auto{{{light}}}\n"
            f"@media(prefers-color-scheme:dark){{.exeunt.auto{{{dark}}}}}\n"
            f"[data-theme=light] .exeunt.auto{{{light}}}\n"
            f"[data-theme=dark] .exeunt.auto{{{dark}}}\n"
        )
    else:
        chosen = light if theme == "light" else dark
        colours = f".exeunt.{theme}{{{chosen}}}\n"
    markers = (("ink", "ink"), ("late", "room"), ("rim", "rim"))
    heads = "".join(_MARKER.format(*names) for names in markers)
    return f"<style>{colours}{_RULES.strip()}</style>\n" + _DEFS.replace(
        "MARKERS", heads
    )
