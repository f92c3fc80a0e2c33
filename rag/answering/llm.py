"""Hits → draft answer with an LLM: any llama-index LLM, by the template in `prompt.py`.

`ScriptedLLM` is the fake that ships beside the real ones: it replies from a file, so that the whole LLM path runs in tests and
demonstrations without a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.answering.backends.load import load
from rag.answering.backends.script import read
from rag.answering.cite import cited_sentences
from rag.answering.prompt import REFUSAL, answer_template, numbered
from rag.answering.quotes import quoted_sentences
from rag.answering.reply import answer_of, is_refusal
from rag.answering.weights import AnswerWeights
from rag.config import Config
from rag.types import Assesses, Draft, Hit, Note, Plan

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

# What tokens sent and replied are called by OpenAI and those who copy it, by Anthropic, by Ollama.
_USAGE = (
    ("prompt_tokens", "completion_tokens"),
    ("input_tokens", "output_tokens"),
    ("prompt_eval_count", "eval_count"),
)
_NOT_CITED = Note(
    "not_cited",
    "The model's reply says nothing, so none of it is shown. The archive may hold the answer all the same.",
)


class LLMGenerator:
    """A generator that asks an LLM; the confidence is the assessment's, as for the extractive one."""

    def __init__(self, llm: LLM, assessor: Assesses, weights: AnswerWeights = AnswerWeights()) -> None:
        self._llm = llm
        self._assessor = assessor
        self._weights = weights

    def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
        """Return the LLM's reply with its markers resolved; no sentences where it declines.

        An empty reply is no refusal: a note says so.
        """
        confidence = self._assessor.assess(plan, hits).answerable
        if not hits:
            return Draft((), confidence)
        response = self._llm.complete(answer_template().format(question=plan.question, passages=numbered(hits)))
        return replace(drafted(response.text, hits, confidence, self._weights), tokens=tokens_used(response.raw))


def drafted(reply: str, hits: Sequence[Hit], confidence: float, by: AnswerWeights = AnswerWeights()) -> Draft:
    """Return the draft that an LLM's reply to the prompt makes: without sentences where it declines, or says nothing."""
    answer = answer_of(reply)
    if is_refusal(answer, REFUSAL):
        return Draft((), min(confidence, by.declined))
    said = quoted_sentences(answer, hits)
    if said is None:
        said = cited_sentences(answer, hits, by)
    return Draft(said, confidence, () if said else (_NOT_CITED,))


def tokens_used(raw: Any) -> tuple[int, int] | None:
    """Return the tokens sent and replied that an LLM's raw response tells, in any of the usual spellings; None in none."""
    for told in (_of(raw, "usage"), raw):
        for sent, replied in _USAGE:
            counts = _of(told, sent), _of(told, replied)
            if all(isinstance(count, int) for count in counts):
                return counts
    return None


def _of(record: Any, name: str) -> Any:
    return record.get(name) if isinstance(record, Mapping) else getattr(record, name, None)


def load_llm(name: str, config: Config | None = None) -> LLM:
    """Return the LLM that `name` stands for (`backends.named` has the forms), within the limits of `config`.

    Raises ConfigError for another name, ModelError where what it names can't be loaded.
    """
    return load(name, config or Config())


def read_script(path: Path) -> dict[str, str]:
    """Return question → reply from JSON lines {"question", "reply"}; the question "*" answers all others."""
    return dict(read(path).by_question)


def scripted(replies: dict[str, str]) -> LLM:
    """Return a llama-index LLM that replies from `replies`: the question found in the prompt, else "*", else a refusal."""
    from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

    class ScriptedLLM(CustomLLM):
        replies: dict[str, str]

        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(model_name="scripted")

        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
            found = [reply for question, reply in self.replies.items() if f"Question: {question}\n" in prompt]
            text = found[0] if found else self.replies.get("*", REFUSAL)
            # Words, for want of tokens.
            used = {"prompt_tokens": len(prompt.split()), "completion_tokens": len(text.split())}
            return CompletionResponse(text=text, raw={"usage": used})

        def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
            yield self.complete(prompt, formatted, **kwargs)

    return ScriptedLLM(replies=replies)
