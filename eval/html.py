"""A Run as one HTML file that asks nothing of any host: the figures at once, a case's page when it is opened.

What questions and articles say is data. It stands in <script type="application/json"> blocks with "<" written as \\u003c
(no text can end its block), a block a case, read only when the case is opened, and is shown by textContent alone. The
page's policy lets nothing else run: the one script is named by its digest.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from html import escape
from importlib.resources import files
from typing import Any

from eval.charts import charts
from eval.measure import Case
from eval.metrics import Metric, Summary, by_type, metrics_of, summarise
from eval.run import Run
from eval.tables import REMARK, absent, counts, flat, interval, rows, type_metrics, value, warnings, with_interval

HIT_LETTERS = 240  # of a hit's text; cases.jsonl has the whole
_ARTICLE = ("title", "source", "published_at", "article_url")  # said once for all that cite it


def pieces(run: Run, manifest: Mapping[str, Any], traces: Iterable[Mapping[str, Any] | None]) -> Iterator[str]:
    """Yield the page, piece by piece; `traces` are those of `run.cases`, in order, None where none was kept.

    Static figures come first, so that they are painted while the cases are still being read.
    """
    script = files("eval").joinpath("report.js").read_text(encoding="utf-8")
    summary = summarise(run.cases, run.ks)
    yield _head(run, script)
    yield _masthead(run, summary, manifest)
    yield from _cards(run, summary)
    yield from _charts(run)
    yield _CASES
    yield from _figures(run, summary)
    yield from _manifest(manifest)
    yield '</main>\n<main id="case" tabindex="-1" hidden></main>\n'
    yield from _data(run, traces)
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _head(run: Run, script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    style = files("eval").joinpath("report.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>Evaluation: {escape(run.questions or 'questions')}</title>\n<style>\n{style}</style>\n</head>\n"
    )


def _masthead(run: Run, summary: Summary, manifest: Mapping[str, Any]) -> str:
    version = f"Dateline {manifest['dateline']}" if isinstance(manifest.get("dateline"), str) else "Dateline"
    told = (
        f"{summary.n:,} questions",
        version,
        f"{run.started.day} {run.started:%B %Y, %H:%M} UTC",
        f"{run.seconds:,.0f} s" if run.seconds >= 10 else f"{run.seconds:.1f} s",
    )
    bad = [("crashed", summary.crashed, "crashed"), ("unjudged", summary.unjudged, "with a sentence unjudged")]
    buttons = "".join(
        f'<button type="button" data-show="{key}" class="{"bad" if count else ""}"><b>{count:,}</b> {label}</button>'
        for key, count, label in bad
    )
    warned = "".join(f'<p class="warning" role="note">{escape(text)}</p>\n' for text in warnings(manifest))
    return (
        '<body>\n<main id="report" tabindex="-1">\n<header>\n<p class="kicker">Dateline · Evaluation</p>\n'
        f"<h1>{escape(run.questions or 'Questions')}</h1>\n"
        f'<p class="line">{"".join(f"<span>{escape(text)}</span>" for text in told)}</p>\n'
        f'<p class="counts">{buttons}<span><b>{len(run.skipped):,}</b> lines skipped</span></p>\n</header>\n{warned}'
    )


def _cards(run: Run, summary: Summary) -> Iterator[str]:
    groups: dict[str, list[Metric]] = {}
    for metric in metrics_of(run.ks):
        groups.setdefault(metric.group, []).append(metric)
    yield '<section class="cards" aria-label="Summary">\n'
    for place, (name, metrics) in enumerate(groups.items()):
        cards = "".join(_card(metric, summary) for metric in metrics if "card" in metric.shown)
        if not place and not cards:
            cards = '<p class="none">The questions name no gold: whether an answer is right is not measured here.</p>'
        if cards:
            yield f'<div class="group{"" if place else " lead"}"><h2>{name}</h2>\n<div>{cards}</div></div>\n'
    yield f'<p class="remark">{REMARK}</p>\n'
    yield "</section>\n"


def _card(metric: Metric, summary: Summary) -> str:
    figure = summary.figures.get(metric.key)
    if not figure:
        return ""
    track = ""
    if metric.unit in ("share", "score"):
        low, high, at = (100 * x for x in (figure.low, figure.high, figure.value))
        track = (
            f'<span class="track" aria-hidden="true"><i style="left:{low:.2f}%;width:{high - low:.2f}%"></i>'
            f'<b style="left:{at:.2f}%"></b></span>'
        )
    return (
        f'<figure class="card" data-metric="{metric.key}"><p class="value">{value(figure.value, metric.unit)}</p>'
        f'<figcaption>{escape(metric.label)}</figcaption>{track}<p class="interval">95 %: '
        f"{interval(figure, metric.unit)} <span>n = {figure.n:,}</span></p></figure>\n"
    )


def _charts(run: Run) -> Iterator[str]:
    yield '<section class="charts" aria-label="Charts">\n'
    for chart in charts(run):
        yield (
            f'<figure id="chart-{chart.key}"><h2>{escape(chart.title)}</h2>{chart.svg}'
            f"<figcaption>{escape(chart.caption)}</figcaption></figure>\n"
        )
    yield "</section>\n"


_CASES = """<section id="cases"><h2>The cases</h2>
<form id="filters" role="search">
<label class="wide">Text
<input id="text" type="search" placeholder="Question, answer or id" autocomplete="off"></label>
<label>Type <select id="type"><option value="">all</option></select></label>
<label>Answer <select id="show"><option value="">all</option></select></label>
<label>Passage <select id="passage"><option value="">all</option></select></label>
<label>Key fact <select id="fact"><option value="">all</option></select></label>
<label class="phone">Sort by <select id="sort"></select></label>
</form>
<p class="found"><span id="found" aria-live="polite">Reading the cases …</span>
<button type="button" id="clear" hidden>Show all</button></p>
<table id="table"><thead><tr></tr></thead><tbody></tbody></table>
<p class="pager" hidden><button type="button" id="before">Previous</button> <span id="at"></span>
<button type="button" id="after">Next</button></p>
<noscript><p class="warning">The table and the pages of the cases need JavaScript, which is off.</p></noscript>
</section>
"""


def _figures(run: Run, summary: Summary) -> Iterator[str]:
    yield f'<section class="figures"><h2>All figures</h2>\n<p class="soft">{escape(counts(run, summary))} A crashed case fails '
    yield "in every metric it is asked for.</p>\n"
    yield _table(("Metric", "Value", "95 % interval", "n"), rows(run, summary))
    if parts := by_type(run):
        shown = type_metrics(run, summary)
        yield "<h2>Figures by question type</h2>\n"
        yield _table(
            ("Type", "n", "Crashed", "Unjudged", *(metric.key.replace("_", " ") for metric in shown)),
            (
                (
                    name,
                    f"{part.n:,}",
                    f"{part.crashed:,}",
                    f"{part.unjudged:,}",
                    *(with_interval(part, m).replace(" (", "\n(") for m in shown),
                )
                for name, part in ((name, summarise(cases, run.ks)) for name, cases in parts.items())
            ),
        )
    if run.absent:
        yield "<h2>Gold that the archive doesn't have</h2>\n"
        yield _table(("Question", "Articles"), absent(run))
    if run.skipped:
        yield "<h2>Lines skipped</h2>\n"
        yield _table(("Line", "Reason"), ((str(skipped.line), skipped.reason) for skipped in run.skipped))
    yield "</section>\n"


def _manifest(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield '<section class="figures" id="manifest"><h2>What was run</h2>\n'
    yield _table(("Setting", "Value"), flat(manifest))
    yield "</section>\n"


def _table(header: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>\n'
        for first, *rest in body
    )
    kind = "" if len(header) == 2 else ' class="numbers"'
    return f'<div class="scroll"><table{kind}><thead><tr>{head}</tr></thead><tbody>\n{lines}</tbody></table></div>\n'


def _data(run: Run, traces: Iterable[Mapping[str, Any] | None]) -> Iterator[str]:
    """Yield a block for each trace, then the articles that they name by place, then a line for each case."""
    articles: dict[tuple[Any, ...], int] = {}
    for place, (_, trace) in enumerate(zip(run.cases, traces, strict=False)):
        if trace:
            yield _block(f"trace-{place}", _compact(trace, articles))
    yield _block("articles", [dict(zip(_ARTICLE, article, strict=True)) for article in articles])
    yield _block("rows", [_row(case) for case in run.cases])


def _row(case: Case) -> dict[str, Any]:
    """Return what the table and the head of a case's page show; what is None or empty is left out."""
    row = {field.name: getattr(case, field.name) for field in fields(case)}
    row = {key: value for key, value in row.items() if value is not None and value != ""}
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}


