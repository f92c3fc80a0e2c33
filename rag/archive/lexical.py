"""The BM25 index (Tantivy), derived from the catalog. One document a passage: its text, its title, its outlet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import tantivy

from rag.archive.rows import Entry
from rag.text.words import analyze, analyzer, normal, rareness
from rag.types import Days

# Raise the number when `normal` or `analyzer` gives other words: Tantivy refuses an index of another schema, and what can't
# be opened is rebuilt.
ANALYZER = "news-2"
_GENERATION = "generation"  # written last: a killed writer leaves the old number, and its work is done again
_HEAP = 64_000_000  # bytes; more made no difference at 60,000 passages
# One field holds title, outlet and text together. Measured against three fields with weights: see docs/decisions.md.
_WORDS = "words"


@dataclass(frozen=True, slots=True)
class WordWeights:
    """What counts beside the single words of a question, of which each weighs 1. Fitted by hand on the development halves."""

    pairs: float = 0.25  # weight of two neighbours that stand together; MultiHop-RAG's MRR .794, without .781
    phrases: float = 0.5  # weight of words in quotation marks that stand together; as good as nothing on either set
    between: int = 1  # words that may stand between words that stand together
    common: float = 0.2  # share of the passages from which on a word is common; two such make no pair: a fifth faster


class LexicalIndex:
    """BM25 over passages by catalog key. Scores are BM25's: above 0, higher is better."""

    def __init__(self, folder: Path) -> None:
        """Open the index in `folder`, making it where there is none."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        if not tantivy.Index.exists(str(folder)):
            (folder / _GENERATION).unlink(missing_ok=True)  # a new index stands nowhere yet
        self._schema = _schema()
        self._index = tantivy.Index(self._schema, str(folder))
        self._index.register_tokenizer(ANALYZER, analyzer())
        self._index.reload()

    @property
    def generation(self) -> int:
        """The catalog's generation that this index stands at, -1 before the first."""
        try:
            return int(self._stands_at()[0])
        except ValueError:
            return -1

    @property
    def lineage(self) -> str:
        """The catalog's lineage that this index stands at, "" where it is not told."""
        return self._stands_at()[2]

    def _stands_at(self) -> tuple[str, str, str]:
        try:
            return (self._folder / _GENERATION).read_text(encoding="utf-8").partition(" ")
        except (OSError, ValueError):
            return "", "", ""

    @property
    def interrupted(self) -> bool:
        """Never: a commit happens whole or not at all."""
        return False

    def count(self) -> int:
        """Return how many passages are in."""
        return int(self._index.searcher().num_docs)

    def bears(self, removed: int) -> bool:
        """Tell whether as many passages can be taken out yet: always, since Tantivy merges their remains away."""
        return True

    def update(
        self, removed: Sequence[int], pages: Iterable[Sequence[Entry]], generation: int, lineage: str = ""
    ) -> None:
        """Take out `removed`, put in `pages`, and stand at `generation`. Doing it twice changes nothing."""
        writer = self._index.writer(_HEAP, 1)
        self._delete(writer, removed)
        for page in pages:
            self._delete(writer, [entry.key for entry in page])
            for entry in page:
                document = tantivy.Document()
                document.add_unsigned("key", entry.key)
                document.add_unsigned("outlet", entry.outlet)
                if entry.day is not None:
                    document.add_integer("day", entry.day)
                document.add_text(_WORDS, normal(f"{entry.title}\n{entry.source}\n{entry.text}"))
                writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        (self._folder / _GENERATION).write_text(f"{generation} {lineage}".strip(), encoding="utf-8")

    def _delete(self, writer: tantivy.IndexWriter, keys: Sequence[int]) -> None:
        # By query: deleting by term does nothing on an unsigned field.
        if keys:
            writer.delete_documents_by_query(tantivy.Query.term_set_query(self._schema, "key", list(keys)))

    def probe(self) -> bool:
        """Tell whether the index can be searched in every way that `search` does."""
        searcher = self._index.searcher()
        some = searcher.terms_with_prefix(_WORDS, "", limit=1)
        if some:  # a phrase asks for positions, which an index of an earlier version lacks
            searcher.search(tantivy.Query.phrase_query(self._schema, _WORDS, [some[0][0]] * 2), 1)
        query = tantivy.Query.term_query(self._schema, _WORDS, some[0][0]) if some else tantivy.Query.all_query()
        for test in self._filters((0, 1), [1]):
            searcher.search(test, 1)
        hits = searcher.search(query, 1).hits
        keys = searcher.fast_field_values("key", [address for _, address in hits])
        return self.count() == 0 or bool(keys and keys[0])

    def search(
        self,
        question: str,
        limit: int,
        *,
        phrases: Sequence[str] = (),
        days: Days = (None, None),
        outlets: Sequence[int] | None = None,
        by: WordWeights = WordWeights(),
    ) -> list[tuple[int, float]]:
        """Return at most `limit` (key, score), best first.

        Beside its words, pairs of neighbours in the question count (Metzler & Croft 2005, "A Markov Random Field Model for
        Term Dependencies"), and `phrases`, where their words stand together. `days` bounds the publication day; `outlets`
        are the outlet keys allowed.
        """
        words = terms(question)
        if not words:
            return []
        searcher = self._index.searcher()
        wanted = [tantivy.Query.term_query(self._schema, _WORDS, word) for word in words]
        # A pair of words that stand nearly everywhere says little and costs most of the time.
        rare = {word for word in words if searcher.doc_freq(_WORDS, word) <= by.common * searcher.num_docs}
        for pair in dict.fromkeys(pair for pair in pairwise(analyze(question)) if not rare.isdisjoint(pair)):
            wanted.append(self._together(pair, by.pairs, by.between))
        wanted += [self._together(words, by.phrases, by.between) for each in phrases if len(words := analyze(each)) > 1]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, each) for each in wanted])
        must = self._filters(days, outlets)
        if must:
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *((tantivy.Occur.Must, f) for f in must)])
        hits = searcher.search(query, limit, count=False).hits
        keys = searcher.fast_field_values("key", [address for _, address in hits])
        return [(int(key or 0), float(score)) for key, (score, _) in zip(keys, hits, strict=True)]

    def _together(self, words: Sequence[str], weight: float, between: int) -> tantivy.Query:
        phrase = tantivy.Query.phrase_query(self._schema, _WORDS, list(words), slop=between)
        return tantivy.Query.boost_query(phrase, weight)

    def _filters(self, days: Days, outlets: Sequence[int] | None) -> list[tantivy.Query]:
        must = []
        if days != (None, None):
            low, high = days
            must.append(tantivy.Query.range_query(self._schema, "day", tantivy.FieldType.Integer, low, high))
        if outlets is not None:
            must.append(tantivy.Query.term_set_query(self._schema, "outlet", list(outlets)))
        return [tantivy.Query.const_score_query(query, 0.0) for query in must]

    def stored(self, keys: Sequence[int]) -> dict[int, tuple[int | None, int | None, None]]:
        """Return outlet and day of those of the passages that are in, for each key; a key that is in twice has neither."""
        searcher = self._index.searcher()
        query = tantivy.Query.term_set_query(self._schema, "key", list(keys))
        places = [place for _, place in searcher.search(query, 2 * len(keys) or 1).hits]
        fields = (searcher.fast_field_values(name, places) for name in ("key", "outlet", "day"))
        found: dict[int, tuple[int | None, int | None, None]] = {}
        for key, outlet, day in zip(*fields, strict=True):
            found[key] = (None, None, None) if key in found else (outlet, day, None)
        return found

    def led_to(self, key: int, words: Sequence[str]) -> bool:
        """Tell whether each of the analyzed words leads to the passage."""
        wanted = [tantivy.Query.term_query(self._schema, _WORDS, word) for word in words]
        wanted.append(tantivy.Query.term_set_query(self._schema, "key", [key]))
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, each) for each in wanted])
        return len(self._index.searcher().search(query, 2).hits) == 1

    def rarity(self, words: Sequence[str]) -> dict[str, float]:
        """Return BM25's inverse document frequency of each analyzed word, in [0, ~log(passages)]."""
        searcher = self._index.searcher()
        return {word: rareness(searcher.doc_freq(_WORDS, word), searcher.num_docs) for word in dict.fromkeys(words)}

    def holds(self, word: str) -> bool:
        """Tell whether any passage has the analyzed word."""
        return bool(self._index.searcher().doc_freq(_WORDS, word))

    def close(self) -> None:
        """Let go of the files."""
        del self._index


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_unsigned_field("outlet", indexed=True, fast=True)
    builder.add_integer_field("day", indexed=True, fast=True)
    builder.add_text_field(_WORDS, tokenizer_name=ANALYZER, index_option="position")
    return builder.build()


def terms(question: str) -> list[str]:
    """Return the analyzed words of a question, each once; nothing in it is query syntax."""
    return list(dict.fromkeys(analyze(question)))
