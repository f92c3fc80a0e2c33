"""The web page: ask, and see the proof beside the answer. No retrieval logic lives here.

Everything from an article is escaped in `web/views.py`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: it reports to its makers otherwise

from rag.errors import DatelineError, UsageError
from rag.types import Answer, Filters
from web.views import answer_html, error_html, sources_html

if TYPE_CHECKING:
    import gradio as gr

    from rag.archive.rows import Counts

STARTER = tuple(Path(__file__).parents[1] / "seeds" / part for part in ("stargate", "orrismouth", "other"))
STARTER_OUTLET = "Dateline starter archive"
EXAMPLES = (
    "Why is xAI absent from Stargate?",
    "Why was the Easter deadline for the bridge missed?",
    "Who leads the inquiry into the missed inspection?",
    "How many people marched through Orrismouth?",
    "Who won the World Cup?",
)
WELCOME = (
    '<section class="dl-answer dl-welcome"><p>Ask, and the answer is put together from sentences that stand in the archive. '
    "Each carries a number; the number leads to the article, with the sentence marked in it. What the archive doesn’t hold, "
    "Dateline doesn’t answer.</p></section>"
)
# The browser's own calendar, which phones have a good one of. gr.DateTime keeps an old day where a new one is mistyped.
CALENDARS = """() => setTimeout(() => {
  document.querySelectorAll('#from input, #to input').forEach((box) => { box.type = 'date'; });
})"""


class Holdings(Protocol):
    """What the page tells of what an archive holds."""

    def outlets(self) -> Mapping[str, int]: ...
    def counts(self) -> Counts: ...


class Holding(Protocol):
    """An archive, as far as the page looks into it."""

    @property
    def catalog(self) -> Holdings: ...


class Answering(Protocol):
    """What the page needs of a pipeline."""

    @property
    def archive(self) -> Holding: ...
    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer: ...


def respond(
    pipeline: Answering, question: str | None, first: str | None, last: str | None, outlets: Sequence[str] | None
) -> tuple[str, str]:
    """Return the answer and its source cards as HTML; what goes wrong is said plainly, and no old answer stays."""
    try:
        filters = Filters(_day(first, "From"), _day(last, "To"), tuple(outlets or ()))
        answer = pipeline.ask(question or "", filters=filters)
        return answer_html(answer, within=_within(filters)), sources_html(answer)
    except DatelineError as error:
        return error_html(f"{error}."), ""
    except (KeyboardInterrupt, SystemExit):
        raise
    except (
        BaseException
    ):  # a bug, or a native library's panic: the reader gets a sentence, whoever runs the page the traceback
        logging.getLogger("dateline").exception("the page could not answer")
        return error_html("Something went wrong inside Dateline; the terminal that runs this page says what."), ""


def _day(text: str | None, name: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text and text.strip() else None
    except ValueError:
        raise UsageError(f"{name}: {text!r} is no day; write it as 2025-01-31") from None


def _within(filters: Filters) -> str:
    """Return what the search was restricted to, in words."""
    said = [", ".join(filters.outlets)] if filters.outlets else []
    said += [f"from {filters.date_from}"] if filters.date_from else []
    said += [f"to {filters.date_to}"] if filters.date_to else []
    return f"Only {' · '.join(said)}" if said else ""


def masthead(counts: Counts) -> str:
    """Return the top of the page: the name and, under it, what the archive holds."""
    held = [_number(counts.articles, "article"), _number(counts.outlets, "outlet")]
    if counts.oldest and counts.newest:
        held.append(" – ".join(f"{day.day} {day:%B %Y}" for day in (counts.oldest, counts.newest)))
    line = "".join(f"<span>{each}</span>" for each in held)
    return (
        '<header class="dl-head"><h1>Dateline</h1><p class="dl-motto">Answers from a news archive, the proof beside '
        f'them</p><p class="dl-line">{line}</p></header>'
    )


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def build(pipeline: Answering) -> gr.Blocks:
    """Return the page over a pipeline."""
    import gradio as gr

    catalog = pipeline.archive.catalog

    def outlets() -> list[str]:
        return sorted(filter(None, catalog.outlets()))

    def ask(question: str, first: str, last: str, chosen: list[str]) -> tuple[str, str]:
        return respond(pipeline, question, first, last, chosen)

    def refresh() -> tuple[str, gr.Dropdown]:  # the archive may have grown since the page was built
        return masthead(catalog.counts()), gr.Dropdown(choices=outlets())

    page: gr.Blocks
    with gr.Blocks(title="Dateline", analytics_enabled=False, fill_width=True) as page:
        head = gr.HTML(masthead(catalog.counts()))
        with gr.Row(elem_id="asking", equal_height=True):
            question = gr.Textbox(
                label="Question", placeholder="Ask the archive", show_label=False, container=False, scale=6, min_width=180,
                autofocus=True, max_length=4_000, elem_id="question",
            )  # fmt: skip
            button = gr.Button("Ask", variant="primary", scale=0, min_width=88, elem_id="ask")
        examples = []
        if STARTER_OUTLET in outlets():  # other archives hold no answer to them
            with gr.Row(elem_id="examples"):
                examples = [gr.Button(each, size="sm", scale=0, min_width=0) for each in EXAMPLES]
        with gr.Accordion("Dates and outlets", open=False, elem_id="filters") as drawer, gr.Row():
            first, last = (
                gr.Textbox(label=name, placeholder="2025-01-31", max_lines=1, max_length=10, elem_id=name.lower(), min_width=150)
                for name in ("From", "To")
            )  # fmt: skip
            chosen = gr.Dropdown(
                outlets(), label="Outlets", multiselect=True, min_width=220, scale=2, elem_id="outlets"
            )
        with gr.Row(elem_id="reading"):
            with gr.Column(scale=6, min_width=300, elem_id="told"):
                answer = gr.HTML(WELCOME)
            with gr.Column(scale=5, min_width=300):
                sources = gr.HTML()
        filters, shown = [first, last, chosen], [answer, sources]
        options: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 4, "api_visibility": "private"}
        for happens in (button.click, question.submit):
            happens(ask, [question, *filters], shown, **options)
        for example, each in zip(examples, EXAMPLES, strict=False):
            # One journey to the server, not one to fill in the question and another to ask it.
            example.click(
                lambda *chosen, each=each: (each, *ask(each, *chosen)), filters, [question, *shown], **options
            )
        drawer.expand(None, js=CALENDARS, api_visibility="private")  # before it is opened, its fields don't exist
        page.load(refresh, None, [head, chosen], show_progress="hidden", api_visibility="private")
    return page
