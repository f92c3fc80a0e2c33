"""Which sentence answers: meaning, rarity, the kind of thing asked for; never scraps before statements."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.rank import RankWeights, covered, is_scrap, rank_sentences, score_sentences
from rag.text.embed import StubEmbedder
from rag.types import Reads

if TYPE_CHECKING:
    from rag.types import Vectors

EMBEDDER = StubEmbedder()
BY = RankWeights()


class Flat(StubEmbedder):
    """All texts are equally near, so that only words and kinds tell them apart."""

    def embed(self, texts: Sequence[str]) -> "Vectors":
        return super().embed(["same"] * len(texts))


def best(question: str, *sentences: str) -> str:
    scores = rank_sentences(question, sentences, embedder=Flat())
    return sentences[scores.index(max(scores))]


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        ("Why did Finch resign?", "Finch resigned because the council met.", "Finch resigned while the council met."),
        ("How many witnesses will be heard?", "It heard 60 witnesses that week.", "It heard some witnesses that week."),
        ("When did the ferry sink?", "The ferry sank there on Friday.", "The ferry sank there at once."),
        (
            "Where did the ferry sink?",
            "The ferry sank by night near Orrismouth.",
            "The ferry sank by night and calmly.",
        ),
        ("Who leads the inquiry?", "The inquiry is led by Mara Quill.", "The inquiry is led by somebody able."),
        ("Who blamed the bow door?", "The coastguard blamed the bow door.", "Rain fell all over the hills."),
    ],
    ids=["why", "how many", "when", "where", "who", "about it"],
)
def test_the_sentence_that_holds_what_is_asked_for_comes_first(question: str, answer: str, other: str) -> None:
    assert best(question, other, answer) == answer
    assert best(question, answer, other) == answer


def test_what_the_question_says_itself_answers_nothing() -> None:
    known, new = "The 60 were heard by them.", "The 70 were heard by them."
    scores = score_sentences("How many of 60?", [known, new], [set(), set()], [0.0, 0.0], {})
    assert scores == [0.0, BY.answer_type]


def test_a_score_adds_cosine_coverage_and_kind() -> None:
    sentence = "The ferry sank there on Friday."
    [score] = score_sentences("When did the ferry sink?", [sentence], [{"ferri"}], [0.3], {"ferri": 3.0, "sink": 1.0})
    assert score == pytest.approx(0.3 + BY.coverage * 0.75 + BY.answer_type)


def test_a_scrap_loses() -> None:
    [score] = score_sentences("ferry", ["Did the ferry sink there?"], [set()], [0.3], {})
    assert score == pytest.approx(0.3 - BY.scrap)


def test_a_rare_word_counts_more() -> None:
    def rarity(words: Sequence[str]) -> Mapping[str, float]:
        return {word: 10.0 if word == "gannet" else 0.1 for word in words}

    texts = ["The Gannet was an old boat.", "The ferry was an old boat."]
    scores = rank_sentences("What of the ferry Gannet?", texts, embedder=EMBEDDER, rarity=rarity)
    assert scores[0] > scores[1]


def test_nothing_to_rank() -> None:
    assert rank_sentences("Who?", [], embedder=EMBEDDER) == []


@pytest.mark.parametrize(
    ("weights", "held", "share"),
    [
        ({}, {"a"}, 0.0),
        ({"a": 0.0}, {"a"}, 0.0),
        ({"a": 1.0}, set(), 0.0),
        ({"a": 1.0, "b": 3.0}, {"b", "c"}, 0.75),
        ({"a": 1.0, "b": 3.0}, {"a", "b"}, 1.0),
    ],
    ids=["nothing wanted", "no weight", "none held", "a part", "all"],
)
def test_coverage_is_a_weighted_share(weights: dict[str, float], held: set[str], share: float) -> None:
    assert covered(weights, held) == share


@pytest.mark.parametrize(
    "sentence",
    [
        "Read more about the ferry Gannet and its crew",
        "Why did the ferry sink off Orrismouth?",
        "“Why did the ferry sink off Orrismouth?”",
        "What we know of the ferry so far:",
        "Ferry sinks.",
        "FERRY SINKS OFF ORRISMOUTH ON A FRIDAY",
        "Mayor Tobias Finch Resigns On A Monday",
        "Photo: the ferry before it sank off Orrismouth",
        "Sign up to get the latest news of the harbour.",
        "The picture was taken by Getty Images in March.",
        "2024 — 03 — 01 — 12:00 — 41",
        "",
    ],
)
def test_scraps(sentence: str) -> None:
    assert is_scrap(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The ferry Gannet sank off Orrismouth on Friday.",
        "“Nobody was hurt in the storm,” Ines Holt said.",
        "She wants to reopen the swimming baths.",
        "Who pays for it is not known yet.",
        "Readers told the paper that it was late.",
    ],
)
def test_statements(sentence: str) -> None:
    assert not is_scrap(sentence)


@given(st.text(max_size=100), st.lists(st.text(max_size=100), max_size=6))
def test_every_sentence_has_a_score_in_its_place(question: str, sentences: list[str]) -> None:
    scores = rank_sentences(question, sentences, embedder=EMBEDDER)
    assert len(scores) == len(sentences)
    assert all(-1.5 <= score <= 1.9 for score in scores)
    mirrored = rank_sentences(question, sentences[::-1], embedder=EMBEDDER)
    assert mirrored[::-1] == pytest.approx(scores, abs=1e-6)


@pytest.mark.parametrize(
    "sentence",
    [
        "The quarry closed in the spring of 1974[3].",
        "The quarry closed in the spring of 1974.[3]",
        "The quarry closed in the spring of 1974.¹²",
        "The quarry closed in the spring of 1974.*",
        "Hexley | 412 | 38",
        "Hexley\t412",
    ],
)
def test_footnote_marks_and_rows_of_tables_are_read(sentence: str) -> None:
    assert not is_scrap(sentence)


@pytest.mark.parametrize("line", ["Home | News | Sport", "Ferry sinks off coast [3]", "Follow us on the web [a]"])
def test_what_is_no_row_and_no_statement_stays_a_scrap(line: str) -> None:
    assert is_scrap(line)


def test_a_reader_tells_which_sentence_answers(sure_of: Callable[[str], Reads]) -> None:
    told = ["The pier closed on Monday.", "A diver found rust.", "Nobody was hurt."]
    scores = rank_sentences("Who found rust?", told, embedder=Flat(), reader=sure_of("diver"))
    assert scores.index(max(scores)) == 1
    assert scores[1] > 20 > -20 > scores[0]
    assert rank_sentences("Who?", [], embedder=Flat(), reader=sure_of("diver")) == []
