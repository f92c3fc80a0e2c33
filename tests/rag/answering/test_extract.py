"""The extractive draft: what is quoted, with what, how much of it, and what is said of reasons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.assess import Assessor
from rag.answering.attribute import attribution
from rag.answering.extract import Extractive
from rag.answering.reasons import Guess
from rag.answering.weights import AnswerWeights
from rag.text.embed import StubEmbedder
from rag.types import Article, Chunk, Draft, Hit, Part, Plan, Reads

MakeArticle = Callable[..., Article]
MAX_SENTENCES, MAX_WORDS = AnswerWeights().sentences, AnswerWeights().words


def even(words: Sequence[str]) -> Mapping[str, float]:
    return dict.fromkeys(words, 1.0)


def whole(article: Article, rank: int = 1, similarity: float | None = 0.9) -> Hit:
    chunk = Chunk(f"{article.id}-c", article.id, 0, len(article.text), article.text)
    return Hit(chunk, article, 1 / rank, rank, {"lexical": rank}, similarity)


def draft(question: str, *articles: Article, similarity: float | None = 0.9, asked: date | None = None) -> Draft:
    hits = [whole(each, rank, similarity) for rank, each in enumerate(articles, 1)]
    made = Extractive(Assessor(StubEmbedder(), even)).generate(Plan(question, asked=asked), hits)
    check(made, articles)
    return made


def check(made: Draft, articles: Sequence[Article]) -> None:
    """Check what holds of any draft."""
    texts = {each.id: each.text for each in articles}
    assert 0 <= made.confidence <= 1
    assert len(made.sentences) <= MAX_SENTENCES
    told = [f"{each.lead} {each.text} [{n}]" for n, each in enumerate(made.sentences, 1)]
    assert len(" ".join(told).split()) <= MAX_WORDS
    for each in made.sentences:
        [span] = each.spans
        assert texts[span.article_id][span.start : span.end] == each.text


def quoted(made: Draft) -> list[str]:
    return [each.text for each in made.sentences]


# -- what is quoted --------------------------------------------------------------------------------------------------


class Counting(StubEmbedder):
    """A stub that remembers what it embedded."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Any:
        self.texts += texts
        return super().embed(texts)


def test_what_the_archive_holds_is_not_embedded_again(article: MakeArticle) -> None:
    text = "Judge Mara Quill will hear 60 witnesses. She has set aside nine days. Parking is free on Sundays."
    told = ["Judge Mara Quill will hear 60 witnesses.", "She has set aside nine days.", "Parking is free on Sundays."]
    spans = [(text.index(each), text.index(each) + len(each)) for each in told]
    held = dict(zip(spans, StubEmbedder().embed(told), strict=True))
    plan, hits = Plan("How many witnesses will Judge Quill hear?"), [whole(article(text=text))]
    embedder = Counting()
    made = Extractive(Assessor(embedder, even, lambda *_: held)).generate(plan, hits)
    asked = [plan.question, "Ferry sinks off Orrismouth (Harbor News)"]
    assert embedder.texts[:2] == asked
    assert not {*told, " ".join(told[:2])} & set(embedder.texts)
    assert quoted(made)[0] == told[0]
    del held[spans[1]]
    Extractive(Assessor(embedder, even, lambda *_: held)).generate(plan, hits)
    assert " ".join(told[:2]) in embedder.texts


def test_a_sentence_that_shares_only_names_with_the_question_is_no_answer(article: MakeArticle) -> None:
    text = "Tobias Rudd of the Kittiwake sounded a horn at noon."
    assert quoted(draft("Where does Tobias Rudd of the Kittiwake buy bread?", article(text=text))) == []
    [told] = quoted(draft("What did Tobias Rudd of the Kittiwake sound at noon?", article(text=text)))
    assert told == text


@pytest.mark.parametrize("question", ["Who is Tobias Rudd?", "What happened to Tobias Rudd?", "Tobias Rudd"])
def test_a_question_about_somebody_as_such_is_answered(article: MakeArticle, question: str) -> None:
    text = "Tobias Rudd of the Kittiwake sounded a horn at noon."
    assert quoted(draft(question, article(text=text, title="Tobias Rudd sounds a horn"))) == [text]


