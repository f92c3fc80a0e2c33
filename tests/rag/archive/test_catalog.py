"""The truth: what goes in comes back, all of a write happens or nothing, and every refusal says what to do."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.archive.catalog import Catalog
from rag.archive.columns import day_number
from rag.archive.copies import Known
from rag.archive.rows import Embedded
from rag.errors import EmbedderMismatch, StorageError
from rag.text.embed import StubEmbedder
from rag.text.split import sentences
from rag.types import Article, Chunk

MakeArticle = Callable[..., Article]
# SQLite stores UTF-8, which has no lone surrogates; corpus refuses them at the door.
TEXT = st.text(st.characters(codec="utf-8"))


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite3", write=True)
    yield opened
    opened.close()


def whole(article: Article) -> Chunk:
    """Return the passage that is the whole text."""
    return Chunk(f"{article.id}-{article.content_hash}", article.id, 0, len(article.text), article.text)


def put(catalog: Catalog, article: Article, chunks: Sequence[Chunk] | None = None) -> None:
    chunks = [whole(article)] if chunks is None else chunks
    catalog.put(article, [embedded(chunk) for chunk in chunks])


def embedded(chunk: Chunk) -> Embedded:
    """Return the passage with its sentences, which the stub's vectors tell apart."""
    spans = [(chunk.start + start, chunk.start + end) for start, end in sentences(chunk.text)]
    return Embedded(
        chunk, spans, StubEmbedder().embed([chunk.text[a - chunk.start : b - chunk.start] for a, b in spans])
    )


def entries(catalog: Catalog, generation: int = -1) -> list[Any]:
    return [entry for page in catalog.added_since(generation) for entry in page]


# -- what goes in comes back -----------------------------------------------------------------------------------------


def test_an_article_comes_back_with_all_it_has(catalog: Catalog, article: MakeArticle) -> None:
    full = article(
        "a1",
        author="Ada Reed",
        updated_at=datetime(2024, 3, 2, tzinfo=UTC),
        category="shipping",
        language="en",
        origin_id="wire-1",
        gone=True,
        corrected=True,
    )
    put(catalog, full)
    assert catalog.article("a1") == full
    assert catalog.content_hash("a1") == full.content_hash


def test_an_article_comes_back_with_nothing_it_lacks(catalog: Catalog) -> None:
    bare = Article(id="a1", url=None, title="", source="", text="", content_hash="h")
    put(catalog, bare, [])
    assert catalog.article("a1") == bare


def test_there_is_no_article_that_nobody_put(catalog: Catalog) -> None:
    assert catalog.article("a1") is None
    assert catalog.content_hash("a1") is None
    assert catalog.passages([1, 2]) == {}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path_factory.mktemp("catalog") / "catalog.sqlite3", write=True)
    yield opened
    opened.close()


@settings(max_examples=100)
@given(text=TEXT, title=TEXT, source=TEXT, author=st.none() | TEXT, url=st.none() | TEXT)
def test_any_text_comes_back_the_same(
    shared: Catalog, text: str, title: str, source: str, author: str | None, url: str | None
) -> None:
    before = shared.article("a1")
    version = before.version + 1 if before else 1
    given_ = Article("a1", url, title, source, text, f"h{version}", author=author, version=version)
    put(shared, given_)
    assert shared.article("a1") == given_
    entry = entries(shared, shared.generation - 1)[-1]
    assert (entry.text, entry.title, entry.source) == (text, title, source)
    assert shared.passages([entry.key]) == {entry.key: (whole(given_), given_)}


@given(
    st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_any_moment_comes_back_as_the_same_second_in_utc(shared: Catalog, moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)), microsecond=0)
    put(shared, Article("dated", None, "", "", "Text", str(aware), published_at=aware))
    found = shared.article("dated")
    assert found and found.published_at == aware
    assert found.published_at.utcoffset() == timedelta(0)
    assert entries(shared, shared.generation - 1)[-1].day == day_number(aware.astimezone(UTC).date())


@given(st.dates(), st.dates())
def test_days_are_counted_from_1970(one: date, other: date) -> None:
    assert day_number(date(1970, 1, 1)) == 0
    assert day_number(one) - day_number(other) == (one - other).days


def test_passages_come_back_with_their_places(catalog: Catalog, article: MakeArticle) -> None:
    text = "The ferry 🛳 sank. Élodie was saved."
    source = article("a1", text)
    chunks = [Chunk("c1", "a1", 0, 17, text[:17]), Chunk("c2", "a1", 18, len(text), text[18:])]
    put(catalog, source, chunks)
    keys = [entry.key for entry in entries(catalog)]
    assert catalog.passages(keys) == {key: (chunk, source) for key, chunk in zip(keys, chunks, strict=True)}
    assert list(catalog.passages([keys[1], 999])) == [keys[1]]
    assert catalog.bounds("a1") == [(0, 17), (18, len(text))]
    assert catalog.bounds("nobody's") == []


