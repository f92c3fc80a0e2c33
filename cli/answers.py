"""`dateline answers`: what was answered, and which of it rests on articles that were corrected, changed or removed since."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import print_json
from cli.options import Data, Json
from rag.config import load
from rag.text.plain import plain

if TYPE_CHECKING:
    from rag.archive.kept import CitedThen, KeptAnswer

_SHOWN = 50  # that are printed; --json has all

commands = typer.Typer()


@commands.command(epilog="Examples: `dateline answers --flagged` · `dateline answers --json`")
def answers(
    flagged: Annotated[
        bool, typer.Option("--flagged", help="Only those on articles corrected, changed, gone or removed since")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Forget all answers that were kept")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the answers that were given, newest first, with what has become of the articles that they cite."""
    from rag.archive.kept import KeptAnswers

    config = load({"data": data})
    with closing(KeptAnswers.open(config.data, write=forget)) as kept:
        if forget:
            count = kept.forget()
            print_json({"forgotten": count}) if as_json else print(f"{count:,} answers forgotten.")
            return
        found = kept.answers(flagged=flagged)
    if as_json:
        print_json({"answers": [_json(each) for each in found]})
        return
    for each in found[:_SHOWN]:
        print(f"{each.day} {plain(each.question)}")
        for article in each.articles:
            print(f"    {_told(article)}")
    if len(found) > _SHOWN:
        print(f"... and {len(found) - _SHOWN:,} more; --json has them all")
    if not found:
        print(f"No answer {'is flagged' if flagged else 'was kept'}. Archive: {config.data}")


def _told(article: CitedThen) -> str:
    notice = f" ({plain(article.notice)})" if article.notice else ""
    return f"{plain(article.title)}: {article.told or 'as it was'}{notice if article.since else ''}"


def _json(answer: KeptAnswer) -> dict[str, Any]:
    return {
        "id": answer.link,
        "at": answer.at.isoformat(),
        "day": answer.day.isoformat(),
        "question": answer.question,
        "flagged": answer.flagged,
        "articles": [asdict(article) for article in answer.articles],
        "answer": answer.answer,
    }