def test_the_sentence_that_answers_is_quoted(article: MakeArticle) -> None:
    text = (
        "Rain is expected in the hills all week. Judge Mara Quill will hear 60 witnesses. Parking is free on Sundays."
    )
    assert quoted(draft("How many witnesses will Judge Quill hear?", article(text=text))) == [
        "Judge Mara Quill will hear 60 witnesses."
    ]


@pytest.mark.parametrize(
    "opening", ["He rejected", "But he", "The company rejected", "This rejected", "“It rejected", "They rejected"]
)
def test_a_sentence_that_leans_on_the_one_before_is_quoted_with_it(article: MakeArticle, opening: str) -> None:
    if opening == "But he":
        opening = "Their leader rejected"
    text = f"Tobias Finch met the council today. {opening} the harbour budget of 30 million crowns."
    made = draft("What became of the harbour budget of 30 million crowns?", article(text=text))
    assert quoted(made)[0] == text


@pytest.mark.parametrize(
    "leaning",
    [
        "Ines Holt said that this was done to save the harbour budget.",
        "Ines Holt gave no reason.",
        "Ines Holt left the hall without giving a reason.",
        "Ines Holt did so to save the harbour budget.",
        "Ines Holt, who spoke for the harbour, did not say why.",
    ],
)
def test_a_sentence_that_points_back_is_quoted_with_the_one_before(article: MakeArticle, leaning: str) -> None:
    text = f"The harbour council closed the ferry line to Dunmore. {leaning}"
    made = draft("Why did the harbour council close the ferry line, according to Ines Holt?", article(text=text))
    assert quoted(made) == [text]


@pytest.mark.parametrize(
    "alone",
    [
        "Ines Holt said why the harbour council closed the ferry line.",
        "Ines Holt gave no reason for which the harbour council closed the ferry line.",
        "Ines Holt chaired the harbour council that was to close the ferry line.",
        "The harbour council did so much to close the ferry line.",
    ],
)
def test_a_sentence_that_says_what_it_means_is_quoted_alone(article: MakeArticle, alone: str) -> None:
    made = draft("Why did the harbour council close the ferry line?", article(text=f"It rained on Sunday. {alone}"))
    assert quoted(made)[0] == alone


def test_a_sentence_that_stands_alone_is_quoted_alone(article: MakeArticle) -> None:
    text = "Tobias Finch met the council today. Ines Holt rejected the harbour budget of 30 million crowns."
    assert quoted(draft("Who rejected the harbour budget?", article(text=text)))[0].startswith("Ines Holt")


def test_a_leaning_sentence_is_quoted_alone_behind_a_scrap(article: MakeArticle) -> None:
    text = "Read more about the harbour budget. He rejected the harbour budget of 30 million crowns."
    made = draft("Who rejected the harbour budget?", article(text=text))
    assert quoted(made) == ["He rejected the harbour budget of 30 million crowns."]


@pytest.mark.parametrize(
    "scrap",
    [
        "Read more about the harbour budget and its critics here",
        "Did the council reject the harbour budget of Mayor Finch?",
        "Photo shows the harbour budget that the council rejected.",
        "The Harbour Budget That The Council Rejected",
        "Sign up for our newsletter on the harbour budget.",
        "Harbour budget rejected.",
        "THE COUNCIL REJECTED THE HARBOUR BUDGET OF THE MAYOR",
        "What the council rejected in the harbour budget:",
        "The harbour budget story is under copyright, all rights reserved.",
    ],
)
def test_scrap_is_never_quoted(article: MakeArticle, scrap: str) -> None:
    text = f"{scrap}\n\nIn the end the council turned down the budget for the harbour.\n\n{scrap}"
    made = draft("Who rejected the harbour budget?", article(text=text))
    assert quoted(made) == ["In the end the council turned down the budget for the harbour."]


def test_an_article_of_scraps_gives_no_draft(article: MakeArticle) -> None:
    made = draft("Who rejected the harbour budget?", article(text="Harbour budget rejected?\n\nRead more"))
    assert made.sentences == ()


# -- how much --------------------------------------------------------------------------------------------------------