def _compact(trace: Mapping[str, Any], articles: dict[tuple[Any, ...], int]) -> dict[str, Any]:
    """Return the trace with a place in `articles` for what is known of an article, and hits cut short."""

    def named(record: Mapping[str, Any]) -> dict[str, Any]:
        article = tuple(record.get(key) for key in _ARTICLE)
        rest = {key: value for key, value in record.items() if key not in (*_ARTICLE, "article_id")}
        return rest | {"article": articles.setdefault(article, len(articles))}

    answer = trace.get("answer") or {}
    hits = [named(hit) for hit in trace.get("hits") or ()]
    for hit in hits:
        text = str(hit.get("text", ""))
        hit["text"] = text if len(text) <= HIT_LETTERS else f"{text[:HIT_LETTERS].rstrip()} …"
    cited = [named(citation) for citation in answer.get("citations") or ()]
    kept = {key: value for key, value in answer.items() if key not in ("text", "status", "confidence")}
    return {**trace, "hits": hits, "answer": kept | {"citations": cited}}


def _block(name: str, value: Any) -> str:
    return f'<script type="application/json" id="{name}">{_json(value)}</script>\n'


def _json(value: Any) -> str:
    """Return JSON that can stand in a script element, and that a browser can read: no NaN in it."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str)
    except ValueError:
        plain = json.loads(json.dumps(value, default=str), parse_constant=lambda _: None)
        text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
