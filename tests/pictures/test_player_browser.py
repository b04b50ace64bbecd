"""The player in a real browser, whose clock is a virtual one."""

import base64
import hashlib
import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from stepping import SOURCES, run_of_two
from test_player import EVIL

from exeunt.pictures.player.player import player

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
]

LOOK = r"""
const said = [];
const $ = (id) => document.getElementById(id);
const all = (what) => [...document.querySelectorAll(what)];
const look = () => {
  const number = $("count").textContent.split(" ")[0];
  const file = all("nav [aria-pressed=true]").map((tab) => tab.textContent);
  const here = all("pre:not([hidden]) .here").map(
    (row) => [...row.parentNode.children].indexOf(row) + 1);
  const chips = all("pre b").map((chip) => chip.className + chip.textContent).sort();
  said.push([number, file, here, chips].join(" "));
};
const key = (key) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
const end = () => { document.body.innerHTML = "<b id=out></b>";
  $("out").textContent = said.join("\n"); };
"""


def browse(page: str, script: str, folder: Path, *, address: str = "") -> list[str]:
    """What a script says that runs in the page, under the policy of the page."""
    code = f"{LOOK}(async () => {{{script}; end()}})();"
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ")
    page = page.replace("</html>", f"<script>{code}</script></html>")
    (folder / "page.html").write_bytes(page.encode())
    command = [
        *(CHROMIUM or "", "--headless", "--no-sandbox", "--disable-gpu"),
        *("--disable-quic", "--no-first-run", "--disable-background-networking"),
        *("--disable-component-update", "--disable-sync"),
        *(f"--user-data-dir={folder / 'profile'}", "--window-size=1400,900"),
        *("--virtual-time-budget=60000", "--dump-dom"),
        f"file://{folder / 'page.html'}{address}",
    ]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    (out,) = re.findall(r'id="out">(.*?)</b>', done.stdout.decode(), re.DOTALL)
    return html.unescape(out).split("\n")


def played(script: str, folder: Path, *, address: str = "") -> list[str]:
    return browse(
        player(run_of_two(), sources=SOURCES), script, folder, address=address
    )


def test_keys(tmp_path: Path) -> None:
    seen = played(
        "for (const k of ['ArrowRight', 'End', 'ArrowRight', 'ArrowLeft', 'Home',"
        "'ArrowLeft']) { key(k); look() }",
        tmp_path,
    )
    assert [line.split(" ")[0] for line in seen] == ["2", "12", "12", "11", "1", "1"]


def test_the_line_of_who_acts_is_marked_in_the_file_where_that_is(
    tmp_path: Path,
) -> None:
    seen = played("for (let n = 0; n < 9; n++) { key('ArrowRight'); look() }", tmp_path)
    assert seen == [
        "2 app/main.py  ",
        "3 app/main.py  ",
        "4 app/main.py  ",
        "5 app/main.py 5 whomain",
        "6 app/main.py 5 whomain",
        "7 app/main.py 5 whomain",
        "8 app/work.py 2 main,whoworker",
        "9 app/main.py 6 whomain,worker",
        "10 app/work.py 2 main,whoworker",
    ]


def test_the_address_says_where_to_begin_and_where_it_is(tmp_path: Path) -> None:
    script = """look(); key('ArrowRight'); await wait(400); said.push(location.hash);
        location.hash = '#3'; await wait(50); look();
        location.hash = '#nonsense'; await wait(50); look()"""
    seen = played(script, tmp_path, address="#8")
    assert seen == [
        "8 app/work.py 2 main,whoworker",
        "#9",
        "3 app/main.py  ",
        "1 app/main.py  ",
    ]


def test_the_slider_and_the_story(tmp_path: Path) -> None:
    seen = played(
        """$('slider').value = 7; $('slider').dispatchEvent(new Event('input')); look();
        all('#story a')[4].click(); look();
        said.push(all('[aria-current]').map((link) => link.textContent));
        said.push(all('#story a').filter((link) => link.tabIndex === 0).length)""",
        tmp_path,
    )
    assert seen == [
        "7 app/main.py 5 whomain",
        "5 app/main.py 5 whomain",
        "main sends Job(1) to worker",
        "1",
    ]


def test_the_picture(tmp_path: Path) -> None:
    """An arrow leads to its event, any other place to the event that is nearest."""
    seen = played(
        """const press = (where, kind, x) => where.dispatchEvent(new PointerEvent(
          kind, { bubbles: true, button: 0, buttons: 1, clientX: x, clientY: 300 }));
        const svg = document.querySelector('#picture > svg');
        const side = svg.getBoundingClientRect();
        press(document.querySelector('.arrow'), 'pointerdown', 0); look();
        press(svg, 'pointerdown', side.right); look();
        press(svg, 'pointermove', side.left); look()""",
        tmp_path,
    )
    assert [line.split(" ")[0] for line in seen] == ["5", "12", "1"]


def test_it_plays_to_the_end_and_then_again(tmp_path: Path) -> None:
    seen = played(
        """key('End'); key('ArrowLeft'); key('ArrowLeft'); key(' ');
        said.push($('play').textContent, $('says').ariaLive); await wait(9000); look();
        said.push($('play').textContent, $('says').ariaLive); key(' '); look();
        said.push($('play').textContent); key(' '); await wait(9000); look()""",
        tmp_path,
    )
    assert [line.strip().split(" ")[0] for line in seen] == (
        ["Pause", "off", "12", "Play", "polite", "1", "Pause", "1"]
    )


def test_the_veil_moves(tmp_path: Path) -> None:
    seen = played(
        """const edge = () => +$('veil').getAttribute('x');
        let before = 0, risen = 0;
        for (let n = 0; n < 11; n++) {
          key('ArrowRight'); risen += edge() > before; before = edge(); }
        said.push(risen, $('veil').getAttribute('width'))""",
        tmp_path,
    )
    assert seen == ["11", "0"]


def test_what_users_say_does_not_run(tmp_path: Path) -> None:
    page = player(run_of_two(EVIL), title=EVIL, sources={**SOURCES, EVIL: EVIL})
    script = "window.alert = () => said.push('evil'); key('End'); key(' '); look()"
    (line,) = browse(page, script, tmp_path)
    assert line.startswith("1 ")


def test_the_policy_holds_off_other_scripts(tmp_path: Path) -> None:
    page = player(run_of_two(), sources=SOURCES)
    page = page.replace("</main>", "</main><script>document.title = 'evil'</script>")
    assert browse(page, "said.push(document.title)", tmp_path) == ["A run"]


@pytest.mark.parametrize("sources", [{}, SOURCES])
def test_a_run_of_nothing(tmp_path: Path, sources: dict[str, str]) -> None:
    script = "key('ArrowRight'); said.push('fine')"
    assert browse(player([], sources=sources), script, tmp_path) == ["fine"]
