"""Measures how well near-copies are found, and how fast: python scripts/near_copies.py [ARTICLES.jsonl] [--many 50000]

The labelled set is made from the starter archive, or from the articles named: each is edited, cut, given a new lead, and
merged with another; articles that only quote another, and round-ups of many, are no copies. The starter archive has four
copies of its own, labelled by hand.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import corpus
from rag.archive.catalog import Catalog
from rag.archive.origins import Origins
from rag.types import Article, Skipped

SEEDS = Path(__file__).parents[1] / "seeds"
# Copies in the starter archive → the wire that each was made from.
BY_HAND = {
    "gazette-another-month-of-lorries": "lpa-bridge-will-miss-easter",
    "packet-bridge-will-miss-easter": "lpa-bridge-will-miss-easter",
    "gazette-detour-through-hexley": "lpa-lantern-bridge-closed",
    "packet-lantern-bridge-shut": "lpa-lantern-bridge-closed",
}
_SENTENCE = re.compile(r"[^.!?]*[.!?]+[\"'”’]?\s*")
_LEAD = "Our own correspondent has been to see what became of it. This is what people there told us, in their words."


@dataclass(frozen=True)
class Case:
    """An article, the ids of which one must be told as its origin (none: no copy), and how it was made."""

    article: Article
    origins: frozenset[str]
    kind: str


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, roughly, with what stands between them."""
    return _SENTENCE.findall(text) or [text]


def edited(text: str, pick: random.Random, share: float) -> str:
    """Return the text with a share of its words left out, doubled or put in another's place."""
    words = text.split(" ")
    out: list[str] = []
    for word in words:
        roll = pick.random()
        if roll < share / 3:
            continue
        out.append(pick.choice(words) if roll < 2 * share / 3 else word)
        if 2 * share / 3 <= roll < share:
            out.append(pick.choice(words))
    return " ".join(out)


def labelled(originals: Sequence[Article], pick: random.Random) -> Iterator[Case]:
    """Yield the originals, then what is made from them, each later than what it is made from."""
    for each in originals:
        yield Case(each, frozenset(filter(None, (BY_HAND.get(each.id),))), "original")
    family = {each.id: BY_HAND.get(each.id, each.id) for each in originals}

    def made(source: Article, text: str, kind: str, origins: frozenset[str], n: int) -> Case:
        moment = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
        name = f"{kind}-{n}"
        article = replace(
            source, id=name, url=None, text=text, source=f"Paper {n % 40}", published_at=moment, content_hash=name
        )
        return Case(article, origins, kind)

    n = 0
    for source in originals:
        other = pick.choice([each for each in originals if family[each.id] != family[source.id]])
        for kind, text, sources in remade(source, other, originals, pick):
            n += 1
            yield made(source, text, kind, frozenset(family[each.id] for each in sources), n)


