"""The web page: ask, and see the proof beside the answer. No retrieval logic lives here.

Everything from an article is escaped in `rag/render.py`; the page asks no other host for anything.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before gradio is imported: it reports to its makers otherwise

from rag.config import Config, load
from rag.errors import ArchiveError, DatelineError, UsageError
from rag.render import answer_html, sources_html
from rag.types import Answer, Filters

if TYPE_CHECKING:
    import gradio as gr

STARTER = tuple(Path(__file__).parent / "seeds" / part for part in ("stargate", "orrismouth", "other"))
EXAMPLES = (
    "Why is xAI absent from Stargate?",
    "Why was the Easter deadline for the bridge missed?",
    "Who leads the inquiry into the missed inspection?",
    "How many people marched through Orrismouth?",
    "Who won the World Cup?",
)
CSS = """
.gradio-container { max-width: 1180px !important; margin: 0 auto !important; }
.dl-head h1 { font: 700 2.1rem/1.1 Georgia, 'Times New Roman', serif; margin: .6rem 0 .2rem; }
.dl-head p { color: color-mix(in srgb, var(--body-text-color) 72%, transparent); margin: 0 0 .4rem; }
.dl-answer > p:first-child { font: 1.12rem/1.65 Georgia, 'Times New Roman', serif; margin: 0 0 .8rem; overflow-wrap: anywhere; }
.dl-refused > p:first-child { font-style: italic; }
.dl-n { display: inline-block; min-width: 1.35em; padding: 0 .3em; border-radius: .7em; background: #1f5fa8; color: #fff !important;
  font: 600 .72rem/1.5 system-ui, sans-serif; text-align: center; text-decoration: none; vertical-align: .25em; }
.dl-note { border-left: 3px solid #b7791f; padding: .35rem .8rem; margin: .5rem 0; background: var(--background-fill-secondary); }
.dl-foot { color: color-mix(in srgb, var(--body-text-color) 72%, transparent); font-size: .8rem; }
.dl-card { border: 1px solid var(--border-color-primary); border-radius: 8px; padding: .8rem 1rem; margin: 0 0 .9rem;
  background: var(--background-fill-secondary); }
.dl-card h3 { font: 700 1.05rem/1.3 Georgia, 'Times New Roman', serif; margin: 0; overflow-wrap: anywhere; }
.dl-by { color: color-mix(in srgb, var(--body-text-color) 72%, transparent); font-size: .82rem; margin: .15rem 0 .6rem; }
.dl-card blockquote { margin: .5rem 0 0; padding: 0 0 0 .2rem; border: 0; font-size: .93rem; line-height: 1.55;
  color: color-mix(in srgb, var(--body-text-color) 72%, transparent); overflow-wrap: anywhere; scroll-margin-top: 1rem; }
.dl-card blockquote .dl-n { margin-right: .5em; }
.dl-card blockquote:target { outline: 2px solid #1f5fa8; outline-offset: 4px; border-radius: 4px; }
.dl-card mark { background: #ffe9a8; color: #1a1a1a; padding: .05em .1em; }
.dark .dl-card mark { background: #6b5310; color: #fff7dd; }
"""


class Asks(Protocol):
    """What the page needs of a pipeline."""

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer: ...


def respond(pipeline: Asks, question: str, first: str, last: str, outlets: Sequence[str]) -> tuple[str, str]:
    """Return the answer and its source cards as HTML; an error is shown as a plain note."""
    try:
        filters = Filters(_day(first, "From"), _day(last, "To"), tuple(outlets or ()))
        answer = pipeline.ask(question or "", filters=filters)
    except DatelineError as error:
        from html import escape

        return f'<div class="dl-answer"><p class="dl-note">{escape(str(error))}</p></div>', ""
    return answer_html(answer), sources_html(answer)


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text and text.strip() else None
    except ValueError:
        raise UsageError(f"{name}: {text!r} is no day; write it as 2025-01-31") from None


def build(pipeline: Asks, outlets: Sequence[str]) -> gr.Blocks:
    """Return the page over a pipeline; `outlets` are the names offered as filters."""
    import gradio as gr

    def ask(question: str, first: str, last: str, chosen: list[str]) -> tuple[str, str]:
        return respond(pipeline, question, first, last, chosen)

    with gr.Blocks(title="Dateline", analytics_enabled=False) as page:
        gr.HTML(
            '<div class="dl-head"><h1>Dateline</h1><p>Answers from the archive. Every sentence is a quotation; its proof '
            "stands beside it.</p></div>"
        )
        with gr.Row():
            question = gr.Textbox(
                placeholder="Ask the archive", show_label=False, container=False, scale=5, autofocus=True, max_length=4_000,
                elem_id="question",
            )  # fmt: skip
            button = gr.Button("Ask", variant="primary", scale=1, min_width=90, elem_id="ask")
        with gr.Accordion("Dates and outlets", open=False), gr.Row():
            first = gr.Textbox(label="From", placeholder="2025-01-31", max_length=10)
            last = gr.Textbox(label="To", placeholder="2025-12-31", max_length=10)
            chosen = gr.Dropdown(list(outlets), label="Outlets", multiselect=True)
        gr.Examples([[each] for each in EXAMPLES], inputs=[question], label="Try")
        with gr.Row():
            with gr.Column(scale=6, min_width=320):
                answer = gr.HTML(elem_id="answer")
            with gr.Column(scale=5, min_width=320):
                sources = gr.HTML(elem_id="sources")
        for happens in (button.click, question.submit):
            happens(
                ask, [question, first, last, chosen], [answer, sources], show_progress="minimal", concurrency_limit=4,
                api_visibility="private",
            )  # fmt: skip
    return page


def serve(config: Config, *, browser: bool) -> None:
    """Open the page on loopback and stay until interrupted. An empty archive gets the starter articles first."""
    import gradio as gr

    from rag.answer import Pipeline
    from rag.cli import ingest_paths

    _check_free(config.port)
    if _is_empty(config):
        print("The archive is empty: reading the starter articles.")
        ingest_paths(config, STARTER)
    pipeline = Pipeline.open(config)
    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    page = build(pipeline, sorted(name for name in pipeline.archive.catalog.outlets() if name))
    opens = browser and _has_display()
    address = f"http://127.0.0.1:{config.port}"
    print(f"Dateline is at {address} (Ctrl-C ends it){'' if opens else '; open it in a browser'}", flush=True)
    page.launch(
        server_name="127.0.0.1", server_port=config.port, inbrowser=opens, quiet=True, css=CSS, footer_links=[],
        theme=theme, enable_monitoring=False, max_file_size="1mb", ssr_mode=False,
    )  # fmt: skip


def _is_empty(config: Config) -> bool:
    from rag.catalog import Catalog

    try:
        return Catalog.open(config.data / "catalog.sqlite3", write=False).counts().articles == 0
    except ArchiveError:
        return not (config.data / "catalog.sqlite3").exists()


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise UsageError(f"port {port} is taken; choose another with --port or DATELINE_PORT") from None


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the flags and serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="app.py", description="The Dateline web page.")
    parser.add_argument("--data", metavar="DIR", help="where the archive lives (default: ./data)")
    parser.add_argument("--embedder", metavar="NAME")
    parser.add_argument("--port", metavar="N", help="default: 7860")
    parser.add_argument("--no-browser", action="store_true", help="don't open a browser")
    flags: dict[str, Any] = vars(parser.parse_args(arguments))
    browser = not flags.pop("no_browser")
    try:
        serve(load(flags), browser=browser)
    except DatelineError as error:
        print(f"dateline: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
