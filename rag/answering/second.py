"""Sentence and quote → what an LLM that sees nothing else says of them, in one word.

It may be the LLM that wrote the answer: without the question and the other passages it has no answer to defend. Whatever is
not YES in the form that was asked for, a failure too, bears nothing out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.answering.backends.load import load
from rag.answering.prompt import borne_out_template
from rag.answering.reply import answer_of
from rag.config import Config
from rag.errors import ConfigError, LLMError
from rag.types import Support

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_YES = re.compile(r"\W*yes\W*", re.IGNORECASE)
_NO = re.compile(r"\W*no\b", re.IGNORECASE)
_LONGEST = 4_000  # characters of quotes that are shown


class SecondCall:
    """A check of one sentence by an LLM."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def judge(self, sentence: str, quotes: Sequence[str], where: str) -> Support:
        """Return the verdict: 1 for YES, 0 for NO and for anything else. Raises LLMError where every call would fail."""
        told = " ... ".join(" ".join(quote.split()) for quote in quotes)[:_LONGEST]
        prompt = borne_out_template().format(sentence=" ".join(sentence.split()), quote=told, where=where)
        try:
            said = answer_of(self._llm.complete(prompt).text)
        except LLMError as error:
            if error.lasting:
                raise
            return Support(0.0, "unjudged", f"the second call to the model failed ({error})")
        if _YES.fullmatch(said):
            return Support(1.0, "supported", "the second call to the model says that the quote bears it out")
        if _NO.match(said):
            return Support(0.0, "unsupported", "the second call to the model says that the quote does not bear it out")
        return Support(0.0, "unjudged", "the second call to the model gave neither YES nor NO")


def second_call(config: Config, llm: LLM | None = None) -> SecondCall | None:
    """Return the second call that `config.check` names, to `llm` where one is open; None where the reader alone checks.

    Raises ConfigError where there is no LLM to call.
    """
    if config.check == "reader":
        return None
    _, _, other = config.check.partition(":")
    if not other and llm is not None:
        return SecondCall(llm)
    name = other or config.llm
    if name == "none":
        raise ConfigError(f"check = {config.check!r} calls an LLM; name one with llm, or set check = reader")
    return SecondCall(load(name, config, llm))