def test_at_most_four_sentences_are_quoted(article: MakeArticle) -> None:
    places = ("reef near Orrismouth", "chapel in Lower Marsh", "granite quay", "old mill", "oil rig", "border buoy")
    articles = [article(f"a{n}", f"The ferry sank by the {place}.") for n, place in enumerate(places)]
    assert len(draft("Where did the ferry sink?", *articles).sentences) == MAX_SENTENCES


def test_other_weights_make_another_draft(article: MakeArticle) -> None:
    texts = ("The ferry sank by the reef near Orrismouth.", "The ferry sank by the chapel in Lower Marsh.")
    hits = [whole(article(f"a{n}", text), n + 1) for n, text in enumerate(texts)]
    plan = Plan("Where did the ferry sink?")
    short = replace(AnswerWeights(), sentences=1)
    assert len(Extractive(Assessor(StubEmbedder(), even)).generate(plan, hits).sentences) == 2
    assert len(Extractive(Assessor(StubEmbedder(), even, weights=short)).generate(plan, hits).sentences) == 1


def test_the_assessment_is_what_the_draft_rests_on(article: MakeArticle) -> None:
    hits = [whole(article(text="The ferry sank by the reef near Orrismouth."))]
    for question, found in (("Where did the ferry sink?", True), ("How much did the chess final cost?", False)):
        assessor, plan = Assessor(StubEmbedder(), even), Plan(question)
        assessment, made = assessor.assess(plan, hits), Extractive(assessor).generate(plan, hits)
        assert assessment.answerable == made.confidence
        assert assessment.spans == tuple(span for each in made.sentences for span in each.spans)
        assert len(assessment.scores) == len(assessment.spans) == int(found)


def test_each_of_two_events_is_quoted(article: MakeArticle) -> None:
    flood = (
        "The mayor said the harbour flood ended on Monday. The harbour flood of the mayor's street ended the market."
    )
    strike = "The dock strike began on Sunday."
    articles = [article("a-flood", text=flood), article("a-strike", text=strike)]
    question = "Did the mayor's harbour flood end before the dock strike began?"
    parts = (Part("the mayor's harbour flood end", ()), Part("the dock strike began", ()))
    hits = [whole(each, rank) for rank, each in enumerate(articles, 1)]
    made = Extractive(Assessor(StubEmbedder(), even)).generate(Plan(question, parts), hits)
    check(made, articles)
    assert {span.article_id for each in made.sentences[:2] for span in each.spans} == {each.id for each in articles}
    assert strike in quoted(made)


@given(
    st.lists(st.integers(5, 60), min_size=1, max_size=8),
    st.text(st.characters(categories=["L", "Zs"]), max_size=60),
    st.sampled_from(["Why did the ferry sink?", "Where did the ferry sink?", "ferry"]),
)
def test_a_draft_never_passes_its_limits(article: MakeArticle, lengths: list[int], source: str, question: str) -> None:
    articles = [
        article(
            f"a{n}", f"The ferry sank {' '.join(f'w{n}x{i}' for i in range(length))}. It did so again.", source=source
        )
        for n, length in enumerate(lengths)
    ]
    draft(question, *articles)


def test_the_same_fact_is_told_once(article: MakeArticle) -> None:
    text = "The ferry Gannet sank off Orrismouth on Friday."
    made = draft("Where did the ferry Gannet sink?", article("a", text), article("b", text + " "))
    assert quoted(made) == [text]


def day(n: int) -> datetime:
    return datetime(2024, 5, n, tzinfo=UTC)


def test_articles_that_disagree_are_quoted_with_their_days_the_newer_first(article: MakeArticle) -> None:
    old, new = (f"Some {n} boats were lost in the storm, the harbour master said." for n in (14, 29))
    articles = [article("a", old, published_at=day(2)), article("b", new, published_at=day(7), source="The Packet")]
    made = draft("How many boats were lost in the storm?", *articles)
    assert [(each.lead, each.text) for each in made.sentences] == [
        ("The Packet, 7 May 2024:", new),
        ("Harbor News, 2 May 2024:", old),
    ]
    [note] = made.notes
    assert (note.kind, note.data) == ("conflict", {"articles": ["b", "a"]})
    assert note.text.startswith("The articles differ, the newer first: ")
    assert "29 (The Packet, 7 May 2024); 14 (Harbor News, 2 May 2024)" in note.text


