"""Answer, hits, plan → what the terminal shows, as Rich renderables. An article's control characters never get there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.records import answer_spans, byline, citations_by_article, figures, said
from rag.text.plain import plain, plain_parted
from rag.types import Answer, Article, Found, Hit, Period

if TYPE_CHECKING:
    from rich.console import Group


def terminal(answer: Answer) -> Group:
    """Return the answer, then its numbered sources with their quotes, its notes and figures, for a Rich console."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    spans = answer_spans(answer)
    parts: list[Any] = [_told(answer)]
    for article, citations in citations_by_article(answer):
        parts += [Text(), _headline("".join(f"[{c.n}]" for c in citations), article)]
        if article.url:
            parts.append(Padding(Text(plain(article.url), style="dim"), (0, 0, 0, 4)))
        for citation in citations:
            number = f"[{citation.n}] " if len(citations) > 1 else ""
            before, within, after = plain_parted(citation.quote, spans.get(citation.n, (0, 0)))
            quote = Text.assemble(f"{number}“{before}", (within, "bold"), f"{after}”")
            parts.append(Padding(quote, (0, 0, 0, 4)))
    for note in answer.notes:
        parts += [Text(), Text(f"Note: {plain(note.text)}", style="italic")]
    return Group(*parts, Text(), Text(figures(answer), style="dim"))


def _told(answer: Answer) -> Any:
    """Return the answer's text, the words that answer in bold."""
    from rich.text import Text

    text = Text()
    for each in said(answer):
        if each.sentence.further:  # its quote stands among the sources
            continue
        before, within, after = each.words
        opening, closing = ("“", "”") if each.quoted else ("", "")
        markers = "".join(f"[{n}]" for n in each.sentence.citations)
        text.append(" " if text.plain else "").append(f"{each.lead} " if each.lead else "")
        text.append(f"{opening}{before}").append(within, "bold").append(f"{after}{closing} {markers}")
    return text or Text(plain(answer.text))


def terminal_verdict(told: Mapping[str, Any]) -> Group:
    """Return what checking a claim gave, for a Rich console: the verdict, and each sentence's with its reason."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[Any] = [Text.assemble((told["verdict"], "bold"), (f" · score {told['score']:.2f}", "dim"))]
    for each in told["sentences"]:
        parts.append(Padding(Text(f"“{plain(each['text'])}”"), (0, 0, 0, 4)))
        parts.append(Padding(Text(f"{each['verdict']}: {plain(each['reason'])}", style="dim"), (0, 0, 0, 6)))
    return Group(*parts)


def terminal_hits(hits: Sequence[Hit]) -> Group:
    """Return found passages for a Rich console: rank, headline, who found it at which rank, the text."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    if not hits:
        return Group(Text("Nothing found."))
    parts: list[Any] = []
    for hit in hits:
        found = ", ".join(f"{name} {rank}" for name, rank in hit.found_by.items())
        parts += [
            _headline(f"{hit.rank}.", hit.article),
            Padding(Text(f"score {hit.score:.3f} · {found}", style="dim"), (0, 0, 0, 3)),
            Padding(Text(plain(hit.chunk.text)), (0, 0, 0, 3)),
            Text(),
        ]
    return Group(*parts[:-1])


def _headline(number: str, article: Article) -> Any:
    from rich.text import Text  # Text takes no markup, so that [bold] in a headline stays what it is

    return Text.assemble((f"{number} ", "bold"), plain(article.title), (f" — {byline(article)}", "dim"))


def terminal_plan(found: Found) -> Group:
    """Return how a search went about it, for a Rich console: parts, outlets, periods, and the time of each stage."""
    from rich.console import Group
    from rich.text import Text

    lines: list[Any] = []
    for number, part in enumerate(found.plan.parts, 1):
        lines.append(Text.assemble((f"part {number}  ", "bold"), plain(part.text)))
        lines.append(
            Text(f"        in {plain(', '.join(part.outlets)) or 'any outlet'}{_days(part.periods)}", style="dim")
        )
    whole = "and all of it in any outlet" if lines else "asked as a whole"
    lines.append(Text.assemble(("plan    ", "bold"), f"{whole}{_days(() if lines else found.plan.periods)}"))
    if found.plan.absent:
        lines.append(Text(f"        the archive has nothing from {plain(' or '.join(found.plan.absent))}"))
    if found.plan.unknown:
        lines.append(Text(f"        no article mentions {plain(' or '.join(found.plan.unknown))}"))
    if found.plan.quoted:
        lines.append(Text(f"        words together: {plain(', '.join(found.plan.quoted))}", style="dim"))
    stages = " · ".join(f"{name} {ms:.1f} ms" for name, ms in found.timings.items())
    return Group(*lines, Text.assemble(("time    ", "bold"), stages), Text())


def _days(periods: Sequence[Period]) -> str:
    told = [
        f"{'near' if p.relation == 'in' else p.relation} {p.first}" + (f" to {p.last}" if p.last != p.first else "")
        for p in periods
    ]
    return f", {' and '.join(told)}" if told else ""