def test_vectors_come_back_as_close_as_sixteen_bits_allow(catalog: Catalog, article: MakeArticle) -> None:
    put(catalog, article("a1"))
    (entry,) = entries(catalog)
    (vector,) = StubEmbedder().embed([article("a1").text])
    assert entry.vector.dtype == np.float16
    np.testing.assert_allclose(entry.vector.astype(np.float32), vector, atol=1e-3)


def test_sentences_come_back_by_passage_and_by_place(catalog: Catalog, article: MakeArticle) -> None:
    source = article("a1", "The ferry sank. Nobody drowned. The mayor quit.")
    chunks = [Chunk("c1", "a1", 0, 31, source.text[:31]), Chunk("c2", "a1", 32, 47, source.text[32:])]
    put(catalog, source, chunks)
    put(catalog, article("a2", "Rain fell."))
    one, two, other = (entry.key for entry in entries(catalog))
    vectors = StubEmbedder().embed(["The ferry sank.", "Nobody drowned.", "The mayor quit."])
    owners, found = catalog.sentences([two, one, two, 999])
    assert owners == [one, one, two] and found.dtype == np.float32
    np.testing.assert_allclose(found, vectors, atol=1e-3)
    assert catalog.sentences([])[0] == []
    spans = catalog.spans("a1", 16, 47)
    assert list(spans) == [(16, 31), (32, 47)]
    np.testing.assert_allclose(spans[32, 47], vectors[2], atol=1e-3)
    assert catalog.spans("a1", 17, 46) == catalog.spans("nobody's", 0, 99) == {}
    put(catalog, article("a1", "The ferry was raised."))
    assert catalog.sentences([one, two, other])[0] == [other], "an earlier version's are gone"


def test_many_passages_are_read_in_pages_in_order(catalog: Catalog, article: MakeArticle) -> None:
    text = "ab" * 1_300
    chunks = [Chunk(f"c{n}", "a1", n, n + 1, text[n]) for n in range(len(text))]
    put(catalog, article("a1", text), chunks)
    pages = list(catalog.added_since(-1))
    assert len(pages) > 1
    assert [entry.text for page in pages for entry in page] == list(text)
    keys = [entry.key for page in pages for entry in page]
    assert keys == sorted(set(keys))
    assert len(catalog.passages(range(1, 40_001))) == len(text)
    assert len(catalog.places([*range(1, 40_001), *keys])) == len(text)


def test_places_of_passages(catalog: Catalog, article: MakeArticle) -> None:
    put(catalog, article("dated", published_at=datetime(2024, 3, 1, 23, 59, tzinfo=UTC)))
    put(catalog, article("undated", published_at=None))
    dated, undated = entries(catalog)
    places = catalog.places([dated.key, undated.key, 999])
    assert places.keys() == {dated.key, undated.key}
    assert (places[dated.key].day, places[undated.key].day) == (day_number(date(2024, 3, 1)), None)
    assert places[dated.key].start == 0
    assert (dated.day, undated.day) == (day_number(date(2024, 3, 1)), None)


def test_what_is_in_is_in_after_closing(catalog: Catalog, article: MakeArticle) -> None:
    put(catalog, article("a1"))
    catalog.close()
    again = Catalog.open(catalog.path, write=False)
    assert again.article("a1") == article("a1")
    again.close()


@given(
    days=st.tuples(*[st.none() | st.integers(19_780, 19_800)] * 2),
    outlets=st.none() | st.lists(st.integers(1, 4), unique=True),
    limit=st.integers(0, 12),
)
def test_vectors_that_a_filter_lets_through(
    dated: Catalog, days: tuple[int | None, int | None], outlets: list[int] | None, limit: int
) -> None:
    low, high = days
    expected = {
        entry.key: entry.vector
        for entry in entries(dated)
        if (low is None or (entry.day is not None and low <= entry.day))
        and (high is None or (entry.day is not None and entry.day <= high))
        and (outlets is None or entry.outlet in outlets)
    }
    assert dated.article_count(days, outlets) == len(expected)  # a passage each
    found = dated.vectors(days, outlets, limit)
    assert (found is None) == (len(expected) > limit)
    if found:
        keys, vectors = found
        assert sorted(keys) == sorted(expected) and vectors.dtype == np.float32
        for key, vector in zip(keys, vectors, strict=True):
            np.testing.assert_array_equal(vector, expected[key])


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Yield twelve articles of three outlets: three without a day, the others at the day's first and last second."""
    opened = Catalog.open(tmp_path_factory.mktemp("catalog") / "catalog.sqlite3", write=True)
    for n in range(12):
        moment = datetime(2024, 3, n, *((23, 59, 59) if n % 2 else (0, 0, 0)), tzinfo=UTC) if n % 4 else None
        put(opened, Article(f"a{n}", None, "", f"outlet {n % 3}", f"Text {n}.", f"h{n}", published_at=moment))
    yield opened
    opened.close()