def test_two_articles_of_one_outlet_and_day_are_attributed_each(article: MakeArticle) -> None:
    texts = [f"Some {n} boats were lost in the storm, the harbour master said." for n in (14, 29)]
    made = draft("How many boats were lost in the storm?", *(article(f"a{n}", text) for n, text in enumerate(texts)))
    assert [each.lead for each in made.sentences] == ["Harbor News, 1 March 2024:"] * 2
    assert [note.text.partition(":")[0] for note in made.notes] == ["The articles differ"], "neither is the newer"


def test_articles_that_agree_have_no_note(article: MakeArticle) -> None:
    texts = ["Some 14 boats were lost in the storm.", "In all 14 boats were lost in the storm."]
    made = draft("How many boats were lost in the storm?", *(article(f"a{n}", text) for n, text in enumerate(texts)))
    assert len(made.sentences) == 1 and made.notes == ()


def test_the_report_of_another_ward_is_no_answer(article: MakeArticle) -> None:
    texts = {n: f"The clerk of ward {n} said that hail broke {n + 40} panes." for n in (3, 4, 34)}
    articles = [article(f"w{n}", text, title=f"Hail in ward {n}") for n, text in texts.items()]
    question = "How many panes did hail break in ward 4?"
    assert quoted(draft(question, *articles)) == [texts[4]]
    without = draft(question, articles[0], articles[2])
    assert without.sentences == () and without.confidence < 0.51


def test_overlapping_passages_quote_a_sentence_once(article: MakeArticle) -> None:
    a = article("a", "The ferry Gannet sank off Orrismouth on Friday.")
    hits = [whole(a, 1), whole(a, 2)]
    assert (
        len(
            Extractive(Assessor(StubEmbedder(), even))
            .generate(Plan("Where did the ferry Gannet sink?"), hits)
            .sentences
        )
        == 1
    )


def test_the_best_sentence_stands_first_and_the_rest_as_its_article_reads_under_one_lead(article: MakeArticle) -> None:
    text = (
        "The ferry Gannet left Lower Marsh with cargo at noon. Rain fell all over the hills. "
        "The ferry Gannet sank off Orrismouth on Friday night."
    )
    made = draft("When did the ferry Gannet sink off Orrismouth?", article("a", text))
    assert "sank off Orrismouth" in made.sentences[0].text
    starts = [each.spans[0].start for each in made.sentences[1:]]
    assert starts == sorted(starts) and starts
    assert [bool(each.lead) for each in made.sentences] == [n == 0 for n in range(len(made.sentences))]


# -- attribution -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "guess", "lead"),
    [
        ({}, None, "Harbor News, 1 March 2024:"),
        ({"published_at": None}, None, "Harbor News:"),
        ({"source": ""}, None, "The article, 1 March 2024:"),
        ({"source": "", "published_at": None}, None, "An undated article:"),
        ({}, "own", "Harbor News interprets:"),
        ({}, "others", "Harbor News reports as a guess:"),
    ],
    ids=["known", "undated", "no outlet", "nothing known", "its own guess", "others' guess"],
)
def test_who_says_it_and_when(article: MakeArticle, fields: dict[str, object], guess: Guess | None, lead: str) -> None:
    assert attribution(article(**fields), guess) == lead


@pytest.mark.parametrize(
    ("text", "surmise"),
    [
        ("The ferry Gannet likely sank because of a loose bow door.", True),
        ("The ferry Gannet seems to have sunk off Orrismouth on Friday.", True),
        ("The loss of the ferry Gannet suggests a fault in the bow door.", True),
        ("The ferry Gannet sank because of a loose bow door.", False),
        ("The ferry Gannet likely sank because of its door, the coastguard said.", False),
        ("“The ferry Gannet likely sank because of a loose bow door.”", False),
    ],
)
def test_what_an_outlet_surmises_is_marked(article: MakeArticle, text: str, surmise: bool) -> None:
    [sentence] = draft("What of the Gannet?", article(text=text)).sentences
    assert (sentence.lead == "Harbor News interprets:") is surmise


