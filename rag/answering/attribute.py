"""Article → who says it, and when, as it stands before a quote."""

from __future__ import annotations

from rag.answering.reasons import Guess
from rag.question.when import day_in_words
from rag.types import Article


def attribution(article: Article, guess: Guess | None = None) -> str:
    """Return "Outlet, 3 May 2024:", naming what is known; a guess is marked as the outlet's own or as one that it reports."""
    when = day_in_words(article.published_at)
    who = article.source or ("The article" if when else "An undated article")
    if guess:
        return f"{who} interprets:" if guess == "own" else f"{who} reports as a guess:"
    return f"{who}, {when}:" if when else f"{who}:"
