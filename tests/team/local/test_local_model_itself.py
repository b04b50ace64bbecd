"""The real thing: the smallest model, if its weights are here and xllamacpp is."""

import importlib.util
import json

import attrs
import pytest
import trio

from exeunt.team.local import store
from exeunt.team.local.catalogue import MODELS
from exeunt.team.local.serving import serve
from exeunt.team.models.model import Message, Prompt

httpx2 = pytest.importorskip("httpx2")

from exeunt.team.models.client import open_client  # noqa: E402 - it needs httpx2

WEIGHTS = MODELS["smollm2-135m"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        store.here(WEIGHTS) is None,
        reason=f"no weights: exeunt model fetch {WEIGHTS.name}",
    ),
    pytest.mark.skipif(
        importlib.util.find_spec("xllamacpp") is None, reason="no xllamacpp"
    ),
]
SCHEMA = {"type": "object", "properties": {"n": {"enum": [7]}}, "required": ["n"]}
COUNT = Prompt(
    messages=(Message("user", "Count from one to nine hundred."),), max_tokens=1_900
)


async def test_it_answers_to_a_schema_and_a_cancelled_answer_frees_its_slot() -> None:
    async with (
        serve(WEIGHTS, threads=1) as url,
        open_client(url, WEIGHTS.name) as model,
        httpx2.AsyncClient(timeout=None) as http,
    ):
        answer = await model.complete(attrs.evolve(COUNT, schema=SCHEMA))
        assert json.loads(answer.text) == {"n": 7}

        async def busy() -> int:
            slots = (await http.get(f"{url.removesuffix('/v1')}/slots")).json()
            return sum(slot["is_processing"] for slot in slots)

        with trio.CancelScope() as scope:
            async with model.stream(COUNT) as pieces:
                async for _ in pieces:
                    assert await busy() == 1
                    scope.cancel()
        assert scope.cancelled_caught
        while await busy():  # if it went on, it would outlast the test's own limit
            await trio.lowlevel.checkpoint()
