"""The BM25 index: finds by words, obeys filters, and nothing in a question is syntax."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.archive.lexical import ANALYZER, LexicalIndex, analyze, terms
from rag.archive.rows import Entry

HARBOR, BEACON = 1, 2


def entry(
    key: int, text: str, *, day: int | None = 100, outlet: int = HARBOR, title: str = "", source: str = ""
) -> Entry:
    return Entry(key, text, title, source, day, outlet, np.zeros(4, dtype=np.float16))


ENTRIES = [
    entry(1, "The ferry sank off the coast.", day=100),
    entry(2, "The ferry ferry ferry inquiry opened.", day=200, outlet=BEACON),
    entry(3, "The mayor resigned.", day=300, outlet=BEACON, title="Budget rejected", source="The Beacon"),
    entry(4, "The lighthouse keeper saw the ferry.", day=None),
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LexicalIndex]:
    made = LexicalIndex(tmp_path / "lexical")
    made.update([], [ENTRIES], 1)
    yield made
    made.close()


def keys(found: list[tuple[int, float]]) -> list[int]:
    return [key for key, _ in found]


def test_a_new_index_is_empty_and_stands_nowhere(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path / "deep" / "lexical")
    assert (index.generation, index.count()) == (-1, 0)
    assert index.search("ferry", 10) == []
    assert index.rarity(["ferri"]) == {"ferri": pytest.approx(np.log(2))}
    assert not index.holds("ferri")
    index.close()


def test_it_finds_by_words_best_first_with_scores_above_nothing(index: LexicalIndex) -> None:
    found = index.search("Where did the ferry sink?", 10)
    assert set(keys(found)) >= {1, 2, 4}
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0
    assert keys(index.search("ferries sinking inquiry", 10))[0] == 2
    assert keys(index.search("LIGHTHOUSES", 10)) == [4]


@pytest.mark.parametrize("question", ["budget", "beacon"], ids=["title", "outlet"])
def test_title_and_outlet_count_as_words(index: LexicalIndex, question: str) -> None:
    assert keys(index.search(question, 10)) == [3]


def test_a_phrase_that_stands_together_counts(index: LexicalIndex) -> None:
    question = "What sank off the coast of the ferry inquiry?"
    plain = dict(index.search(question, 10))
    quoted = dict(index.search(question, 10, phrases=["ferry inquiry", "coast", "no such words"]))
    assert quoted.keys() == plain.keys()
    assert {key for key in plain if quoted[key] > plain[key]} == {2}


def test_at_most_so_many(index: LexicalIndex) -> None:
    everything = index.search("the ferry", 10)
    assert index.search("the ferry", 2) == everything[:2]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((None, None), {1, 2, 3, 4}),
        ((100, None), {1, 2, 3}),
        ((None, 200), {1, 2}),
        ((100, 100), {1}),
        ((101, 299), {2}),
        ((301, None), set()),
        ((-5, 99), set()),
    ],
    ids=str,
)
def test_days_are_both_included_and_the_undated_fail(
    index: LexicalIndex, days: tuple[int | None, int | None], expected: set[int]
) -> None:
    assert set(keys(index.search("the", 10, days=days))) == expected


@pytest.mark.parametrize(
    ("outlets", "expected"),
    [(None, {1, 2, 3, 4}), ([BEACON], {2, 3}), ([HARBOR, BEACON], {1, 2, 3, 4}), ([77], set())],
    ids=str,
)
def test_outlets(index: LexicalIndex, outlets: list[int] | None, expected: set[int]) -> None:
    assert set(keys(index.search("the", 10, outlets=outlets))) == expected


def test_filters_work_inside_the_search_and_leave_the_score_alone(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path)
    crowd = [entry(n, "ferry ferry ferry", day=500) for n in range(100, 400)]
    index.update([], [crowd, ENTRIES], 1)
    filtered = index.search("ferry", 1, days=(None, 100), outlets=[HARBOR])
    assert keys(filtered) == [1]
    assert filtered[0] in index.search("ferry", 1_000)
    index.close()


def test_an_update_of_nothing_still_stands_at_its_generation(index: LexicalIndex) -> None:
    index.update([], [], 9)
    assert (index.count(), index.generation) == (len(ENTRIES), 9)


def test_it_is_all_there_after_reopening(index: LexicalIndex, tmp_path: Path) -> None:
    again = LexicalIndex(tmp_path / "lexical")
    assert (again.count(), again.generation) == (len(ENTRIES), 1)
    assert again.search("ferry", 10) == index.search("ferry", 10)
    again.close()


def test_an_unfinished_update_does_not_move_the_generation(index: LexicalIndex) -> None:
    def broken() -> Iterator[list[Entry]]:
        yield [entry(5, "half")]
        raise RuntimeError("pulled the plug")

    with pytest.raises(RuntimeError, match="plug"):
        index.update([], broken(), 2)
    assert index.generation == 1


@pytest.mark.parametrize("content", ["", "x", "1.5"], ids=repr)
def test_an_unreadable_generation_is_none(index: LexicalIndex, tmp_path: Path, content: str) -> None:
    (tmp_path / "lexical" / "generation").write_text(content)
    assert index.generation == -1


SYNTAX = '"AND ( *:[] {TO} ^2 ~ \\ +ferry -sank title:x NOT || && /re/ <'


@pytest.mark.parametrize("question", ["", "   ", "?!…", '"()*:[]', "\x00"], ids=repr)
def test_a_question_without_words_finds_nothing(index: LexicalIndex, question: str) -> None:
    assert index.search(question, 10) == []
    assert index.search(question, 10, days=(0, 1000), outlets=[HARBOR]) == []


def test_nothing_is_syntax(index: LexicalIndex) -> None:
    plain = index.search("AND TO 2 ferry sank title x NOT re", 10)
    assert index.search(SYNTAX, 10) == plain != []


def test_a_question_of_common_words_is_no_error(index: LexicalIndex) -> None:
    assert set(keys(index.search("who is the of and", 10))) == {1, 2, 3, 4}


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_question_is_answered(index: LexicalIndex, question: str) -> None:
    found = index.search(question, 3, days=(0, 250), outlets=[HARBOR, BEACON])
    assert set(keys(found)) <= {1, 2}
    assert len(found) <= 3


def test_rare_words_weigh_more(index: LexicalIndex) -> None:
    weights = index.rarity(["ferri", "mayor", "zeppelin", "mayor"])
    assert list(weights) == ["ferri", "mayor", "zeppelin"]
    assert 0 < weights["ferri"] < weights["mayor"] < weights["zeppelin"]


def test_a_question_has_each_word_once_in_order() -> None:
    assert terms("Ferries, ferry; the FERRY sank") == ["ferri", "the", "sank"]
    assert analyze("Élodie's ferries") == ["elodi", "s", "ferri"]
    assert analyze("x" * 41) == [], "no word is that long"


@pytest.mark.parametrize(
    "question", ["Zoe Briere", "Zoë Brière", "Zoe\u0308 Brie\u0300re", "OSCE", "O.S.C.E.", "ferry\u00adman"]
)
def test_one_word_is_found_in_each_of_its_spellings(tmp_path: Path, question: str) -> None:
    index = LexicalIndex(tmp_path / "lexical")
    spelled = [
        "Zoe\u0308 Brie\u0300re, a fer\u200bryman, left.",
        "The O.S.C.E. and Zoë Brière, ferryman, met.",
        "Zoe Briere of OSCE, a ferryman.",
    ]
    index.update([], [[entry(n, text) for n, text in enumerate(spelled, 1)]], 1)
    wanted = {2, 3} if question.startswith("O") else {1, 2, 3}
    assert set(keys(index.search(question, 10))) == wanted
    index.close()


def test_an_index_of_other_words_can_not_be_opened(tmp_path: Path) -> None:
    LexicalIndex(tmp_path / "lexical").close()
    meta = tmp_path / "lexical" / "meta.json"
    meta.write_text(meta.read_text().replace(ANALYZER, "news"))
    with pytest.raises(ValueError, match="schema"):
        LexicalIndex(tmp_path / "lexical")
