"""What the API takes and gives, as types: the schema at /openapi.json is made from them.

What is told of the archive and done to it has types of its own, in `web/archive_forms.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rag.types import Article, Earlier, Filters, Status, Verdict

LONGEST = 4_000  # characters of a question
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]
Outlet = Annotated[str, StringConstraints(max_length=200)]


class Taken(BaseModel):
    """What a client sends; a field nobody knows is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Asked(Taken):
    """A question and what it is restricted to. Days are UTC, both included."""

    question: Question = Field(examples=["Why was the Easter deadline for the bridge missed?"])
    date_from: date | None = Field(None, alias="from", description="Published on or after this day")
    date_to: date | None = Field(None, alias="to", description="Published on or before this day")
    as_of: date | None = Field(None, description="Answer as on that day, from what was out by then")
    outlets: list[Outlet] = Field(default_factory=list, max_length=100, description="Only these outlets")

    def filters(self) -> Filters:
        """Return the filters; `as_of` is one, and the day of asking besides."""
        return Filters(self.date_from, self.date_to, tuple(self.outlets)).until(self.as_of)


class AskRequest(Asked):
    """A question to be answered."""

    stream: bool = Field(False, description="Send server-sent events; so does the header `Accept: text/event-stream`")


class SearchRequest(Asked):
    """A question whose passages are to be found."""

    k: int = Field(10, ge=1, le=100, description="How many passages")


class VerifyRequest(Taken):
    """A claim, and the text that must bear it out."""

    claim: str = Field(min_length=1, max_length=20_000)
    source: str = Field(min_length=1, max_length=200_000)


class FeedbackRequest(Taken):
    """What a reader thinks of an answer that was given."""

    id: str = Field(max_length=64, description="The `id` of the answer")
    verdict: Literal["right", "wrong", "wrong_source"]
    comment: str = Field("", max_length=4_000)
    correct: str = Field("", max_length=2_000, description="What the right answer is, in a few words")


class ArticleOut(BaseModel):
    """What is said of an article wherever one is named."""

    article_id: str
    article_url: str | None
    title: str
    source: str
    published_at: datetime | None


class CitationOut(ArticleOut):
    """A verbatim quote: `text[start:end] == quote` in the article's text, counted in characters."""

    n: int
    start: int
    end: int
    quote: str


class SentenceOut(BaseModel):
    """One sentence of an answer, with the numbers of its citations and what checking it against them gave."""

    text: str
    citations: list[int]
    support: float
    verdict: Verdict
    answer_span: tuple[int, int] | None
    close: bool = Field(description="Passed the check, but only just: look at the quote")


class DroppedOut(BaseModel):
    """A sentence that an LLM wrote and that is not shown, for its sources do not bear it out."""

    text: str
    score: float
    reason: str


class NoteOut(BaseModel):
    """What the reader must know beside the answer."""

    kind: str
    text: str
    citations: list[int]
    data: dict[str, Any]


class AnswerOut(BaseModel):
    """A checked answer, or a refusal: `status` is "not_in_corpus" where the archive does not hold the answer."""

    id: str = Field(description="By this it is named in feedback")
    link: str | None = Field(
        None, description="By this it can be read again as it was given; null where it is not kept"
    )
    question: str
    status: Status
    answer: str
    confidence: float
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    notes: list[NoteOut]
    dropped: list[DroppedOut] = []
    timings: dict[str, float]


class CitedThenOut(BaseModel):
    """An article that an answer cites, and what has become of it since: null where it is as it was."""

    article_id: str
    version: int
    title: str
    since: Literal["removed", "gone", "corrected", "changed"] | None
    notice: str | None = Field(description="What the outlet says of its correction")


class GivenOut(BaseModel):
    """An answer as it was given; `answer` is null once an article that it quotes was removed from the archive."""

    link: str
    question: str
    given_at: datetime
    date_from: date | None = Field(serialization_alias="from")
    date_to: date | None = Field(serialization_alias="to")
    as_of: date | None
    outlets: list[str]
    flagged: bool = Field(description="Whether an article that it cites is not as it was")
    articles: list[CitedThenOut]
    answer: AnswerOut | None


class HitOut(ArticleOut):
    """A passage that was found."""

    rank: int
    score: float
    start: int
    end: int
    text: str
    found_by: dict[str, int]
    twins: list[str]


class SearchOut(BaseModel):
    """The passages, best first."""

    question: str
    hits: list[HitOut]
    timings: dict[str, float]


class VersionOut(BaseModel):
    """An earlier text of an article."""

    version: int
    title: str
    text: str
    replaced_at: datetime


class WholeArticle(ArticleOut):
    """An article as the archive holds it, its earlier texts beside it."""

    text: str
    author: str | None
    category: str | None
    language: str | None
    updated_at: datetime | None
    version: int
    gone: bool
    corrected: bool
    versions: list[VersionOut] = Field(description="Earlier texts, the newest first")

    @classmethod
    def of(cls, article: Article, earlier: Sequence[Earlier]) -> WholeArticle:
        """Return the article with its earlier texts, which come the oldest first."""
        versions = [
            VersionOut(version=e.version, title=e.title, text=e.text, replaced_at=datetime.fromisoformat(e.replaced_at))
            for e in reversed(earlier)
        ]
        return cls(
            article_id=article.id,
            article_url=article.url,
            title=article.title,
            source=article.source,
            published_at=article.published_at,
            text=article.text,
            author=article.author,
            category=article.category,
            language=article.language,
            updated_at=article.updated_at,
            version=article.version,
            gone=article.gone,
            corrected=article.corrected,
            versions=versions,
        )


class VerifiedSentence(BaseModel):
    """One sentence of a claim with what checking it gave."""

    text: str
    score: float
    verdict: Verdict
    reason: str


class VerifyOut(BaseModel):
    """How well the source bears the claim out, as a whole and sentence by sentence."""

    score: float
    verdict: Verdict
    reason: str
    sentences: list[VerifiedSentence]


class FeedbackOut(BaseModel):
    """Where the feedback went."""

    stored: bool


class StatusOut(BaseModel):
    """What the archive holds, and what answers from it."""

    version: str
    articles: int
    passages: int
    outlets: int
    newest: datetime | None
    oldest: datetime | None
    undated: int
    generation: int
    independent: int = Field(description="Articles, each group of near-copies counted once")
    last_ingest: datetime | None = Field(description="When the last reading of articles was done")
    embedder: str | None
    reader: str
    llm: str
    waiting: int = Field(description="Questions in hand or waiting")
    wait_s: float = Field(description="Seconds a question that comes now is likely to wait")


class ErrorBody(BaseModel):
    """What went wrong: a kind for programs, a sentence for people, and the id by which the log knows the request."""

    type: str
    message: str
    param: str | None = None
    code: int
    request_id: str


class ErrorOut(BaseModel):
    """The one form of all errors."""

    error: ErrorBody