# -- reasons ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Mayor Finch resigned because the council rejected his budget.", "reason_stated"),
        ("Mayor Finch resigned in protest at the council's vote on Monday.", "reason_stated"),
        ("Mayor Finch resigned after a vote on harbour funds failed.", "reason_stated"),
        ("Mayor Finch resigned on Monday. Rain fell over the hills.", "no_reason_given"),
        ("Mayor Finch resigned on Monday but did not say why.", "no_reason_given"),
        ("Mayor Finch resigned on Monday without giving a reason.", "no_reason_given"),
        ("Mayor Finch resigned and declined to explain his decision.", "no_reason_given"),
        ("Mayor Finch likely resigned because of the harbour.", "no_reason_given"),
    ],
)
def test_a_why_question_is_told_whether_a_reason_is_stated(article: MakeArticle, text: str, kind: str) -> None:
    made = draft("Why did Mayor Finch resign?", article(text=text))
    assert made.sentences
    assert [note.kind for note in made.notes] == [kind]


def test_the_stated_reason_is_told(article: MakeArticle) -> None:
    text = "Mayor Finch resigned because the council\nrejected his budget."
    [note] = draft("Why did Mayor Finch resign?", article(text=text)).notes
    assert "because the council rejected his budget" in note.text


def test_a_reason_for_something_else_is_no_reason(article: MakeArticle) -> None:
    bakery = article("b", "A bakery in Lower Marsh closed because flour became dear.", title="A bakery closes")
    made = draft("Why did Mayor Finch resign?", article("a", "Mayor Finch resigned on Monday."), bakery)
    assert [note.kind for note in made.notes] == ["no_reason_given"]


@pytest.mark.parametrize("question", ["When did Mayor Finch resign?", "Did Mayor Finch resign?"])
def test_other_questions_have_no_note_of_reasons(article: MakeArticle, question: str) -> None:
    assert draft(question, article(text="Mayor Finch resigned because of the budget.")).notes == ()


# -- nothing to say --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "first"),
    [(date(2019, 7, 5), "old"), (date(2025, 7, 5), "new"), (date(2300, 1, 1), "old"), (None, "old")],
    ids=["then", "now", "long after", "any day"],
)
def test_news_of_the_week_comes_first(article: MakeArticle, asked: date | None, first: str) -> None:
    old = article(
        "old", "The ferry Gannet carried 900 people on Monday.", published_at=datetime(2019, 7, 4, tzinfo=UTC)
    )
    new = article(
        "new", "The ferry Gannet carried 400 people on Tuesday.", published_at=datetime(2025, 7, 4, tzinfo=UTC)
    )
    rest = [article(f"a{n}", f"Rain fell over hill {n} all day.", published_at=None) for n in range(8)]
    made = draft("How many people did the ferry Gannet carry?", old, new, *rest, asked=asked)
    assert made.sentences[0].spans[0].article_id == first


@pytest.mark.parametrize("question", ["Why did Mayor Finch resign?", "Who?", "ferry", "", "🚢"])
def test_no_hits_give_an_empty_draft(question: str) -> None:
    assert draft(question) == Draft((), 0.0)


def test_hits_that_do_not_bear_on_the_question_give_no_sentence(article: MakeArticle) -> None:
    made = draft("Who won the chess final in Reykjavik?", article(), similarity=0.1)
    assert made.sentences == ()
    assert made.confidence < 0.5


@given(st.text(max_size=200), st.lists(st.text(max_size=200).filter(str.strip), max_size=4))
def test_any_text_can_be_drafted_from(article: MakeArticle, question: str, texts: list[str]) -> None:
    draft(question, *(article(f"a{n}", text) for n, text in enumerate(texts)))


# -- what an answer must hold ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "text", "answered"),
    [
        ("What did the repair of the ferry Gannet cost?", "The repair of the ferry Gannet cost £12,000.", True),
        ("What did the repair of the ferry Gannet cost?", "The repair of the ferry Gannet pleased everybody.", False),
        ("How many people did the ferry Gannet carry?", "The ferry Gannet did carry 41 people.", True),
        ("How many people did the ferry Gannet carry?", "The ferry Gannet did carry people in June 2024.", False),
        ("When did the ferry Gannet sink off Hexley?", "The ferry Gannet did sink off Hexley on 3 May.", True),
        ("When did the ferry Gannet sink off Hexley?", "The ferry Gannet did sink off Hexley in a storm.", False),
    ],
)
def test_without_the_sum_number_or_day_asked_for_there_is_no_answer(
    article: MakeArticle, question: str, text: str, answered: bool
) -> None:
    made = draft(question, article("a1", text))
    assert bool(made.sentences) == answered


