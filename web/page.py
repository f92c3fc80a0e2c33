"""The web page: ask, and see the proof beside the answer. No retrieval logic lives here.

Gradio holds the fields and carries the events; `page.js` is the page's behaviour, and what comes from an article is
escaped in `web/views.py`, `web/sources.py` and `web/article.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: it reports to its makers otherwise

from web.asking import Answering, Judging, PageQuestion, asked, judge, open_article, respond, take
from web.frame import EARLIER, OVERLAYS, READER, RUNS, SHELF, STOCK, TABS, TURNS, WAIT, WELCOME, examples_html, masthead
from web.given import Find, link_to, show_given
from web.last import LastAnswers

if TYPE_CHECKING:
    import gradio as gr

STARTER = tuple(Path(__file__).parents[1] / "seeds" / part for part in ("stargate", "orrismouth", "other"))
STARTER_QUESTIONS = Path(__file__).parents[1] / "seeds" / "questions.jsonl"
STARTER_OUTLET = "Dateline starter archive"
EXAMPLES = (
    "Why is xAI absent from Stargate?",
    "Why was the Easter deadline for the bridge missed?",
    "Who leads the inquiry into the missed inspection?",
    "How many people marched through Orrismouth?",
    "Who won the World Cup?",
)
ASK = "() => { window.dateline ? window.dateline.ask() : (window.datelineWaits = true); }"  # the script may come a little later
SCRIPT = Path(__file__).with_name("page.js")


def build(pipeline: Answering, judging: Judging | None = None, *, find: Find | None = None) -> gr.Blocks:
    """Return the page over a pipeline. `judging`: where it is kept what readers say of answers; they aren't asked without.

    `find`: gives an answer that is kept, by its link.
    """
    import gradio as gr

    catalog, kept = pipeline.archive.catalog, LastAnswers()

    def outlets() -> list[str]:
        return sorted(filter(None, catalog.outlets()))

    def fields(what: PageQuestion) -> tuple[Any, ...]:
        known = [name for name in what.outlets if name in catalog.outlets()]
        return what.question, what.first, what.last, what.as_of, gr.Dropdown(value=known)

    def ask(first: str, last: str, as_of: str, chosen: list[str], event: Any) -> Iterator[tuple[Any, ...]]:
        what = asked(event._data, first, last, chosen, as_of)
        if link := event._data.get("given"):
            given, answer, sources = show_given(pipeline, kept, find, str(link), what.number)
            yield *fields(given), answer, sources
            return
        for answer, sources in respond(pipeline, kept, what, judging):
            yield *fields(what), answer, sources

    ask.__annotations__["event"] = gr.EventData  # Gradio reads it at run time, where `gr` is no name of the module

    def article(sent: dict[str, Any]) -> str:
        return open_article(pipeline, kept, sent)

    def takes(sent: dict[str, Any]) -> dict[str, str]:
        return link_to(kept, find, str(sent.get("key"))) if sent.get("form") == "given" else take(kept, sent)

    def judges(sent: dict[str, Any]) -> dict[str, str]:
        return judge(judging, sent)

    def refresh() -> tuple[str, gr.Dropdown]:  # the archive may have grown since the page was built
        return masthead(catalog.counts()), gr.Dropdown(choices=outlets())

    page: gr.Blocks
    with gr.Blocks(title="Dateline", analytics_enabled=False, fill_width=True) as page:
        with gr.Column(elem_id="paper"):
            with gr.Row(elem_id="top"):
                head = gr.HTML(masthead(catalog.counts()))
                gr.HTML(TABS)
            with gr.Row(elem_id="asking", equal_height=True):
                question = gr.Textbox(
                    label="Question", placeholder="Ask the archive", show_label=False, container=False, scale=6, min_width=180,
                    autofocus=True, interactive=True, max_length=4_000, elem_id="question",
                )  # fmt: skip
                button = gr.Button("Ask", variant="primary", scale=0, min_width=88, elem_id="ask")
                stop = gr.Button("Stop", scale=0, min_width=88, elem_id="stop")
            with gr.Row(elem_id="filters"):
                first, last, as_of = (
                    gr.Textbox(
                        label=name, max_lines=1, max_length=10, elem_id=name.lower().replace(" ", "-"), min_width=120
                    )
                    for name in ("From", "To", "As of")
                )
                chosen = gr.Dropdown(
                    outlets(), label="Outlets", multiselect=True, min_width=200, scale=3, elem_id="outlets"
                )
            gr.HTML(examples_html(EXAMPLES if STARTER_OUTLET in outlets() else ()))  # others hold no answer to them
            with gr.Row(elem_id="reading"):
                with gr.Column(scale=6, min_width=300, elem_id="shelf"):
                    gr.HTML(SHELF)
                with gr.Column(scale=6, min_width=300, elem_id="told"):
                    gr.HTML(TURNS + WELCOME + WAIT)
                    answer = gr.HTML()
                    gr.HTML(EARLIER)
                with gr.Column(scale=5, min_width=300, elem_id="proof"):
                    sources = gr.HTML(elem_id="cards")
                    gr.HTML(STOCK)
                    gr.HTML(READER)
            gr.HTML(RUNS, elem_id="runs")
            desk: Any = gr.HTML(
                OVERLAYS, js_on_load=SCRIPT.read_text(encoding="utf-8"), server_functions=[article, takes, judges]
            )
        asking = desk.ask(
            ask, [first, last, as_of, chosen], [question, first, last, as_of, chosen, answer, sources],
            show_progress="hidden", concurrency_limit=4, api_visibility="private",
        )  # fmt: skip
        asking.then(None, js="() => window.dateline.free()", api_visibility="private")
        desk.leave(None, cancels=[asking], api_visibility="private")
        desk.changed(refresh, None, [head, chosen], show_progress="hidden", api_visibility="private")
        for happens in (button.click, question.submit):
            happens(None, js=ASK, api_visibility="private")
        stop.click(None, js="() => window.dateline.stop()", cancels=[asking], api_visibility="private")
        page.load(refresh, None, [head, chosen], show_progress="hidden", api_visibility="private")
    return page
