"""Plan to hits: two retrievers fused, every named outlet served, nobody crowding out the rest."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.archive.index import Archive
from rag.archive.vectors import VectorIndex
from rag.config import Config
from rag.errors import UsageError
from rag.search.retrieve import search
from rag.search.weights import SearchWeights
from rag.text.embed import StubEmbedder
from rag.types import Article, Filters, Hit

MakeArticle = Callable[..., Article]
Store = Callable[..., list[str]]
ASKED = date(2024, 12, 1)
BY = SearchWeights()


@pytest.fixture(scope="module")
def shared(stories_folder: Path) -> Iterator[Archive]:
    """Yield the archive of the eight stories, for reading only."""
    opened = Archive.open(Config(data=stories_folder, embedder="stub"))
    yield opened
    opened.close()


@pytest.fixture
def filled(config: Config, store: Store) -> Iterator[Callable[..., Archive]]:
    """Yield a function that stores articles and returns their archive, open for reading."""
    opened: list[Archive] = []

    def fill(*articles: Article) -> Archive:
        store(config, *articles)
        opened.append(Archive.open(config))
        return opened[-1]

    yield fill
    for each in opened:
        each.close()


def ask(
    archive: Archive, question: str, *, k: int = 10, asked: date = ASKED, by: SearchWeights = BY, **filters: object
) -> list[Hit]:
    found = search(archive, StubEmbedder(), question, filters=Filters(**filters), k=k, asked=asked, weights=by)
    return list(found.hits)


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.article.id for hit in hits]


def check(hits: Sequence[Hit], k: int) -> None:
    """Check what holds of any list of hits."""
    assert len(hits) <= k
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    for hit in hits:
        assert hit.article.text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
        assert hit.chunk.article_id == hit.article.id
        assert set(hit.found_by) <= {"lexical", "dense"} and hit.found_by
        assert min(hit.found_by.values()) >= 1
        assert (hit.similarity is None) == ("dense" not in hit.found_by)
        assert hit.article.id not in hit.twins
    assert len({hit.chunk.id for hit in hits}) == len(hits)
    assert all(ids(hits).count(each) <= BY.per_article for each in ids(hits))


# -- what is found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Why did Mayor Finch resign?", "mayor-quits"),
        ("Who was blamed for the sinking of the ferry Gannet?", "ferry-sinks"),
        ("How high is the lighthouse at Orrismouth?", "undated"),
        ("How many people will the battery plant employ?", "battery-plant"),
        ("market hall roof", "storm"),
    ],
)
def test_the_best_hit(shared: Archive, question: str, best: str) -> None:
    hits = ask(shared, question, k=3)
    assert hits[0].article.id == best
    check(hits, 3)


def test_a_hit_tells_who_found_it_at_which_rank(shared: Archive) -> None:
    hits = ask(shared, "lighthouse granite metres above the sea")
    assert hits[0].found_by == {"lexical": 1, "dense": 1}
    assert hits[0].similarity is not None and 0.2 < hits[0].similarity <= 1
    assert any("dense" in hit.found_by and "lexical" not in hit.found_by for hit in hits)
    for retriever in ("lexical", "dense"):
        ranks = [hit.found_by[retriever] for hit in hits if retriever in hit.found_by]
        assert sorted(ranks) == list(range(1, len(ranks) + 1))


def test_one_near_sentence_counts_for_its_passage(
    filled: Callable[..., Archive], article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = filled(
        article("spread", "Harbour buses stop. Choirs sang twice. Wool was counted. The seal fell."),
        article("near", "Buses stop. Choirs sang. Wool fell. The harbour seal was counted twice."),
    )

    def gained() -> float:
        scores = {hit.article.id: hit.score for hit in ask(archive, "harbour seal counted twice")}
        return scores["near"] - scores["spread"]

    with_sentences = gained()
    monkeypatch.setattr(archive.catalog, "sentences", lambda keys: ([], []))  # as of an archive made before them
    assert with_sentences == pytest.approx(gained() + BY.sentence)


def test_stages_are_timed(shared: Archive) -> None:
    laps = search(shared, StubEmbedder(), "ferry").timings
    assert {"plan", "embed", "retrieve", "fetch"} <= laps.keys()
    assert min(laps.values()) >= 0


@pytest.mark.parametrize("k", [1, 2, 5, 100])
def test_at_most_k_and_the_same_ones_in_front(shared: Archive, k: int) -> None:
    everything = ask(shared, "ferry battery mayor storm lighthouse", k=100)
    assert len(everything) == 8
    assert ids(ask(shared, "ferry battery mayor storm lighthouse", k=k)) == ids(everything)[:k]


@pytest.mark.parametrize("question", ["?!", "the of and", '"AND ( *:[] OR ~', "\x00", "🛳" * 500], ids=ascii)
def test_a_question_of_hardly_any_words_is_no_error(shared: Archive, question: str) -> None:
    check(ask(shared, question), 10)


@settings(max_examples=40)
@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=200).filter(str.strip)
    | st.lists(
        st.sampled_from(["ferry", "Beacon", "The", "Harbor News", "Quartz Wire", "mayor", "Voltane", "?"]), min_size=1
    ).map(" ".join),
    st.integers(1, 20),
)
def test_whatever_is_asked_the_hits_hold_together(shared: Archive, question: str, k: int) -> None:
    hits = ask(shared, question, k=k)
    check(hits, k)
    assert [hit.chunk.id for hit in ask(shared, question, k=k)] == [hit.chunk.id for hit in hits]


def test_threads_get_what_one_gets(shared: Archive) -> None:
    questions = ["ferry", "mayor resigned", "battery plant", "Did The Beacon and Harbor News agree?"]
    alone = [ids(ask(shared, question)) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda question: ids(ask(shared, question)), questions * 8)) == alone * 8


def test_nothing_is_found_in_an_empty_archive(filled: Callable[..., Archive]) -> None:
    assert ask(filled(), "ferry") == []


# -- nobody crowds out the rest --------------------------------------------------------------------------------------


def test_an_article_gives_a_few_passages_at_most(filled: Callable[..., Archive], article: MakeArticle) -> None:
    paragraphs = (" ".join(f"The zeppelin flew over town {n} of region {m}." for n in range(20)) for m in range(8))
    long = article("long", "\n\n".join(paragraphs))
    archive = filled(long, article("short", "A zeppelin was seen once."))
    assert archive.catalog.passage_count() > BY.per_article + 1
    hits = ask(archive, "zeppelin")
    assert ids(hits).count("long") == BY.per_article
    assert ids(hits).count("short") == 1
    check(hits, 10)
    assert ids(ask(archive, "zeppelin", by=replace(BY, per_article=2))).count("long") == 2


def test_a_hit_is_shown_with_what_stands_around_it(filled: Callable[..., Archive], article: MakeArticle) -> None:
    said = [f"Witness {n} told the inquiry of the weather on the day before." for n in range(60)]
    said[30] = "The ferry Gannet sank because its bow door stood open."
    archive = filled(article("a", " ".join(said)))
    best, *others = ask(archive, "Why did the ferry Gannet sink?")
    check([best, *others], 10)
    assert said[30] in best.chunk.text
    assert 150 < len(best.chunk.text.split()) <= BY.shown
    assert said[30 - 4] in best.chunk.text and said[30 + 4] in best.chunk.text
    [narrow, *_] = ask(archive, "Why did the ferry Gannet sink?", by=replace(BY, shown=1))
    assert len(narrow.chunk.text.split()) <= 100  # the passage as it is indexed


def test_no_hit_stands_within_a_better_one(filled: Callable[..., Archive], article: MakeArticle) -> None:
    texts = [f"The ferry sank in storm {n}. " + "Nobody on the quay saw it. " * 8 for n in range(12)]
    hits = ask(filled(article("a", "\n\n".join(texts))), "Which ferry sank in the storm?")
    check(hits, 10)
    places = [(hit.chunk.start, hit.chunk.end) for hit in hits]
    assert len(hits) > 1
    assert not any(a <= start and end <= b for n, (start, end) in enumerate(places) for a, b in places[:n])


def test_one_text_in_several_papers_is_one_hit_with_twins(filled: Callable[..., Archive], article: MakeArticle) -> None:
    wire = "A zeppelin landed at the old quarry on Monday."
    archive = filled(
        article("one", wire, source="Harbor News"),
        article("two", wire, source="The Beacon"),
        article("three", wire.upper().replace(" ", "  "), source="Quartz Wire"),
        article("other", "No zeppelin landed at the quarry, the owner said."),
    )
    hits = ask(archive, "Did a zeppelin land at the quarry?")
    assert len(hits) == 2
    (wired,) = (hit for hit in hits if hit.article.id != "other")
    assert {wired.article.id, *wired.twins} == {"one", "two", "three"}
    assert len(wired.twins) == 2
    check(hits, 10)


def test_a_copy_lightly_edited_is_a_twin_and_one_with_another_figure_a_hit(
    filled: Callable[..., Archive], article: MakeArticle
) -> None:
    wire = (
        "A zeppelin landed at the old quarry on Monday and its crew of 12 walked to the inn, where the landlord gave them soup "
        "and asked nothing at all about the journey that had brought them over the hills in such weather."
    )
    archive = filled(
        article("one", wire, source="Harbor News"),
        article("two", wire.replace("soup", "broth").replace("old quarry", "quarry"), source="The Beacon"),
        article("three", wire.replace("12", "14"), source="Quartz Wire"),
    )
    hits = ask(archive, "Did a zeppelin land at the quarry?")
    shown = {hit.article.id: set(hit.twins) for hit in hits}
    assert len(shown) == 2 and "three" in {*shown, *set().union(*shown.values())}
    assert {"one", "two"} in [{name, *twins} for name, twins in shown.items()]
    check(hits, 10)


# -- filters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param({}, 8, id="none"),
        pytest.param({"date_from": date(2024, 6, 3)}, 3, id="from, included"),
        pytest.param({"date_to": date(2024, 4, 9)}, 2, id="to, included"),
        pytest.param({"date_from": date(2024, 5, 6), "date_to": date(2024, 5, 6)}, 1, id="one day"),
        pytest.param({"date_from": date(2030, 1, 1)}, 0, id="nothing so late"),
        pytest.param({"date_from": date(1900, 1, 1)}, 7, id="the undated fail"),
        pytest.param({"outlets": ("The Beacon",)}, 3, id="outlet"),
        pytest.param({"outlets": ("beacon",)}, 3, id="outlet, as people write it"),
        pytest.param({"outlets": ("Quartz Wire",)}, 2, id="outlet, without its section"),
        pytest.param({"outlets": ("The Beacon", "Harbor News")}, 6, id="outlets"),
        pytest.param({"outlets": ("The Beacon",), "date_from": date(2024, 5, 1)}, 1, id="outlet and day"),
    ],
)
def test_filters(shared: Archive, filters: dict[str, object], expected: int) -> None:
    hits = ask(shared, "ferry mayor battery storm lighthouse Orrismouth", **filters)
    assert len(hits) == expected
    check(hits, 10)


def test_the_day_of_an_article_is_its_day_in_utc(filled: Callable[..., Archive], article: MakeArticle) -> None:
    archive = filled(article("late", "A zeppelin.", published_at=datetime.fromisoformat("2024-03-01T20:00:00-08:00")))
    assert ids(ask(archive, "zeppelin", date_from=date(2024, 3, 2), date_to=date(2024, 3, 2))) == ["late"]
    assert ask(archive, "zeppelin", date_to=date(2024, 3, 1)) == []


@pytest.mark.parametrize(
    "filters", [{"outlets": ("Harbor News",)}, {"date_from": date(2024, 3, 2)}], ids=["outlet", "day"]
)
@pytest.mark.parametrize("question", ["Who was blamed for the sinking?", "What did The Beacon say of the plant?"])
def test_where_few_are_left_all_of_them_are_compared(
    shared: Archive, monkeypatch: pytest.MonkeyPatch, filters: dict[str, object], question: str
) -> None:
    def not_asked(*_: object, **__: object) -> list[tuple[int, float]]:
        raise AssertionError

    by_index = {}
    for few in (0, BY.exact):
        if few:
            monkeypatch.setattr(VectorIndex, "search", not_asked)
        hits = ask(shared, question, by=replace(BY, exact=few), **filters)
        by_index[few] = [(hit.chunk.id, hit.found_by, pytest.approx(hit.similarity, abs=1e-3)) for hit in hits]
    assert by_index[0] == by_index[BY.exact]


def test_a_filter_wins_over_an_outlet_in_the_question(shared: Archive) -> None:
    hits = ask(shared, "What did The Beacon report about the ferry?", outlets=("Harbor News",))
    assert {hit.article.source for hit in hits} == {"Harbor News"}


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [("The Becon", "The Beacon"), ("Harbour News", "Harbor News"), ("Quartz", "Quartz Wire - Business")],
)
def test_an_outlet_nobody_has_heard_of_gets_the_nearest_names(shared: Archive, asked: str, nearest: str) -> None:
    with pytest.raises(UsageError) as error:
        ask(shared, "ferry", outlets=("The Beacon", asked))
    message = str(error.value)
    assert message.startswith(f"the archive has no outlet {asked!r}; it has, for example, ")
    assert nearest in message


def test_an_outlet_like_no_other(shared: Archive) -> None:
    with pytest.raises(
        UsageError, match=r"^the archive has no outlet '%%%'; it has, for example, Harbor News, Quartz Wire"
    ):
        ask(shared, "ferry", outlets=("%%%",))


def test_days_in_the_wrong_order(shared: Archive) -> None:
    with pytest.raises(UsageError, match=r"^the first day, 2024-05-02, is after the last, 2024-05-01; swap them$"):
        ask(shared, "ferry", date_from=date(2024, 5, 2), date_to=date(2024, 5, 1))


@pytest.mark.parametrize("k", [0, -1])
def test_fewer_than_one_passage(shared: Archive, k: int) -> None:
    with pytest.raises(UsageError, match=rf"^k is {k}; ask for at least 1 passage$"):
        ask(shared, "ferry", k=k)


@pytest.mark.parametrize(
    ("question", "message"),
    [(" ", "the question is empty"), ("x" * 4_001, "has 4,001 characters")],
    ids=["blank", "endless"],
)
def test_a_question_that_can_not_be_asked(shared: Archive, question: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ask(shared, question)


# -- outlets in the question, and the new --------------------------------------------------------------------------


def test_every_outlet_named_is_served(filled: Callable[..., Archive], article: MakeArticle) -> None:
    loud = [
        article(f"loud-{n}", f"Zeppelin, zeppelin! Report number {n} on the zeppelin.", title="Zeppelin")
        for n in range(15)
    ]
    quiet = article("quiet", "It was windy, and something grey passed over.", title="Weather", source="The Beacon")
    other = article("other", "Somebody elsewhere saw a zeppelin.", title="Sky", source="Quartz Wire")
    archive = filled(*loud, quiet, other)
    assert "quiet" not in ids(ask(archive, "What is known of the zeppelin?", k=4))
    hits = ask(archive, "Did Harbor News and The Beacon both report on the zeppelin?", k=4)
    assert {"Harbor News", "The Beacon"} <= {hit.article.source for hit in hits}
    check(hits, 4)


def test_others_join_in_where_the_outlet_has_little_to_say(shared: Archive) -> None:
    hits = ask(shared, "What did Quartz Wire report about the ferry Gannet?", k=6)
    assert hits[0].article.source == "Quartz Wire - Business"
    assert {"ferry-sinks", "ferry-inquiry"} <= set(ids(hits))


def test_others_join_in_early_where_the_outlet_has_much_to_say(
    filled: Callable[..., Archive], article: MakeArticle
) -> None:
    many = [article(f"quartz-{n}", f"Zeppelin note {n}.", source="Quartz Wire") for n in range(8)]
    best = article("best", "A zeppelin landed near the quarry at dawn.", source="The Beacon")
    hits = ask(
        filled(*many, best), "What did Quartz Wire note of the zeppelin that landed near the quarry at dawn?", k=4
    )
    assert [hit.article.source for hit in hits[:2]] == ["Quartz Wire"] * 2
    assert "best" in ids(hits)


@pytest.mark.parametrize("newer_first", [True, False])
def test_of_two_equals_the_newer_one_comes_first(
    filled: Callable[..., Archive], article: MakeArticle, newer_first: bool
) -> None:
    older = article(
        "older", "Repairs to the pier cost a lot, Anna said.", published_at=datetime(2023, 1, 5, tzinfo=UTC)
    )
    newer = article(
        "newer", "Repairs to the pier cost a lot, Berta said.", published_at=datetime(2024, 11, 5, tzinfo=UTC)
    )
    archive = filled(*([newer, older] if newer_first else [older, newer]))
    assert ids(ask(archive, "What did repairs to the pier cost?")) == ["newer", "older"]


def test_the_new_is_what_is_near_the_day_of_asking(filled: Callable[..., Archive], article: MakeArticle) -> None:
    older = article(
        "older", "Repairs to the pier cost a lot, Anna said.", published_at=datetime(2020, 1, 5, tzinfo=UTC)
    )
    newer = article(
        "newer", "Repairs to the pier cost a lot, Berta said.", published_at=datetime(2024, 11, 5, tzinfo=UTC)
    )
    archive = filled(newer, older)
    assert ids(ask(archive, "What did repairs to the pier cost?", asked=date(2020, 1, 20))) == ["older", "newer"]


def test_a_better_match_beats_a_newer_article(filled: Callable[..., Archive], article: MakeArticle) -> None:
    old = article(
        "old", "The zeppelin hangar at Orrismouth burned down.", published_at=datetime(2020, 1, 5, tzinfo=UTC)
    )
    new = article(
        "new", "The town of Orrismouth has a new park.", title="Park", published_at=datetime(2024, 11, 30, tzinfo=UTC)
    )
    assert ids(ask(filled(old, new), "When did the zeppelin hangar at Orrismouth burn down?"))[0] == "old"