def test_articles_come_in_the_order_of_their_coming(catalog: Catalog, article: MakeArticle) -> None:
    given_ = [article("b"), article("a", source="", published_at=None), article("c")]
    for each in given_:
        put(catalog, each)
    assert list(catalog.articles()) == given_
    put(catalog, article("b", "Changed."))
    assert [each.id for each in catalog.articles()] == ["a", "c", "b"]


# -- change ----------------------------------------------------------------------------------------------------------


def test_a_changed_article_replaces_the_old_one_which_is_kept(catalog: Catalog, article: MakeArticle) -> None:
    first, second = article("a1", "Forty drowned.", title="Drowned"), article("a1", "Nobody drowned.", title="Saved")
    put(catalog, first)
    put(catalog, article("a2"))
    ((old, *_), generation) = entries(catalog), catalog.generation
    put(catalog, second)
    assert catalog.article("a1") == replace(second, version=2)
    assert [entry.text for entry in entries(catalog)] == [article("a2").text, "Nobody drowned."]
    assert catalog.removed_since(generation) == [old.key]
    assert [entry.text for entry in entries(catalog, generation)] == ["Nobody drowned."]
    assert old.key not in {entry.key for entry in entries(catalog)}, "a key is never used twice"
    kept = sqlite3.connect(catalog.path)
    assert kept.execute("SELECT article_id, version, title, text FROM versions").fetchall() == [
        ("a1", 1, "Drowned", "Forty drowned.")
    ]
    kept.close()


def test_versions_count_on(catalog: Catalog, article: MakeArticle) -> None:
    for n in range(1, 5):
        put(catalog, article("a1", f"Text {n}."))
        found = catalog.article("a1")
        assert found and found.version == n
    kept = sqlite3.connect(catalog.path)
    assert kept.execute("SELECT version, text FROM versions ORDER BY 1").fetchall() == [
        (1, "Text 1."),
        (2, "Text 2."),
        (3, "Text 3."),
    ]
    kept.close()


def test_every_write_raises_the_generation(catalog: Catalog, article: MakeArticle) -> None:
    seen = [catalog.generation]
    catalog.use_embedder("stub")
    seen.append(catalog.generation)
    for n in range(3):
        put(catalog, article(f"a{n}"))
        seen.append(catalog.generation)
    assert seen == sorted(set(seen))
    catalog.use_embedder("stub")
    assert catalog.generation == seen[-1], "reading is no write"
    assert entries(catalog, catalog.generation) == []
    assert catalog.removed_since(catalog.generation) == []


def test_removed_keys_are_forgotten_up_to_a_generation(catalog: Catalog, article: MakeArticle) -> None:
    put(catalog, article("a1", "One."))
    put(catalog, article("a1", "Two."))
    middle = catalog.generation
    put(catalog, article("a1", "Three."))
    assert len(catalog.removed_since(0)) == 2
    catalog.forget_removed(middle, catalog.lineage)
    assert catalog.removed_since(0) == catalog.removed_since(middle)
    assert len(catalog.removed_since(0)) == 1


@pytest.mark.parametrize("known", [False, True], ids=["new article", "changed article"])
def test_an_error_leaves_nothing_behind(catalog: Catalog, article: MakeArticle, known: bool) -> None:
    if known:
        put(catalog, article("a1", "Old."))
    before, generation, texts = catalog.article("a1"), catalog.generation, [e.text for e in entries(catalog)]
    changed = article("a1", "One. Two.", source="A New Outlet")
    two = [Chunk("c1", "a1", 0, 4, "One."), Chunk("c2", "a1", 5, 9, "Two.")]
    bad = replace(embedded(two[1]), vectors=StubEmbedder().embed([]))
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        catalog.put(changed, [embedded(two[0]), bad])
    assert catalog.article("a1") == before
    assert catalog.generation == generation
    assert [entry.text for entry in entries(catalog)] == texts
    assert catalog.removed_since(-1) == []
    assert "A New Outlet" not in catalog.outlets()
    put(catalog, changed, two)
    assert catalog.counts().passages == 2


