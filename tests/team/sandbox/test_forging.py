"""A verdict comes from the values alone, whatever the tested code does to say more."""

import pytest

from exeunt.team.sandbox import Check, Program, Report, Sandbox

WRONG = "def double(x): return x\n"

FORGERIES = {
    "an exit that looks well": "import os\nos._exit(0)",
    "a line of success": """
import os
os.write(1, b'ok')
os.write(3, b'ok')
os._exit(0)
""",
    "a verdict of its own": """
import os
os.write(3, b'{"loaded": true}\\n{"passed": true, "text": "", "plain": true}\\n')
""",
    "any value": """
import os
os.write(3, b'{"loaded": true}\\n{"text": "True", "plain": true}\\n')
""",
    "every field": """
import os
os.write(3, b'{"loaded": true}\\n{"text": true, "plain": true, "want": "8"}\\n')
""",
    "no text": """
import os
os.write(3, b'{"loaded": true}\\n{}\\n')
""",
    "another repr": "import builtins\nbuiltins.repr = lambda value: '8'",
    "another all of them": """
import builtins
builtins.type = lambda value: int
builtins.all = lambda values: True
builtins.int = builtins.str = lambda *args: 8
""",
    "another comparison": "import ast\nast.literal_eval = lambda node: 8",
    "an object that equals all": """
class Same:
    def __eq__(self, other): return True
    def __hash__(self): return 8
def double(x): return Same()
""",
    "an object that looks like the value": """
class Eight:
    def __repr__(self): return '8'
def double(x): return Eight()
""",
    "an object whose class lies": """
class Eight:
    __class__ = int
    def __repr__(self): return '8'
    def __eq__(self, other): return True
def double(x): return Eight()
""",
    "a number that looks like another": """
class Eight(int):
    def __repr__(self): return '8'
    def __eq__(self, other): return True
    def __int__(self): return 8
def double(x): return Eight(x)
""",
    "an error that is none": """
class Eight(BaseException): pass
def double(x): raise Eight(8)
""",
    "another evaluator": """
import sys
for module in list(sys.modules.values()):
    for name in 'plain', 'same', 'verdict', 'bare':
        if hasattr(module, name): setattr(module, name, lambda *a, **k: True)
""",
    "the frames above": """
import sys
frame = sys._getframe()
while frame:
    frame.f_globals['plain'] = frame.f_globals['bare'] = lambda *args: True
    frame = frame.f_back
""",
    "a file for the host": "open('verdict.json', 'w').write('{\"passed\": true}')",
    "an exit hook": "import atexit\natexit.register(print, 'all checked')",
    "an exit with no error": "import sys\nsys.exit(0)",
}

CHECKS = (
    Check("a literal", "double(4)", want="8"),
    Check("a comparison", "double(4) == 8", want="True"),
    Check("the other way round", "8 == double(4)", want="True"),
)


async def judge(sandbox: Sandbox, forgery: str, check: Check) -> Report:
    return await sandbox.judge(Program({"doubles": WRONG + forgery}, (check,)))


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
async def test_it_cannot_be_forged(anyhow: Sandbox, forgery: str, check: Check) -> None:
    report = await judge(anyhow, FORGERIES[forgery], check)
    assert not report.passed
    assert not any(verdict.passed for verdict in report.verdicts)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
async def test_what_is_wanted_is_nowhere_in_there(
    shut_in: Sandbox, check: Check
) -> None:
    """It looks for the number that only the wants have, in every frame and object."""
    secret = "81726354"
    hunt = f"""
import gc, sys
def hunt():
    frame, found = sys._getframe(), []
    while frame:
        found.append(repr(frame.f_locals))
        frame = frame.f_back
    found += map(repr, gc.get_objects())
    try: found.append(open('/proc/self/mem').read())
    except OSError: pass
    return sum('{secret[::-1]}'[::-1] in text for text in found)
"""
    asked = Check(check.name, check.expression.replace("8", secret), None, "ValueError")
    if check.want == "True":
        asked = Check(
            check.name, asked.expression.replace("double(4)", "hunt()"), "True"
        )
    else:
        asked = Check(check.name, "hunt()", secret)
    report = await judge(shut_in, hunt, asked)
    assert [verdict.got for verdict in report.verdicts] == ["0"]


async def test_who_knows_the_value_can_say_it(anyhow: Sandbox) -> None:
    """This is what remains; a function that returns fixed values does the same."""
    knowing = """
import os
os.write(3, b'{"loaded": true}\\n{"text": "8", "plain": true}\\n')
"""
    fixed = "def double(x): return 8"
    for source in knowing, fixed:
        assert (await judge(anyhow, source, CHECKS[0])).passed


async def test_one_guess_is_all_it_has(anyhow: Sandbox) -> None:
    """No answer can be given twice, and none for a check that comes later."""
    guesses = b"".join(b'{"text": "%d", "plain": true}\n' % each for each in range(9))
    source = f"import os\nos.write(3, b'{{\"loaded\": true}}\\n' + {guesses!r})"
    report = await judge(anyhow, source, CHECKS[0])
    assert [verdict.got for verdict in report.verdicts] == ["0"]


@pytest.mark.parametrize(
    "line",
    [
        "b''",
        "b'[]'",
        "b'8'",
        "b'{'",
        "b'[' * 100_000",
        "b'{\"text\": ' * 10_000",
        "b'{\"text\": ' + b'9' * 10_000 + b'}'",
        "b'\\xff'",
        "b' ' * 300_000",
    ],
)
async def test_what_is_no_answer_harms_nobody(anyhow: Sandbox, line: str) -> None:
    source = f"import os\nos.write(3, b'{{\"loaded\": true}}\\n' + {line} + b'\\n')"
    report = await judge(anyhow, source, CHECKS[0])
    assert report.ended == "crashed"
    assert not report.passed


@pytest.mark.parametrize(
    "text",
    ["'(' * 19_000", "'-' * 19_000", "'[' * 9_000 + ']' * 9_000", "'a.' * 9_000"],
)
async def test_a_deep_text_harms_nobody(anyhow: Sandbox, text: str) -> None:
    source = f"""
import json, os
answer = json.dumps({{"plain": True, "text": {text}}})
os.write(3, b'{{"loaded": true}}\\n' + answer.encode() + b'\\n')
"""
    check = Check("long", "double(4)", want=repr("8" * 5_000))
    report = await judge(anyhow, source, check)
    assert [verdict.passed for verdict in report.verdicts] == [False]
    await anyhow.observe({"doubles": source}, ["double(4)"])
