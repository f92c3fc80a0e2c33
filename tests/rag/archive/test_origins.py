"""What comes in is told to be a copy, an update, or the page that is in already."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from rag.archive.catalog import Catalog
from rag.archive.receipt import receipt
from rag.archive.rows import Selection
from rag.config import Config
from rag.types import Article, canonical_url

MakeArticle = Callable[..., Article]
Store = Callable[..., list[str]]
DAY = datetime(2024, 3, 1, 12, tzinfo=UTC)


def text(seed: int, words: int = 120) -> str:
    pick = random.Random(seed)
    return " ".join(f"word{pick.randrange(3_000)}" for _ in range(words)) + "."


@pytest.fixture
def page(article: MakeArticle) -> MakeArticle:
    """Return the factory of articles whose id is made from their address."""

    def make(url: str, told: str, **fields: Any) -> Article:
        made = article("x", told, url=url, **fields)
        return replace(
            made,
            id="u" + sha256(canonical_url(url).encode()).hexdigest()[:16],
            content_hash=sha256(f"{url}{made.title}{told}".encode()).hexdigest(),
        )

    return make


@pytest.fixture
def inside(config: Config) -> Iterator[Callable[[], dict[str, Article]]]:
    """Return what tells the articles of the archive by id."""

    def articles() -> dict[str, Article]:
        catalog = Catalog.open(config.data / "catalog.sqlite3", write=False)
        found = {each.id: each for each in catalog.articles()}
        catalog.close()
        return found

    yield articles


def origins(articles: dict[str, Article]) -> dict[str, str | None]:
    return {name: each.origin_id for name, each in articles.items()}


Inside = Callable[[], dict[str, Article]]


def test_copies_are_kept_and_linked_to_the_earliest(
    config: Config, store: Store, article: MakeArticle, inside: Inside
) -> None:
    words = text(1).split()
    store(
        config,
        article("first", text(1), published_at=DAY, source="A"),
        article("cut", " ".join(words[:80]), published_at=DAY + timedelta(hours=1), source="B"),
        article("other", text(2), published_at=DAY, source="B"),
        article(
            "edited", " ".join(["A", "new", "lead", *words[10:]]), published_at=DAY + timedelta(hours=2), source="C"
        ),
    )
    assert origins(inside()) == {"first": None, "cut": "first", "other": None, "edited": "first"}
    told = receipt(config)
    assert (told["articles"], told["independent"], told["copies"]) == (4, 2, 2)


def test_an_origin_that_comes_late_takes_the_copies_over(
    config: Config, store: Store, article: MakeArticle, inside: Inside
) -> None:
    store(config, article("b", text(1), published_at=DAY, source="B"))
    store(config, article("c", text(1), published_at=DAY + timedelta(hours=1), source="C"))
    assert origins(inside()) == {"b": None, "c": "b"}
    store(config, article("a", text(1), published_at=DAY - timedelta(hours=1), source="A"))
    assert origins(inside()) == {"b": "a", "c": "a", "a": None}
    wire = article("w", f"LONDON (WIR) - {text(1)}", published_at=DAY + timedelta(days=1), source="Wire Is Right")
    store(config, wire)
    assert origins(inside()) == {"b": "w", "c": "w", "a": "w", "w": None}


def test_a_wire_merged_with_another_belongs_to_one_of_them(
    config: Config, store: Store, article: MakeArticle, inside: Inside
) -> None:
    store(
        config,
        article("a", text(1), published_at=DAY),
        article("b", text(2), published_at=DAY),
        article("both", f"{text(1)} {text(2)}", published_at=DAY + timedelta(hours=1), source="B"),
    )
    found = origins(inside())
    assert found["both"] in ("a", "b") and found["a"] is found["b"] is None


def test_what_is_removed_leaves_its_copies_to_the_next(
    config: Config, store: Store, article: MakeArticle, inside: Inside
) -> None:
    store(
        config,
        *(article(name, text(1), published_at=DAY + timedelta(hours=n), source=name) for n, name in enumerate("abc")),
    )
    catalog = Catalog.open(config.data / "catalog.sqlite3", write=True)
    catalog.remove(Selection(("a",)))
    catalog.close()
    assert origins(inside()) == {"b": None, "c": "b"}


def test_an_article_that_changes_into_a_copy_brings_its_own_copies(
    config: Config, store: Store, article: MakeArticle, inside: Inside
) -> None:
    store(config, article("a", text(1), published_at=DAY, source="A"))
    store(config, article("b", text(2), published_at=DAY + timedelta(hours=1), source="B"))
    store(config, article("c", f"{text(2)} {text(3)}", published_at=DAY + timedelta(hours=2), source="C"))
    assert origins(inside()) == {"a": None, "b": None, "c": "b"}
    store(config, article("b", text(1), published_at=DAY + timedelta(hours=1), source="B"))
    assert origins(inside()) == {"a": None, "b": "a", "c": "a"}
    store(config, article("b", text(4), published_at=DAY + timedelta(hours=1), source="B"))
    assert inside()["b"].origin_id is None


def test_an_origin_that_is_stated_is_believed(
    config: Config, store: Store, article: MakeArticle, inside: Inside
) -> None:
    store(config, article("a", text(1), source="A"), article("b", text(1), source="B", origin_id="wire"))
    assert origins(inside()) == {"a": None, "b": "wire"}


def test_one_page_under_several_addresses_is_one_article(
    config: Config, store: Store, page: MakeArticle, inside: Inside
) -> None:
    forms = [
        "https://www.n.example/a",
        "https://amp.n.example/a",
        "http://m.n.example/a?utm_source=x",
        "https://n.example/a/amp",
    ]
    pages = [page(url, text(1)) for url in forms]
    assert store(config, *pages) == ["added", "unchanged", "unchanged", "unchanged"]
    assert store(config, *reversed(pages)) == ["unchanged"] * 4
    assert [each.url for each in inside().values()] == forms[:1]


def test_forms_of_a_page_that_differ_take_no_turns(
    config: Config, store: Store, page: MakeArticle, inside: Inside
) -> None:
    desktop, amp = page("https://www.n.example/a", text(1)), page("https://www.n.example/a/amp", text(1) + " Read on.")
    assert store(config, desktop, amp) == ["added", "changed"]
    for _ in range(2):
        assert store(config, desktop, amp) == ["unchanged", "unchanged"]
    (kept,) = inside().values()
    assert kept.version == 2
    corrected = page("https://www.n.example/a", text(1).replace("word", "Word", 1))
    assert store(config, corrected) == ["changed"]


def test_pages_that_state_ids_of_their_own_stay_apart(config: Config, store: Store, article: MakeArticle) -> None:
    posts = [article(f"post{n}", text(n), url="https://n.example/live") for n in (1, 2)]
    assert store(config, *posts) == ["added", "added"]


def test_an_update_under_another_address_is_a_version(
    config: Config, store: Store, page: MakeArticle, inside: Inside
) -> None:
    old = page("https://n.example/ferry", text(1), published_at=DAY)
    new = page("https://n.example/ferry-2", f"{text(1)} Two were saved.", published_at=DAY + timedelta(hours=2))
    copy = page("https://b.example/ferry", text(1), published_at=DAY + timedelta(hours=3), source="The Beacon")
    assert store(config, old, new, copy) == ["added", "changed", "added"]
    found = inside()
    assert found[old.id].version == 2 and found[old.id].text.endswith("saved.")
    assert found[copy.id].origin_id == old.id
    assert store(config, old, new, copy) == ["unchanged"] * 3, "the same input twice changes nothing"


def test_an_archive_without_signatures_gets_them(
    config: Config, store: Store, article: MakeArticle, inside: Inside
) -> None:
    store(config, article("a", text(1), published_at=DAY, source="A"))
    for harm in ("DELETE FROM known", "UPDATE known SET signature = x'00'"):
        db = sqlite3.connect(config.data / "catalog.sqlite3")
        db.execute(harm)
        db.commit()
        db.close()
        name = f"copy {harm}"
        store(config, article(name, text(1), published_at=DAY + timedelta(hours=1), source=name))
        assert inside()[name].origin_id == "a"
