"""The words that answer stand bold in the terminal, whatever the article's text looks like."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

from rich.console import Console

from cli.terminal import terminal
from rag.types import Answer, Article, Chunk, Citation, Hit, Sentence

WORDS = "[bold]May\n  1931[/bold]"
QUOTE = f"The  harbour bridge opened in\n{WORDS}   to the\tpublic."


def answer(span: tuple[int, int] | None = None) -> Answer:
    article = Article("a1", None, "Bridge", "The Lamp", QUOTE, "h")
    start = QUOTE.index(WORDS)
    return Answer(
        "When?",
        "answered",
        f"The Lamp: “{' '.join(QUOTE.split())}” [1]",
        (Sentence(QUOTE, (1,), 1.0, "supported", "", span or (start, start + len(WORDS)), lead="The Lamp:"),),
        (Citation(1, "a1", 0, len(QUOTE), QUOTE),),
        (Hit(Chunk("c", "a1", 0, len(QUOTE), QUOTE), article, 1.0, 1, {}),),
        0.8,
    )


def shown(told: Any, *, terminal: bool) -> str:
    out = io.StringIO()
    system: Any = "standard" if terminal else None
    Console(file=out, width=300, highlight=False, force_terminal=terminal, color_system=system).print(told)
    return out.getvalue()


def test_the_words_that_answer_are_bold_in_the_answer_and_in_its_source() -> None:
    told = shown(terminal(answer()), terminal=True)
    assert told.count("opened in \x1b[1m[bold]May 1931[/bold]\x1b[0m to the public.”") == 2


def test_nothing_but_words_where_the_output_is_piped() -> None:
    told = shown(terminal(answer()), terminal=False)
    assert "\x1b" not in told
    assert "The Lamp: “The harbour bridge opened in [bold]May 1931[/bold] to the public.” [1]" in told


def test_further_evidence_stands_among_the_sources_only() -> None:
    whole = answer()
    more = Sentence("They reopened it.", (2,), 1.0, "supported", "", lead="The Buoy:", further=True)
    cited = Citation(2, "a1", 0, 7, "They reopened it.")
    both = replace(whole, sentences=(*whole.sentences, more), citations=(*whole.citations, cited))
    told = shown(terminal(both), terminal=False)
    assert "The Buoy" not in told and told.count("They reopened it.") == 1