def test_a_number_in_a_sentence_about_something_else_is_no_answer(article: MakeArticle) -> None:
    question = "How many people did the ferry Gannet carry?"
    about = "The ferry Gannet did carry people."
    elsewhere = "Storms brought down 300 trees around Marl Hill that winter."
    assert draft(question, article("a1", about), article("a2", elsewhere)).sentences == ()


def test_an_opening_noun_is_no_name_when_sentences_are_read_without_their_names(article: MakeArticle) -> None:
    embedder = Counting()
    told = article("rain", "Rainfall in Hexley was 812 millimetres, the weather station of Hexley said.")
    question = "How high was rainfall in Hexley, said the weather station?"
    Extractive(Assessor(embedder, even)).generate(Plan(question), [whole(told)])
    assert "Rainfall in it was 812 millimetres, the weather station of it said." in embedder.texts


def test_the_reader_adds_to_the_score(article: MakeArticle, sure_of: Callable[[str], Reads]) -> None:
    hit = whole(
        article("pier", "The pier at Hexley closed on Monday. Rust in the pier at Hexley was found by a diver.")
    )
    plan, weights = Plan("Who found rust in the closed pier at Hexley on Monday?"), AnswerWeights()

    def score(reader: Reads | None) -> float:
        read = Assessor(StubEmbedder(), even, reader=reader).read(plan, [hit])
        return next(each.score for each in read.candidates if "diver" in each.text)

    assert score(sure_of("diver")) - score(None) == pytest.approx(weights.read)
    doubting = Assessor(StubEmbedder(), even, reader=sure_of("nowhere")).assess(plan, [hit])
    assert doubting.answerable < weights.evidence.answers_from and not doubting.spans


def test_the_words_that_answer_are_marked_and_stand_first(
    article: MakeArticle, sure_of: Callable[[str], Reads]
) -> None:
    hit = whole(article("pier", "The pier at Hexley closed on Monday. Rust in the pier was found by a diver there."))
    sure = Extractive(Assessor(StubEmbedder(), even, reader=sure_of("a diver")))
    first = sure.generate(Plan("Who found rust in the pier at Hexley?"), [hit]).sentences[0]
    assert first.answer_span is not None
    assert first.text[slice(*first.answer_span)] == "a diver"
    plain = Extractive(Assessor(StubEmbedder(), even)).generate(Plan("Who found rust in the pier at Hexley?"), [hit])
    assert all(each.answer_span is None for each in plain.sentences)


def test_an_article_that_denies_what_is_asked_is_quoted_first_and_said_so(article: MakeArticle) -> None:
    denial = "The council will not reopen the ferry line by Easter because two of its hulls leak."
    made = draft(
        "Why did the council open the ferry line again before Easter?",
        article(text=f"The council of Hexley opened the ferry line in May. {denial}"),
    )
    assert quoted(made)[0] == denial
    assert [(note.kind, note.text) for note in made.notes] == [
        ("premise_contradicted", f"The archive says otherwise: “{denial}”")
    ]


def test_a_because_that_has_only_names_of_the_question_is_no_reason(article: MakeArticle) -> None:
    text = "Tobias Finch leads the harbour board of Dunmore because it pays him well."
    made = draft("Why did Tobias Finch resign in Dunmore?", article(text=text))
    assert all(note.kind != "reason_stated" for note in made.notes)


def test_where_no_reason_is_given_that_comes_first_and_no_because_of_something_else(article: MakeArticle) -> None:
    silent = "Mara Quill would not say why the bid for the Gannet ferry had been turned down."
    text = f"The Gannet ferry line of Mara Quill is closing because its hulls leak. {silent}"
    made = draft("Why did Mara Quill turn down the bid for the Gannet ferry line?", article(text=text))
    assert quoted(made) == [silent]
    assert [note.kind for note in made.notes] == ["no_reason_given"]
