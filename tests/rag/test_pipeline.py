"""The pipeline: only what is cited and supported is shown, the rest is refused, nothing else is raised."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.answering.check import checked, refusal, verify_quotes
from rag.answering.times import another_time
from rag.answering.weights import AnswerWeights
from rag.archive.index import Archive
from rag.archive.lock import writer_lock
from rag.config import Config
from rag.errors import ArchiveError, CitationError, UsageError
from rag.pipeline import Pipeline
from rag.reading.evidence import chance_right
from rag.text.embed import StubEmbedder
from rag.text.words import seen
from rag.types import Answer, Article, Chunk, Citation, Draft, DraftSentence, Filters, Hit, Note, Period, Plan, Span

MakeArticle = Callable[..., Article]
Store = Callable[..., list[str]]

ASKED = date(2024, 12, 1)
MAYOR = "Mayor Finch resigned on Monday. The council rejected his budget. Deputy Ines Holt takes over."
FERRY = "The ferry Gannet sank off Orrismouth. All 41 people were rescued."


def whole(article: Article, rank: int = 1) -> Hit:
    chunk = Chunk(f"{article.id}-c", article.id, 0, len(article.text), article.text)
    return Hit(chunk, article, 1 / rank, rank, {"lexical": rank})


@pytest.fixture(scope="module")
def hits(article: MakeArticle) -> list[Hit]:
    mayor = article("mayor", MAYOR, source="The Beacon", title="Mayor resigns")
    return [whole(mayor), whole(article("ferry", FERRY), 2)]


def at(text: str, quote: str, name: str) -> Span:
    start = text.index(quote)
    return Span(name, start, start + len(quote))


RESIGNED = at(MAYOR, "Mayor Finch resigned on Monday.", "mayor")
BUDGET = at(MAYOR, "The council rejected his budget.", "mayor")
RESCUED = at(FERRY, "All 41 people were rescued.", "ferry")


def draft(*sentences: tuple[str, tuple[Span, ...]], lead: str = "", notes: tuple[Note, ...] = ()) -> Draft:
    return Draft(tuple(DraftSentence(text, spans, lead) for text, spans in sentences), 0.7, notes)


def check(answer: Answer, texts: dict[str, str]) -> None:
    """Check what holds of any answer."""
    assert [c.n for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    for c in answer.citations:
        assert texts[c.article_id][c.start : c.end] == c.quote != ""
    used = {n for sentence in answer.sentences for n in sentence.citations}
    assert used == {c.n for c in answer.citations}
    assert 0 <= answer.confidence <= 1
    assert answer.text
    assert (answer.status == "answered") == bool(answer.sentences)
    for sentence in answer.sentences:
        assert sentence.citations
        assert sentence.verdict == "supported"
        assert 0 <= sentence.support <= 1


# -- checked ---------------------------------------------------------------------------------------------------------


def test_a_supported_sentence_is_shown_with_its_citation(hits: list[Hit]) -> None:
    answer = checked("Who resigned?", draft(("Mayor Finch resigned.", (RESIGNED,))), hits)
    assert answer.status == "answered"
    assert answer.text == "Mayor Finch resigned. [1]"
    assert answer.citations == (Citation(1, "mayor", 0, 31, "Mayor Finch resigned on Monday."),)
    assert (answer.question, answer.confidence, answer.hits) == ("Who resigned?", 0.7, tuple(hits))
    check(answer, {"mayor": MAYOR})


def test_a_quoted_sentence_is_in_quotation_marks_behind_its_lead(hits: list[Hit]) -> None:
    quoted = draft(("Mayor Finch resigned on Monday.", (RESIGNED,)), lead="The Beacon, 1 March 2024:")
    assert checked("?", quoted, hits).text == "The Beacon, 1 March 2024: “Mayor Finch resigned on Monday.” [1]"


@pytest.mark.parametrize(
    "dropped",
    [
        pytest.param(("Voltane builds a plant in Lower Marsh.", (RESIGNED,)), id="unsupported"),
        pytest.param(("Finch paid 99,000 crowns to seven judges.", (RESIGNED,)), id="invented"),
        pytest.param(("Mayor Finch resigned on Monday.", ()), id="uncited"),
        pytest.param(("And it was so.", (RESIGNED,)), id="says nothing"),
        pytest.param(("", (RESIGNED,)), id="empty"),
    ],
)
def test_what_is_not_borne_out_is_dropped_and_the_rest_renumbered(
    hits: list[Hit], dropped: tuple[str, tuple[Span, ...]]
) -> None:
    kept = ("The council rejected his budget.", (BUDGET,))
    last = ("All 41 people were rescued.", (RESCUED, BUDGET))
    answer = checked("?", draft(dropped, kept, last), hits)
    assert [(s.text, s.citations) for s in answer.sentences] == [(kept[0], (1,)), (last[0], (2, 1))]
    assert [c.quote for c in answer.citations] == [
        "The council rejected his budget.",
        "All 41 people were rescued.",
    ]
    check(answer, {"mayor": MAYOR, "ferry": FERRY})


def test_the_outlet_and_day_of_the_source_bear_out_who_said_it_when(hits: list[Hit]) -> None:
    told = "The Beacon reported on 1 March 2024 that Mayor Finch resigned on Monday."
    [sentence] = checked("?", draft((told, (RESIGNED,))), hits).sentences
    assert sentence.reason == "its words stand in the source" or "no " not in sentence.reason


def test_notes_of_the_draft_stay_with_its_answer(hits: list[Hit]) -> None:
    note = Note("reason_stated", "A reason is stated.")
    answer = checked("Why?", draft(("The council rejected his budget.", (BUDGET,)), notes=(note,)), hits)
    assert (answer.notes, answer.refusal) == ((note,), None)


@pytest.mark.parametrize(
    ("nothing", "kinds"),
    [
        (draft(), ["nearest"]),
        (draft(("Pigs fly.", (RESIGNED,))), ["not_cited", "nearest"]),
        (draft(("Mayor Finch resigned on Monday.", ())), ["nearest"]),
    ],
    ids=["no sentence", "none supported", "none cited"],
)
def test_a_draft_of_which_nothing_is_left_becomes_a_refusal(hits: list[Hit], nothing: Draft, kinds: list[str]) -> None:
    answer = checked("Do pigs fly?", nothing, hits)
    assert (answer.status, answer.sentences, answer.citations) == ("not_in_corpus", (), ())
    assert [note.kind for note in answer.notes] == kinds
    assert answer.refusal == ("not_proven" if "not_cited" in kinds else "not_found")


@pytest.mark.parametrize("span", [Span("mayor", 0, 10_000), Span("other", 0, 1), Span("mayor", 4, 4)])
def test_a_draft_that_points_outside_the_hits_is_a_bug(hits: list[Hit], span: Span) -> None:
    with pytest.raises(CitationError):
        checked("?", draft(("Mayor Finch resigned.", (span,))), hits)


def test_a_refusal_names_the_nearest_articles_once_each(article: MakeArticle) -> None:
    near = [whole(article(f"a{n}", title=f"Title {n}"), n + 1) for n in (0, 0, 1, 2, 3, 4)]
    near.append(whole(article("bare", title="Bare", source="", published_at=None), 9))
    [note] = refusal("?", near, 0.2).notes
    assert [a["id"] for a in note.data["articles"]] == ["a0", "a1", "a2"]
    assert len(note.data["articles"]) == AnswerWeights().nearest
    assert "“Title 0” (Harbor News, 1 March 2024)" in note.text
    assert "Title 3" not in note.text


def test_a_refusal_names_what_is_unknown_of_an_article(article: MakeArticle) -> None:
    [note] = refusal("?", [whole(article("a", title="Bare", source="", published_at=None))], 0.2).notes
    assert "“Bare” (unknown outlet, undated)" in note.text


def test_a_refusal_without_hits_names_none() -> None:
    answer = refusal("?", [], 0.0)
    assert (answer.status, answer.notes, answer.confidence) == ("not_in_corpus", (), 0.0)


def test_a_quote_that_is_not_verbatim_is_an_error(hits: list[Hit]) -> None:
    articles = {hit.article.id: hit.article for hit in hits}
    good = Citation(1, "mayor", 0, 5, "Mayor")
    verify_quotes([good], articles)
    with pytest.raises(CitationError, match=r"\[2\] is not verbatim"):
        verify_quotes([good, Citation(2, "mayor", 0, 5, "mayor")], articles)


# -- the pipeline ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pipeline(stories_folder: Path) -> Iterator[Pipeline]:
    opened = Pipeline.open(Config(data=stories_folder, embedder="stub"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def texts(stories: tuple[Article, ...]) -> dict[str, str]:
    return {story.id: story.text for story in stories}


@pytest.mark.parametrize(
    ("question", "article_id", "part"),
    [
        ("Why did Mayor Finch resign?", "mayor-quits", "because the council rejected his budget"),
        ("How many witnesses will Judge Mara Quill hear?", "ferry-inquiry", "60 witnesses"),
        ("How many metres does the lighthouse at Orrismouth rise?", "undated", "38 metres"),
        ("Why did Voltane delay its battery plant?", "battery-delay", "Voltane delayed its battery plant"),
    ],
)
def test_a_question_is_answered_with_the_sentence_that_holds_it(
    pipeline: Pipeline, texts: dict[str, str], question: str, article_id: str, part: str
) -> None:
    answer = pipeline.ask(question, asked=ASKED)
    assert answer.status == "answered"
    assert part in next(c.quote for c in answer.citations if c.article_id == article_id)
    assert part in answer.text
    check(answer, texts)


def test_what_is_asked_can_be_followed(pipeline: Pipeline) -> None:
    question = "Why did Mayor Finch resign?"
    first, *told, last = pipeline.ask_stream(question, asked=ASKED)
    answer = pipeline.ask(question, asked=ASKED)
    assert (first.kind, first.hits) == ("found", answer.hits)
    assert last.kind == "answer" and last.answer is not None
    assert (last.answer.text, last.answer.sentences) == (answer.text, answer.sentences)
    assert [event.kind for event in told] == ["sentence"] * len(answer.sentences)
    assert " ".join(event.text for event in told) == answer.text
    assert tuple(event.sentence for event in told) == answer.sentences
    assert tuple(c for event in told for c in event.citations) == answer.citations


def test_a_refusal_can_be_followed_too(pipeline: Pipeline) -> None:
    kinds = [event.kind for event in pipeline.ask_stream("Who won the chess championship in Reykjavik?", asked=ASKED)]
    assert kinds == ["found", "answer"]


@pytest.mark.parametrize(
    "question",
    ["quantum chromodynamics lattice simulation", "Who won the chess championship in Reykjavik?", "?", "the of and"],
)
def test_what_the_archive_does_not_hold_is_refused(pipeline: Pipeline, texts: dict[str, str], question: str) -> None:
    answer = pipeline.ask(question, asked=ASKED)
    assert answer.status == "not_in_corpus"
    assert "nearest" in [note.kind for note in answer.notes]
    check(answer, texts)


def test_an_answer_is_surer_than_a_refusal(pipeline: Pipeline) -> None:
    known = pipeline.ask("How many witnesses will Judge Mara Quill hear?", asked=ASKED)
    unknown = pipeline.ask("Who won the chess championship in Reykjavik?", asked=ASKED)
    assert known.confidence > unknown.confidence


def test_every_stage_is_timed(pipeline: Pipeline) -> None:
    timings = pipeline.ask("Why did Mayor Finch resign?").timings
    assert {"search", "generate", "verify", "total"} <= set(timings)
    assert all(ms >= 0 for ms in timings.values())


def test_the_same_question_has_the_same_answer(pipeline: Pipeline) -> None:
    first, again = (pipeline.ask("Why did Mayor Finch resign?", asked=ASKED) for _ in range(2))
    assert (first.text, first.citations, first.confidence) == (again.text, again.citations, again.confidence)


@pytest.mark.parametrize(
    ("filters", "nothing"),
    [
        (Filters(date_from=date(2030, 1, 1)), True),
        (Filters(date_to=date(1990, 1, 1)), True),
        (Filters(date_from=date(2024, 5, 1), outlets=("The Beacon",)), False),
        (Filters(), False),
        (None, False),
    ],
    ids=["too new", "too old", "fitting", "none", "absent"],
)
def test_filters_that_leave_nothing_are_named(
    pipeline: Pipeline, texts: dict[str, str], filters: Filters | None, nothing: bool
) -> None:
    answer = pipeline.ask("Why did Mayor Finch resign?", filters=filters, asked=ASKED)
    assert ("filtered" in [note.kind for note in answer.notes]) is nothing
    assert (answer.status == "not_in_corpus") is nothing
    check(answer, texts)


def test_what_an_absent_outlet_said_is_not_known(pipeline: Pipeline) -> None:
    known = pipeline.ask("What did The Beacon report on why Mayor Finch resigned?")
    half = pipeline.ask("Did the Orris Tribune article agree with The Beacon on why Mayor Finch resigned?")
    absent = pipeline.ask("What did the Orris Tribune article report on why Mayor Finch resigned?")
    assert known.status == "answered" and "sources" not in [note.kind for note in known.notes]
    assert absent.confidence < half.confidence
    for answer in (half, absent):
        assert "The archive holds nothing from Orris Tribune." in [note.text for note in answer.notes]


def test_a_name_that_no_article_holds_is_told(pipeline: Pipeline) -> None:
    known = pipeline.ask("Why did Mayor Finch resign?")
    unknown = pipeline.ask("Why did Mayor Quillfeather resign?")
    assert known.plan.unknown == () and "unknown" not in [note.kind for note in known.notes]
    assert unknown.plan.unknown == ("Mayor Quillfeather",)
    assert unknown.confidence < (1 - AnswerWeights().absent) * known.confidence + 1e-9
    assert "No article in the archive mentions Mayor Quillfeather." in [note.text for note in unknown.notes]


def test_a_name_is_known_by_its_last_word(pipeline: Pipeline) -> None:
    assert pipeline.ask("Why did Cornelius Finch resign?").plan.unknown == ()


def test_an_outlet_in_short_is_no_unknown_name(config: Config, store: Store, article: MakeArticle) -> None:
    text = "The harbour of Orrismouth was closed on Friday because the ferry Gannet sank there."
    store(config, article("a", text, source="The Orrismouth Evening Times"))
    pipeline = Pipeline.open(config)
    for outlet in ("OET", "TheOrrismouthEveningTimes.com"):
        answer = pipeline.ask(f"Why was the harbour of Orrismouth closed, according to {outlet}?")
        assert answer.plan and answer.plan.unknown == (), outlet
    pipeline.close()


def test_an_outlet_that_is_absent_is_told_once(pipeline: Pipeline) -> None:
    answer = pipeline.ask("What did the Orris Tribune article report on why Mayor Finch resigned?")
    assert answer.plan.absent == ("Orris Tribune",) and answer.plan.unknown == ()


@pytest.mark.parametrize(
    ("time", "asked", "note"),
    [
        ("this week", date(2030, 5, 1), "24 April 2030 to 1 May 2030; the nearest article is older."),
        ("this week", date(2024, 5, 8), None),
        ("in May 1990", date(2024, 5, 8), "May 1990; every article quoted is newer."),
        ("in 2024", date(2026, 5, 8), None),
        ("in 2025", date(2026, 5, 8), "2025; the nearest article is older."),
        ("last year", date(2026, 5, 8), "2025; the nearest article is older."),
        ("before January 2026", date(2026, 5, 8), None),
        ("before March 2019", date(2026, 5, 8), "the time before March 2019; every article quoted is newer."),
        ("until 2018", date(2026, 5, 8), "the time until 2018; every article quoted is newer."),
        ("since 2025", date(2026, 5, 8), "the time since 2025; the nearest article is older."),
        ("since 2020", date(2026, 5, 8), None),
        ("long ago", date(2030, 5, 1), None),
    ],
)
def test_articles_of_another_time_than_asked_about_are_told(
    pipeline: Pipeline, time: str, asked: date, note: str | None
) -> None:
    answer = pipeline.ask(
        f"Was Mayor Finch resigning on Monday because the council rejected his budget {time}?", asked=asked
    )
    assert answer.status == ("not_in_corpus" if note and "nearest" in note else "answered")
    told = [each.text for each in answer.notes if each.kind == "period"]
    assert told == ([f"The question asks about {note}"] if note else [])


PAID = "The mill paid out a bonus."


@pytest.mark.parametrize(
    ("texts", "days", "note"),
    [
        ([PAID, "The mill gave a bonus then."], ["2019-05-01", "2022-05-01"], "the article of [2] is newer."),
        (
            [PAID, "The mill gave a bonus then."],
            ["2018-05-01", "2022-05-01"],
            "the article of [1] is older, the article of [2] is newer.",
        ),
        ([PAID], ["2018-12-31"], "every article quoted is older."),
        (["The mill paid out a bonus in 2019."], ["2021-02-03"], None),
        ([PAID], [None], None),
    ],
    ids=["one of two", "both sides", "a day off", "the quote names the time", "undated"],
)
def test_each_quote_of_another_time_is_told(
    article: MakeArticle, texts: list[str], days: list[str | None], note: str | None
) -> None:
    moments = [datetime.fromisoformat(f"{day}T12:00:00+00:00") if day else None for day in days]
    articles = [
        article(f"a{n}", text, published_at=moment) for n, (text, moment) in enumerate(zip(texts, moments, strict=True))
    ]
    sentences = tuple(DraftSentence(each.text, (Span(each.id, 0, len(each.text)),)) for each in articles)
    answer = checked("Bonus?", Draft(sentences, 0.9), [whole(each) for each in articles])
    found = another_time(Plan("Bonus?", periods=(Period(date(2019, 1, 1), date(2019, 12, 31)),)), answer)
    assert (found and found.text) == (note and f"The question asks about 2019; {note}")


def test_news_of_a_day_may_come_out_the_day_after(article: MakeArticle) -> None:
    the_day = Plan("Bonus?", periods=(Period(date(2019, 5, 2), date(2019, 5, 2)),))
    for day, late in (("2019-05-03", False), ("2019-05-20", True)):
        paid = article("a", PAID, published_at=datetime.fromisoformat(f"{day}T12:00:00+00:00"))
        answer = checked("Bonus?", Draft((DraftSentence(PAID, (Span("a", 0, len(PAID)),)),), 0.9), [whole(paid)])
        assert bool(another_time(the_day, answer)) is late


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        (None, "I found no answer in the {all} articles of the archive."),
        (Filters(outlets=("The Beacon",)), "I found no answer in the {beacon} articles that pass the filter."),
        (Filters(date_from=date(1990, 1, 1)), "I found no answer in the {dated} articles that pass the filter."),
    ],
    ids=["no filter", "an outlet", "days"],
)
def test_a_refusal_says_where_it_looked(
    pipeline: Pipeline, stories: tuple[Article, ...], filters: Filters | None, text: str
) -> None:
    answer = pipeline.ask("Who painted the ceiling of the opera in Vienna?", filters=filters)
    beacon = sum(each.source == "The Beacon" for each in stories)
    dated = sum(each.published_at is not None for each in stories)
    told = text.format(all=len(stories), beacon=beacon, dated=dated).replace(
        "the 1 articles that pass", "the 1 article that passes"
    )
    assert (answer.status, answer.refusal, answer.text) == ("not_in_corpus", "not_found", told)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ((), "I found no answer in the 8 articles of the archive."),
        (("Pigs fly.",), "No answer that its sources prove was given to this question."),
    ],
)
def test_a_refusal_says_where_it_looked_only_where_nothing_was_found(
    pipeline: Pipeline, said: tuple[str, ...], told: str
) -> None:
    class Says:
        def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
            place = Span(hits[0].chunk.article_id, hits[0].chunk.start, hits[0].chunk.end)
            return Draft(tuple(DraftSentence(text, (place,)) for text in said), 0.5)

    assert Pipeline(pipeline.archive, StubEmbedder(), Says()).ask("Why did Mayor Finch resign?").text == told


def test_an_article_of_the_last_day_there_is_can_be_quoted(article: MakeArticle) -> None:
    last = article("mayor", MAYOR, published_at=datetime(9999, 12, 31, tzinfo=UTC))
    plan = Plan("Why?", periods=(Period(date(2024, 5, 1), date(2024, 5, 7)),))
    answer = checked("Why?", draft(("Mayor Finch resigned on Monday.", (RESIGNED,))), [whole(last)])
    assert answer.status == "answered"
    note = another_time(plan, answer)
    assert note and note.text == "The question asks about 1 May 2024 to 7 May 2024; every article quoted is newer."


def test_each_outlet_named_has_its_say(pipeline: Pipeline, stories: tuple[Article, ...]) -> None:
    answer = pipeline.ask(
        "Does Harbor News say that the coastguard blamed the door of the Gannet, while The Beacon reports who will hear "
        "witnesses of the sinking?"
    )
    outlets = {story.id: story.source for story in stories}
    assert {outlets[citation.article_id] for citation in answer.citations} >= {"Harbor News", "The Beacon"}


def test_filters_hold_for_what_is_cited(pipeline: Pipeline, stories: tuple[Article, ...]) -> None:
    answer = pipeline.ask("What of Ines Holt?", filters=Filters(outlets=("Harbor News",)), asked=ASKED)
    outlets = {story.id: story.source for story in stories}
    assert {outlets[hit.article.id] for hit in answer.hits} == {"Harbor News"}


@pytest.mark.parametrize(
    ("question", "foreign"),
    [
        ("Почему утонул паром?", True),
        ("フェリーはなぜ沈んだのですか", True),
        ("لماذا استقال رئيس البلدية", True),
        ("Warum ist der Bürgermeister von Orrismouth gestern zurückgetreten?", True),
        ("Why did Mayor Finch resign?", False),
        ("ferry Gannet", False),
    ],
    ids=["Russian", "Japanese", "Arabic", "German", "English", "keywords"],
)
def test_a_question_in_another_language_is_noted(pipeline: Pipeline, question: str, foreign: bool) -> None:
    notes = pipeline.ask(question, asked=ASKED).notes
    assert ("language" in [note.kind for note in notes]) is foreign


def test_an_answer_from_an_article_in_another_language_is_noted(
    config: Config, store: Store, article: MakeArticle
) -> None:
    text = "Die Gannet ist am Freitag vor Orrismouth gesunken."
    store(config, article("de", text, title="Gannet Orrismouth", language="de-AT"), article("en", title="Ferry news"))
    pipeline = Pipeline.open(config)
    answer = pipeline.ask("Gannet vor Orrismouth gesunken", asked=ASKED)
    pipeline.close()
    assert [c.article_id for c in answer.citations][:1] == ["de"]
    assert [note.kind for note in answer.notes] == ["language"]


@pytest.mark.parametrize(
    ("question", "error"),
    [("", "empty"), (" \n\t", "empty"), ("x" * 4_001, "4,001 characters")],
    ids=["empty", "blank", "too long"],
)
def test_a_question_that_is_none_is_an_error(pipeline: Pipeline, question: str, error: str) -> None:
    with pytest.raises(UsageError, match=error):
        pipeline.ask(question)


def test_a_question_of_4000_characters_is_asked(pipeline: Pipeline, texts: dict[str, str]) -> None:
    check(pipeline.ask("Why did the mayor resign? ".ljust(4_000, "x")), texts)


def test_an_archive_without_articles_refuses(config: Config) -> None:
    writer = Archive.open(config, write=True)
    writer.sync()
    writer.close()
    pipeline = Pipeline.open(config)
    answer = pipeline.ask("Why did Mayor Finch resign?")
    pipeline.close()
    assert (answer.status, answer.hits, answer.confidence, answer.notes) == ("not_in_corpus", (), 0.0, ())


def test_no_archive_is_an_error(config: Config) -> None:
    with pytest.raises(ArchiveError):
        Pipeline.open(config)


def test_an_article_is_found_by_its_id(pipeline: Pipeline, stories: tuple[Article, ...]) -> None:
    found = pipeline.article("storm")
    assert found is not None
    assert found.text == next(story.text for story in stories if story.id == "storm")
    assert pipeline.article("nobody") is None


def test_search_gives_as_many_hits_as_the_settings_say(stories_folder: Path) -> None:
    pipeline = Pipeline.open(Config(data=stories_folder, embedder="stub", k=2))
    assert [len(pipeline.search("Orrismouth", k=k)) for k in (None, 1, 5)] == [2, 1, 5]
    pipeline.close()


WORDS = st.sampled_from(
    [
        "Why",
        "did",
        "Mayor",
        "Finch",
        "resign",
        "ferry",
        "Gannet",
        "Voltane",
        "AND",
        "OR",
        "NOT",
        "NEAR",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "*",
        "~",
        "^",
        ":",
        "\\",
        "/",
        "+",
        "-",
        "!",
        "text:x",
        "title:*",
        "[1]",
        "{passages}",
        "%s",
        "\x00",
        "\x1b[31m",
        "\u202e",
        "\u200f",
        "\ufeff",
        "🚢",
        "👩\u200d👩\u200d👧",
        "שלום",
        "مرحبا",
        "渡轮",
        "İ",
        "ß",
        "ﬁ",
        "é",
        "é",
    ]
)


@settings(max_examples=150)
@example("\x00")
@example("a" * 300)
@example('"Mayor Finch" AND (title:ferry OR -x)^2 ~')
@example("🚢🚢🚢")
@example("\u202eferry Gannet")
@example("[1] [2] NOT IN CORPUS")
@given(
    st.one_of(
        st.text(max_size=300),
        st.lists(WORDS, max_size=30).map(" ".join).map(lambda text: text[:300]),
    )
)
def test_any_question_is_answered_verbatim_or_refused(pipeline: Pipeline, texts: dict[str, str], question: str) -> None:
    try:
        answer = pipeline.ask(question, asked=ASKED)
    except UsageError:
        assert not seen(question).strip()
        return
    assert answer.question == question
    check(answer, texts)


def test_a_pipeline_may_be_put_together_by_hand(config: Config, archive: Archive) -> None:
    class Refuses:
        def generate(self, question: str, hits: object) -> Draft:
            return Draft((), 0.25)

    answer = Pipeline(archive, StubEmbedder(), Refuses(), k=3).ask("Why did Mayor Finch resign?")
    assert (answer.status, answer.confidence, len(answer.hits)) == ("not_in_corpus", chance_right(0.25, False), 3)


SPELLED = (
    ("pier", "Warden Zoe\u0308 Brie\u0300re spoke on Monday. Brie\u0300re said the pier would sink into the mud."),
    (
        "count",
        "The Ober\u00adverwaltungs\u00adrat met on Monday. The Ober\u00adverwaltungs\u00adrat said the count was false.",
    ),
    ("tents", "The O.S.C.E. said the lorries carried 40 stoves for the camp."),
)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What did Zoë Brière say about the pier?", "Brie\u0300re said the pier would sink into the mud."),
        (
            "What did the Oberverwaltungsrat say about the count?",
            "The Ober\u00adverwaltungs\u00adrat said the count was false.",
        ),
        ("What did the OSCE say about the lorries?", "The O.S.C.E. said the lorries carried 40 stoves for the camp."),
    ],
    ids=["marks", "soft hyphens", "full stops"],
)
def test_a_name_in_another_spelling_is_known_and_quoted_as_it_stands(
    tmp_path: Path, article: MakeArticle, question: str, quote: str
) -> None:
    answer = ask_of(tmp_path, [article(name, text) for name, text in SPELLED], question)
    assert quote in [each.quote for each in answer.citations]
    assert not [note for note in answer.notes if note.kind == "unknown"]


def ask_of(folder: Path, articles: Sequence[Article], question: str) -> Answer:
    """Return the answer of an archive that holds only `articles`."""
    config = Config(data=folder / "archive", embedder="stub", reader="none")  # the stub's vectors mean nothing
    with writer_lock(config.data, doing="ingest"):
        writer = Archive.open(config, write=True)
        list(writer.add(articles, StubEmbedder))
        writer.sync()
        writer.close()
    opened = Pipeline.open(config)
    try:
        return opened.ask(question)
    finally:
        opened.close()


def test_copies_are_counted_as_one_source(config: Config, store: Store, article: MakeArticle) -> None:
    wire = "The zeppelin Marigold landed at the old quarry on Monday, and its crew of 12 walked to the inn for soup."
    names = ("Harbor News", "The Beacon", "Quartz Wire")
    store(config, *(article(name, wire, source=name, title="Zeppelin lands") for name in names))
    pipeline = Pipeline.open(config)
    answer = pipeline.ask("Where did the zeppelin Marigold land?")
    pipeline.close()
    (note,) = [note for note in answer.notes if note.kind == "sources"]
    assert note.text == "3 articles tell this, from 1 independent source: the others are copies."
    assert (note.data, note.citations) == ({"articles": 3, "independent": 1}, (1,))


def test_where_each_article_is_its_own_source_nothing_is_told(pipeline: Pipeline) -> None:
    answer = pipeline.ask("Why did Mayor Tobias Finch resign?")
    assert answer.status == "answered"
    assert not [note for note in answer.notes if note.kind == "sources"]