def remade(
    source: Article, other: Article, originals: Sequence[Article], pick: random.Random
) -> Iterator[tuple[str, str, tuple[Article, ...]]]:
    """Yield what is made from an article: how, its text, and the articles that it is a copy of."""
    told, theirs = sentences(source.text), sentences(other.text)
    cut = "".join(told[: max(2, round(len(told) * pick.uniform(0.4, 0.7)))])
    quoted = pick.sample(told, min(2, max(1, len(told) // 8)))
    many = pick.sample(originals, min(8, len(originals)))
    yield "edited", edited(source.text, pick, 0.09), (source,)
    yield "cut", cut, (source,)
    yield "cut and edited", f"ORRISMOUTH (LPA) - {edited(cut, pick, 0.06)}", (source,)
    yield "new lead", f"{_LEAD} {''.join(told[1:])}", (source,)
    yield "merged", f"{edited(source.text, pick, 0.03)}\n\n{other.text}", (source, other)
    yield "quoting", "".join([*theirs[1:3], *quoted, *edited_all(theirs, pick)]), ()
    yield "round-up", "".join(f"{sentences(each.text)[0]} " for each in many), ()


def edited_all(told: Sequence[str], pick: random.Random) -> list[str]:
    """Return the words of sentences in another order: a text of its own on the same matter."""
    words = " ".join(told).split()
    pick.shuffle(words)
    return [" ".join(words)]


def score(cases: Sequence[Case], family: dict[str, str]) -> dict[str, tuple[int, int, int]]:
    """Return for each kind: links that are right, links in all, copies in all."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog.open(Path(folder) / "catalog.sqlite3", write=True)
        origins = Origins(catalog)
        for case in cases:
            linked = origins.link(case.article)
            origins.stored(catalog.put(linked.article, [], linked.known, linked.origin_of), linked.known)
        found = {each.id: each.origin_id for each in catalog.articles()}
        catalog.close()
    told: dict[str, tuple[int, int, int]] = {}
    for case in cases:
        origin = found[case.article.id]
        right, links, copies = told.get(case.kind, (0, 0, 0))
        hit = origin is not None and family.get(origin, origin) in case.origins
        told[case.kind] = right + hit, links + (origin is not None), copies + bool(case.origins)
    return told


def f1(counts: Sequence[tuple[int, int, int]]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of all kinds together."""
    right, links, copies = (sum(each[n] for each in counts) for n in range(3))
    precision, recall = right / max(1, links), right / max(1, copies)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def many(originals: Sequence[Article], count: int, pick: random.Random) -> Iterator[Article]:
    """Yield articles of about 400 words by a chain of the originals' words; each fifth is a copy of an earlier one, edited."""
    after: dict[str, list[str]] = {}
    words: list[str] = []
    for each in originals:
        told = each.text.split()
        words += told
        for one, other in pairwise(told):
            after.setdefault(one, []).append(other)
    texts: list[str] = []
    for n in range(count):
        if n % 5 == 4:
            text = edited(pick.choice(texts), pick, 0.06)
        else:
            said = [pick.choice(words)]
            while len(said) < 400:
                follow = after.get(said[-1])
                said.append(pick.choice(words) if follow is None or pick.random() < 0.15 else pick.choice(follow))
            text = " ".join(said)
        texts = [*texts[-2_000:], text]
        moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
        yield Article(f"m{n}", None, f"Title {n}", f"Paper {n % 50}", text, f"h{n}", published_at=moment)


def speed(originals: Sequence[Article], count: int, pick: random.Random) -> None:
    """Print what linking so many articles takes, without embedding them."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog.open(Path(folder) / "catalog.sqlite3", write=True)
        origins = Origins(catalog)
        link = put = 0.0
        begun = time.perf_counter()
        copied = 0
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for article in many(originals, count, pick):
            start = time.process_time()
            linked = origins.link(article)
            told = time.process_time()
            key = catalog.put(linked.article, [], linked.known, linked.origin_of)
            stored = time.process_time()
            origins.stored(key, linked.known)
            link += told - start + time.process_time() - stored
            put += stored - told
            copied += linked.article.origin_id is not None
        whole = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        Origins(catalog)._like(article, linked.known)
        again = time.process_time() - start
        size = (Path(folder) / "catalog.sqlite3").stat().st_size
        catalog.close()
    print(f"{count:,} articles: {link:.1f} s to link ({1e3 * link / count:.2f} ms each), {put:.1f} s to store")
    print(f"both by the processor's clock; by the wall's, with the making of the articles: {whole:.1f} s")
    print(f"{copied:,} told as copies")
    print(f"memory grew by {(after - before) / 1024:.0f} MiB; catalog {size / 1e6:.0f} MB")
    print(f"signatures read again in {again:.1f} s")


def main() -> None:
    """Print how well copies are found and, where asked, how fast."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("articles", nargs="?", type=Path)
    arguments.add_argument("--many", type=int, default=0)
    arguments.add_argument("--originals", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    paths = [given.articles] if given.articles else sorted(each for each in SEEDS.iterdir() if each.is_dir())
    pick = random.Random(given.seed)
    originals = [item.article for item in corpus.articles(paths) if not isinstance(item, Skipped)]
    if len(originals) > given.originals:
        originals = pick.sample(originals, given.originals)
    cases = list(labelled(originals, pick))
    family = {case.article.id: next(iter(case.origins)) for case in cases if case.kind == "original" and case.origins}
    told = score(cases, family)
    for kind, counts in told.items():
        print(f"{kind:<16}right {counts[0]:>4} of {counts[1]:>4} links and {counts[2]:>4} copies")
    print("precision {:.3f}, recall {:.3f}, F1 {:.3f}".format(*f1(list(told.values()))))
    if given.many:
        speed(originals, given.many, pick)


if __name__ == "__main__":
    main()
