"""Hits → draft answer with an LLM: any llama-index LLM, by the template in `prompt.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rag.answering.backends.form import as_lines
from rag.answering.backends.load import load
from rag.answering.backends.purse import tokens_used
from rag.answering.cite import cited_sentences
from rag.answering.orders import without_orders
from rag.answering.prompt import REFUSAL, again_template, answer_template, count_tokens, mark_of, numbered, that_fit
from rag.answering.prove import likeliest
from rag.answering.quotes import quoted_sentences
from rag.answering.reply import answer_of, is_refusal
from rag.answering.weights import AnswerWeights
from rag.config import Config
from rag.errors import UsageError
from rag.text.plain import plain
from rag.types import Assesses, Draft, DraftSentence, Hit, Note, Plan

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_ENDS = re.compile(r"[.!?\"”}\n]")  # what a sentence, its markers or its quote may end in, or an object of JSON
# A marker, and a quote that is not closed yet, or of which the line isn't.
_UNFINISHED = re.compile(r"[ \t]*\[[\d, ]{0,20}\]?[ \t]{0,3}[:–-]?[ \t]{0,3}(?:[\"“„«][^\n]{0,3000})?$")
_NOT_CITED = Note(
    "not_cited",
    "The model's reply says nothing, so none of it is shown. The archive may hold the answer all the same.",
)


class LLMGenerator:
    """A generator that asks an LLM; the confidence is the assessment's, as for the extractive one."""

    def __init__(
        self, llm: LLM, assessor: Assesses, weights: AnswerWeights = AnswerWeights(), template: str | None = None
    ) -> None:
        """`template` takes the place of Dateline's own prompt (`prompt.read_template`)."""
        self._llm = llm
        self._assessor = assessor
        self._weights = weights
        self._template = template

    def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
        """Return the LLM's reply with its quotes and markers resolved; no sentences where it declines.

        An empty reply is no refusal: a note says so.
        """
        confidence = self._assessor.assess(plan, hits).answerable
        if not hits:
            return Draft((), confidence)
        response = self._llm.complete(self._prompt(plan, hits), **self._form(self._template))
        return replace(drafted(response.text, hits, confidence, self._weights), tokens=tokens_used(response.raw))

    def stream(self, plan: Plan, hits: Sequence[Hit]) -> Iterator[DraftSentence | Draft]:
        """Yield each sentence once the next one begins, and the whole draft at the end, which counts."""
        confidence = self._assessor.assess(plan, hits).answerable
        if not hits:
            yield Draft((), confidence)
            return
        told: tuple[DraftSentence, ...] = ()
        text, tokens = "", None
        for part in self._llm.stream_complete(self._prompt(plan, hits), **self._form(self._template)):
            new, text, tokens = part.text[len(text) :], part.text, tokens_used(part.raw) or tokens
            if _ENDS.search(new):
                lines = as_lines(text)
                finished = _UNFINISHED.sub("", text) if lines is text else lines
                whole = drafted(finished, hits, confidence, self._weights).sentences
                if lines is text:  # else each of them is whole
                    whole = whole[:-1]
                if whole[: len(told)] == told:
                    yield from whole[len(told) :]
                    told = whole
        yield replace(drafted(text, hits, confidence, self._weights), tokens=tokens)

    def again(self, plan: Plan, hits: Sequence[Hit], failed: Sequence[str]) -> tuple[DraftSentence, ...]:
        """Return the sentences that the LLM writes in place of the failed ones."""
        hits = without_orders(hits)
        nearest = likeliest(" ".join(failed), hits, self._weights.recited_from)
        passages = sorted(((hits.index(hit) + 1, hit) for hit in nearest), key=lambda each: each[0])
        prompt = again_template().format(
            question=plan.question,
            sentences="\n".join(f"- {plain(each)}" for each in failed),
            passages=numbered(passages, mark := mark_of(plan.question, hits)),
            mark=mark,
        )
        return drafted(self._llm.complete(prompt, **self._form()).text, hits, 1.0, self._weights).sentences

    def _form(self, template: str | None = None) -> Mapping[str, Any]:
        """Return what asks for the quoted form as JSON, where the LLM's server has that and no template asks for another."""
        form = getattr(self._llm, "form", None)
        return form if isinstance(form, Mapping) and template is None else {}

    def _prompt(self, plan: Plan, hits: Sequence[Hit]) -> str:
        """Return the request. Raises UsageError where not one passage fits into the model's window."""
        template, mark = answer_template(self._template), mark_of(plan.question, hits)
        empty = template.format(question=plan.question, passages="", mark=mark)
        window = self._llm.metadata
        room = window.context_window - max(window.num_output, 0) - count_tokens(empty)
        passages = that_fit(without_orders(hits), room)
        if not passages:
            raise UsageError(
                f"no passage fits into the {window.context_window:,} tokens of {window.model_name}; "
                "use a model with a larger window"
            )
        return template.format(question=plan.question, passages=numbered(passages, mark), mark=mark)


def drafted(reply: str, hits: Sequence[Hit], confidence: float, by: AnswerWeights = AnswerWeights()) -> Draft:
    """Return the draft that an LLM's reply to the prompt makes: without sentences where it declines, or says nothing."""
    answer = answer_of(as_lines(reply[: by.reply]))
    if is_refusal(answer, REFUSAL):
        return Draft((), min(confidence, by.declined))
    said = quoted_sentences(answer, hits)
    if said is None:
        said = cited_sentences(answer, hits, by)
    return Draft(said, confidence, () if said else (_NOT_CITED,))


def load_llm(name: str, config: Config | None = None) -> LLM:
    """Return the LLM that `name` stands for (`backends.named` has the forms), within the limits of `config`.

    Raises ConfigError for another name, ModelError where what it names can't be loaded.
    """
    return load(name, config or Config())
