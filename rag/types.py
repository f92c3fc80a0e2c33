"""Every noun of Dateline: frozen dataclasses for data, Protocols for the seams. Standard library only.

Offsets are half-open Python character offsets into `Article.text`, never bytes. Scores are made uniform where they
enter: higher is better. Times are aware UTC datetimes or None; "unknown" is never replaced by "now".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]  # shape [n, dim], rows of unit length

Days = tuple[int | None, int | None]  # first and last day allowed, counted from 1970, both included; None: open
Retriever = Literal["lexical", "dense"]
Relation = Literal["in", "before", "until", "after", "since"]
Status = Literal["answered", "not_in_corpus"]
Refusal = Literal["not_found", "not_proven"]
Verdict = Literal["supported", "unsupported", "unjudged"]
AnswerType = Literal["why", "how_much_money", "what_time", "how_many", "when", "where", "who", "what"]
NoteKind = Literal[
    "reason_stated",
    "no_reason_given",
    "premise_contradicted",
    "conflict",
    "not_cited",
    "dropped",
    "recited",
    "check_quote",
    "stand_in",
    "nearest",
    "sources",
    "unknown",
    "period",
    "understood",
    "filtered",
    "language",
]

_TRACKING = re.compile(
    r"utm_.*|[a-z]+clk?id|[gw]braid|mc_[ce]id|igsh(id)?|_ga|_hs(enc|mi)|at_(medium|campaign|custom\d)|ns_\w+|smid|cmp(id)?"
)


@dataclass(frozen=True, slots=True)
class KnownBy:
    """By what an article with neither an address nor an id of its own is known again when its text has changed.

    path: the resolved file that it is the whole of; None for one record of many.
    titled: whether its title is stated; one made from the first line of the text tells nothing.
    """

    path: str | None = None
    titled: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """A text that an article had before; `replaced_at` is the moment, as ISO text, at which the next one came in."""

    version: int
    content_hash: str
    title: str
    text: str
    replaced_at: str


@dataclass(frozen=True, slots=True)
class Past:
    """What an archive keeps of an article beside it: the file that it is the whole of, and its earlier texts."""

    path: str | None = None
    earlier: tuple[Earlier, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """One article as the archive holds it.

    `source` is the outlet ("" where nobody says). `url` is as given, None for a text that has none; `id` is the one
    given, or made from the canonical form of `url`, or from the content. `version` counts the texts seen under one id, from 1.
    """

    id: str
    url: str | None
    title: str
    source: str
    text: str
    content_hash: str
    author: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    category: str | None = None
    language: str | None = None
    version: int = 1
    origin_id: str | None = None
    gone: bool = False
    corrected: bool = False
    known_by: KnownBy | None = field(default=None, compare=False)  # of one that is being read; None once it is stored
    past: Past | None = field(default=None, compare=False)  # of one that comes out of an export, or goes into one

    @property
    def origin(self) -> str:
        """The id of the article that this one is a near-copy of, its own where it is none: what copies have in common."""
        return self.origin_id or self.id


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: `article.text[start:end] == text`, always; at most 100 words in the indexes, 200 in a hit."""

    id: str
    article_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. `rank` counts from 1; `found_by` gives each retriever's own rank of it.

    `chunk` has the id of the passage in the indexes, and is wider than that by the sentences around it.

    `similarity` is the cosine between question and passage where the dense retriever saw it, else None. `twins` are
    the ids of other articles that print the same passage.
    """

    chunk: Chunk
    article: Article
    score: float
    rank: int
    found_by: Mapping[Retriever, int]
    similarity: float | None = None
    twins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """What the asker restricts the search to. Days are UTC, both included; the undated fail a date filter."""

    date_from: date | None = None
    date_to: date | None = None
    outlets: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.date_from or self.date_to or self.outlets)

    def until(self, day: date | None) -> Filters:
        """Return these filters with nothing later than that day let in, if there is one: an as-of day ends a search."""
        return replace(self, date_to=min(filter(None, (self.date_to, day)), default=None))


@dataclass(frozen=True, slots=True)
class Period:
    """What a question asks of time: the first and the last day that it names, and how the answer stands to them.

    "before" and "after" leave the days out, "until" and "since" take them in.
    """

    first: date
    last: date
    relation: Relation = "in"


@dataclass(frozen=True, slots=True)
class Part:
    """What a question asks of one source or event: the clause, the archive's own names of the outlet, the periods it names.

    outlets: none where the part is an event that any outlet may tell of.
    """

    text: str
    outlets: tuple[str, ...]
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a question asks for: a part for each mention of an outlet or each of two events, else none, and all its periods.

    absent: outlets that it names and the archive doesn't have.   quoted: what it puts in quotation marks, no outlets.
    unknown: other names in it that no article of the archive holds.   asked: the day of asking.
    wanted: those of its periods that have begun, and in which what it asks for must lie.
    """

    question: str
    parts: tuple[Part, ...] = ()
    periods: tuple[Period, ...] = ()
    absent: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    asked: date | None = None
    wanted: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gives: the plan it followed, the hits, best first, and the milliseconds of each stage."""

    plan: Plan
    hits: tuple[Hit, ...]
    timings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Citation:
    """Proof of a statement: `article.text[start:end] == quote`, always. `n` is the number shown, from 1."""

    n: int
    article_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement of an answer, the numbers of its citations, and what checking it against them gave.

    answer_span: where in `text` the words that answer stand, half-open, as the reader read them; None where nobody says.
    close: the check passed it, but only just: whoever reads it should look at the quote.
    lead: who says it ("Fortune, 18 November 2023:"), "" where that was said before.
    further: more evidence for an answer that stands without it: shown folded, no part of the answer's text.
    """

    text: str
    citations: tuple[int, ...]
    support: float
    verdict: Verdict
    reason: str
    answer_span: tuple[int, int] | None = None
    close: bool = False
    lead: str = ""
    further: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that was proposed and is not shown, as it was proposed, with its score in [0, 1] and the reason."""

    text: str
    support: float
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader must know beside the answer: a reason missing, the nearest articles, another language."""

    kind: NoteKind
    text: str
    citations: tuple[int, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown. `confidence` is the probability that a quote tells what was asked for. `timings` are milliseconds by stage.

    refusal: why there is no answer: none was found, or the sources don't prove what was said; None where there is one, or
    nobody says.   plan: how the question was read; None where nobody says.
    tokens: an LLM was sent, and replied; None where it doesn't say.   dropped: what an LLM wrote and the check did not pass.
    link: the id under which an archive keeps it; None where it is not kept.
    """

    question: str
    status: Status
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    confidence: float
    notes: tuple[Note, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    plan: Plan | None = None
    tokens: tuple[int, int] | None = None
    refusal: Refusal | None = None
    dropped: tuple[Dropped, ...] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What `Pipeline.ask_stream` tells while it works; the last one, and no other, is the answer.

    found: the search is done: `hits`.
    sentence: a sentence has passed its check: `text` as it is read, with its numbers, and the `citations` that are new with it.
    answer: the whole `answer`. It counts: what was told before it is the beginning of it, unless the LLM took it back.
    """

    kind: Literal["found", "sentence", "answer"]
    hits: tuple[Hit, ...] = ()
    text: str = ""
    sentence: Sentence | None = None
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a passage for an answer found: probabilities in [0, 1] that each sentence answers, and that any does.

    spans: where in the passage's text the best answer of each sentence stands, half-open; None where there is no room for one.
    """

    sentences: tuple[float, ...]
    spans: tuple[tuple[int, int] | None, ...]
    answerable: float


@dataclass(frozen=True, slots=True)
class Span:
    """A place in one article, half-open: what a draft points at before it becomes a Citation."""

    article_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """What reading found in the hits: how sure it is, in [0, 1], that they hold an answer; the places that tell it, with scores.

    No places means: the hits do not answer the question.
    """

    answerable: float
    spans: tuple[Span, ...] = ()
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A statement that nobody has checked yet. `lead` attributes it ("Fortune, 18 November 2023:"); see Sentence for the rest.

    said: the statement as an LLM's reply has it, marks and all; None for one that the archive's own words make.
    quoted: the spans are the words that the LLM itself gave as bearing it out.
    further: it is more evidence for an answer that stands without it.
    """

    text: str
    spans: tuple[Span, ...]
    lead: str = ""
    answer_span: tuple[int, int] | None = None
    said: str | None = None
    quoted: bool = False
    further: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What a generator proposes. No sentences means: the hits do not answer the question.

    tokens: an LLM was sent, and replied; 0 where none was asked, None where it doesn't say.
    """

    sentences: tuple[DraftSentence, ...]
    confidence: float
    notes: tuple[Note, ...] = ()
    tokens: tuple[int, int] | None = (0, 0)


@dataclass(frozen=True, slots=True)
class Support:
    """How well a source bears out a claim: `score` in [0, 1], the verdict at the threshold, and why."""

    score: float
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that could not be used: which file, which line (from 1; None for a whole file), and why."""

    place: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        where = self.place if self.line is None else f"{self.place}, line {self.line}"
        return f"{where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class RegisteredSource:
    """Where articles come from again and again: an address of the web, or a folder or file by its full path.

    every: seconds between two readings.   kind: what it was found to be, None before the first reading.
    outlet: the outlet of articles that name none.   etag, modified: what the server gave to ask with the next time.
    failures: in a row, 0 after a success.
    """

    key: int
    address: str
    every: int
    kind: str | None = None
    outlet: str | None = None
    paused: bool = False
    etag: str | None = None
    modified: str | None = None
    last_tried: datetime | None = None
    last_success: datetime | None = None
    last_error: str | None = None
    failures: int = 0
    next_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page, or a file of a folder, that a source led to, and how it was found when it was looked at last.

    mark: what the source said of it then, in a form to compare.   missing: how often in a row it was not there.
    failures: how often in a row it could not be read.   lists: whether it is a list of pages, which is never an article.
    """

    url: str
    mark: str | None = None
    etag: str | None = None
    modified: str | None = None
    missing: int = 0
    failures: int = 0
    lists: bool = False


class Embedder(Protocol):
    """Texts to unit vectors. `name` is the fingerprint that an archive remembers."""

    name: str
    dim: int
    max_tokens: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[len(texts), dim], rows of unit length, in the order of `texts`."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the word pieces of each text, without the two that frame a sequence."""
        ...


@runtime_checkable
class Reads(Protocol):
    """A model that reads question and passages together."""

    def answers(
        self,
        question: str,
        passages: Sequence[str],
        bounds: Sequence[Sequence[tuple[int, int]]] | None = None,
    ) -> list[Reading]:
        """Return what reading each passage for an answer found, a probability for each of its sentences.

        `bounds` are, for each passage, where its sentences stand; without, they are told as everywhere.
        """
        ...


class Entails(Protocol):
    """A model that reads a claim beside its evidence."""

    def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return, for each claim and its evidence, the probability in [0, 1] that the evidence bears the claim out."""
        ...


class Generator(Protocol):
    """Plan and hits to a draft answer."""

    def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
        """Return the draft; it may point only into the hits' articles."""
        ...


class Judges(Protocol):
    """A second opinion on one sentence, by one who sees nothing but it and its quotes."""

    def judge(self, sentence: str, quotes: Sequence[str], where: str) -> Support:
        """Return whether the quotes, from `where`, bear the sentence out."""
        ...


@runtime_checkable
class Rewrites(Generator, Protocol):
    """A generator that can be asked once more for the sentences that were not borne out."""

    def again(self, plan: Plan, hits: Sequence[Hit], failed: Sequence[str]) -> tuple[DraftSentence, ...]:
        """Return what it writes in place of the failed sentences; as unchecked as they were."""
        ...


@runtime_checkable
class Streams(Generator, Protocol):
    """A generator that tells its sentences as they come."""

    def stream(self, plan: Plan, hits: Sequence[Hit]) -> Iterator[DraftSentence | Draft]:
        """Yield the sentences of the draft one by one, and the draft itself at the end."""
        ...


class Assesses(Protocol):
    """Plan and hits to whether there is an answer: what generators of every kind share."""

    def assess(self, plan: Plan, hits: Sequence[Hit]) -> Assessment:
        """Return the assessment; its places lie in the hits' articles."""
        ...


def is_address(what: str | Path) -> bool:
    """Whether it is an address of the web, and no path."""
    return isinstance(what, str) and "://" in what[:12]


def canonical_url(url: str) -> str:
    """Return the form of `url` under which its copies meet: what tells one article from another, and no more.

    Scheme and host lose their case, http counts as https, and default ports, fragment, tracking parameters and trailing
    slashes go; the rest of the query is sorted. Idempotent. Raises ValueError for what is not http(s) or has no host.
    """
    parts = urlsplit(re.sub(r"\s", "%20", url.strip()))
    if parts.scheme not in ("http", "https") or not parts.hostname or set("[]") & set(parts.hostname):
        raise ValueError(f"not a web address: {url}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    given = sorted(item for item in parts.query.split("&") if item)
    query = "&".join(item for item in given if not _TRACKING.fullmatch(item.partition("=")[0].lower()))
    return f"https://{host}{port}{parts.path.rstrip('/')}{'?' if query else ''}{query}"