def test_an_interruption_leaves_nothing_behind(
    catalog: Catalog, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    passage = embedded(whole(article("a1")))
    with monkeypatch.context() as patch:
        patch.setattr(np, "asarray", interrupted)
        with pytest.raises(KeyboardInterrupt):
            catalog.put(article("a1"), [passage])
    assert (catalog.generation, catalog.counts().articles) == (0, 0)


# -- counting --------------------------------------------------------------------------------------------------------


def test_an_empty_catalog_counts_nothing(catalog: Catalog) -> None:
    counts = catalog.counts()
    assert (counts.articles, counts.passages, counts.outlets, counts.undated, counts.generation) == (0, 0, 0, 0, 0)
    assert counts.newest is None is counts.oldest
    assert catalog.newest_day() is None
    assert catalog.outlets() == {}


def test_counts(catalog: Catalog, article: MakeArticle, stories: Sequence[Article]) -> None:
    for story in stories:
        put(catalog, story)
    put(catalog, article("of nobody", source="", published_at=None), [])
    counts = catalog.counts()
    assert (counts.articles, counts.passages, counts.undated) == (9, 8, 2)
    assert counts.outlets == 3, "no name is no outlet"
    assert counts.oldest == datetime(2024, 3, 1, 9, 30, tzinfo=UTC)
    assert counts.newest == datetime(2024, 11, 2, 9, 30, tzinfo=UTC)
    assert counts.generation == catalog.generation
    assert catalog.passage_count() == 8
    assert set(catalog.outlets()) == {"Harbor News", "The Beacon", "Quartz Wire - Business", ""}
    assert len(set(catalog.outlets().values())) == 4


def test_the_newest_is_the_newest_in_utc(catalog: Catalog, article: MakeArticle) -> None:
    east, west = timezone(timedelta(hours=9)), timezone(timedelta(hours=-8))
    put(catalog, article("first", published_at=datetime(2024, 1, 2, 3, tzinfo=east)))  # the day before in UTC
    put(catalog, article("second", published_at=datetime(2024, 1, 1, 23, tzinfo=west)))  # the day after in UTC
    counts = catalog.counts()
    assert counts.oldest == datetime(2024, 1, 1, 18, tzinfo=UTC)
    assert counts.newest == datetime(2024, 1, 2, 7, tzinfo=UTC)
    assert catalog.newest_day() == date(2024, 1, 2)


def test_runs_are_noted(catalog: Catalog) -> None:
    first, second = catalog.start_run(), catalog.start_run()
    assert first != second
    catalog.finish_run(second, added=1, changed=2, unchanged=3, skipped=4)
    rows = sqlite3.connect(catalog.path)
    found = rows.execute(
        "SELECT finished IS NULL, added, changed, unchanged, skipped FROM runs ORDER BY key"
    ).fetchall()
    rows.close()
    assert found == [(1, 0, 0, 0, 0), (0, 1, 2, 3, 4)]


# -- refusals --------------------------------------------------------------------------------------------------------


def test_an_embedder_that_made_nothing_binds_nobody(catalog: Catalog) -> None:
    catalog.use_embedder("no/such-model")
    catalog.use_embedder("all-MiniLM-L6-v2")
    assert catalog.embedder == "all-MiniLM-L6-v2"


def test_the_embedder_is_remembered_and_another_is_told_what_to_do(
    catalog: Catalog, article: Callable[..., Article]
) -> None:
    assert catalog.embedder is None
    catalog.use_embedder("all-MiniLM-L6-v2")
    put(catalog, article("a1"))
    catalog.use_embedder("all-MiniLM-L6-v2")
    with pytest.raises(EmbedderMismatch) as error:
        catalog.use_embedder("other/model")
    assert str(error.value) == (
        f"the archive {catalog.path.parent} was made with the embedder 'all-MiniLM-L6-v2', not 'other/model'; use "
        "--embedder 'all-MiniLM-L6-v2', or ingest again into a new folder: dateline ingest --data NEW "
        "--embedder 'other/model' ..."
    )
    assert catalog.embedder == "all-MiniLM-L6-v2"


def test_a_reader_sees_what_a_writer_has_finished(catalog: Catalog, article: MakeArticle) -> None:
    reader = Catalog.open(catalog.path, write=False)
    put(catalog, article("a1"))
    assert reader.article("a1") == article("a1")
    reader.close()


def test_marks_that_can_not_be_kept_leave_the_catalog_open_to_the_next_write(
    catalog: Catalog, article: MakeArticle
) -> None:
    with pytest.raises(StorageError):
        catalog.keep_known([(99, Known(None, b""))])  # of an article that is not there
    put(catalog, article("a1"))
    assert catalog.article_count() == 1
