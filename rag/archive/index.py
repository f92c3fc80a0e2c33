"""The archive: the catalog and the two indexes derived from it, kept in step.

An article goes into the catalog first, in one transaction; `sync` then brings both indexes up to the catalog's
generation. What a crash leaves between the two is mended by the next `sync`. An index that is missing, damaged, worn or
out of step is rebuilt aside from the catalog and swapped in; nothing is embedded again.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

import numpy as np

from rag.archive import sums
from rag.archive.catalog import Catalog
from rag.archive.lexical import LexicalIndex
from rag.archive.lock import writer_lock
from rag.archive.origins import Origins
from rag.archive.rows import Embedded, Entry, Selection
from rag.archive.served import ServedVectors, discard
from rag.archive.vectors import NotKept, VectorIndex
from rag.config import Config
from rag.errors import DatelineError, LockedError, StorageError
from rag.text.embed import DEFAULT
from rag.text.split import sentences, split
from rag.types import Article, Chunk, Days, Embedder

if TYPE_CHECKING:
    from rag.types import Vectors

# Passages embedded together: enough for batches of equal length, few enough that a kill loses little.
_GROUP = 256
# From one publishing to the next while articles come in: at least so many seconds, and so many times as long as it took.
_SOON, _SELDOM = 2.0, 19.0
_PATIENCE = 60  # seconds a reader waits for a writer that is exchanging the indexes
_AT_HAND = 20_000  # passages whose vectors are kept in memory for exact search: 31 MB
# What Tantivy and Chroma say when the disk is full.
_FULL = re.compile(r"StorageFull|No space left|disk is full|Error purging logs|Failed to apply logs", re.IGNORECASE)
# What is no failure of a library that raises more than Exceptions: a panic of pyo3 is none.
PASSING = (KeyboardInterrupt, SystemExit, GeneratorExit)
_PUBLISHED = "generation"  # the generation and lineage at which both indexes stand; what readers watch


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one article, and how many passages it has (0 when unchanged: nobody counted).

    first: whether its id came up for the first time among the articles that are being added.
    """

    article: Article
    what: Literal["added", "changed", "unchanged"]
    passages: int
    first: bool = True


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An article that waits for others to be embedded together with it."""

    article: Article
    chunks: list[Chunk]
    first: bool


class Derived(Protocol):
    """An index that is derived from the catalog."""

    def __init__(self, folder: Path) -> None: ...
    @property
    def generation(self) -> int: ...
    @property
    def lineage(self) -> str: ...
    @property
    def interrupted(self) -> bool: ...
    def count(self) -> int: ...
    def bears(self, removed: int) -> bool: ...
    def probe(self) -> bool: ...
    def update(
        self, removed: Sequence[int], pages: Iterable[Sequence[Entry]], generation: int, lineage: str = ""
    ) -> None: ...
    def close(self) -> None: ...


D = TypeVar("D", bound=Derived)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Indexes:
    """Both indexes, open at one generation, and the vectors that were last compared one by one."""

    lexical: LexicalIndex
    vectors: VectorIndex
    generation: int
    lineage: str
    _at_hand: dict[tuple[Days, tuple[int, ...] | None, int], tuple[list[int], Vectors]] = field(default_factory=dict)

    def few(
        self, catalog: Catalog, days: Days, outlets: Sequence[int] | None, limit: int
    ) -> tuple[list[int], Vectors] | None:
        """Return the keys and vectors float32[n, dim] of all passages that a filter lets through; None where over `limit`.

        An outlet that was asked about is asked about again: reading and widening its vectors takes 3 ms, comparing 0.3.
        """
        wanted = days, None if outlets is None else tuple(outlets), limit
        found = self._at_hand.get(wanted) or catalog.vectors(days, outlets, limit)
        if found is not None and wanted not in self._at_hand:
            if len(found[0]) + sum(len(keys) for keys, _ in list(self._at_hand.values())) > _AT_HAND:
                self._at_hand.clear()
            self._at_hand[wanted] = found
        return found

    def close(self) -> None:
        """Let go of the files."""
        self.lexical.close()
        self.vectors.close()


@dataclass(slots=True)
class _Shared:
    """Indexes that are open, how many are reading in them, and whether newer ones have taken their place."""

    indexes: Indexes
    readers: int = 0
    outdated: bool = False

    def close_if_done(self) -> None:
        if self.outdated and not self.readers:
            self.indexes.close()


class Archive:
    """One data folder, opened. Readers are many, in threads or processes; a writer holds `writer_lock`.

    embedder: the name of the one that made its vectors, or is to make them.
    """

    def __init__(self, folder: Path, catalog: Catalog, embedder: str, chroma_url: str | None = None) -> None:
        self.folder = folder
        self.chroma_url = chroma_url
        self.catalog = catalog
        self.embedder = embedder
        self._open: _Shared | None = None
        self._opening = threading.Lock()
        self._published_at, self._publishing = time.monotonic(), 0.0

    @classmethod
    def open(cls, config: Config, *, write: bool = False) -> Archive:
        """Open the archive in `config.data`; with `write`, make it where it is missing.

        Raises ArchiveError where there is none, EmbedderMismatch when `config` names another embedder than it was made with.
        """
        catalog = Catalog.open(config.data / "catalog.sqlite3", write=write)
        try:
            made_with = catalog.embedder if catalog.passage_count() else None  # one that made nothing binds nobody
            embedder = config.embedder or made_with or DEFAULT
            if write or made_with:
                catalog.use_embedder(embedder)
        except BaseException:
            catalog.close()
            raise
        return cls(config.data, catalog, embedder, config.chroma_url)

    def close(self) -> None:
        """Let go of all files."""
        if self._open:
            self._open.indexes.close()
            self._open = None
        self.catalog.close()

    # -- writing ------------------------------------------------------------------------------------------------

    def add(self, articles: Iterable[Article], embedder: Callable[[], Embedder]) -> Iterator[Stored]:
        """Store articles and yield what became of each; the caller holds the lock and calls `sync` at the end.

        An article that is in already costs one look-up; `embedder` is called when the first needs embedding. Articles
        are embedded in groups, so what is yielded lags a little behind what was read.
        """
        group: dict[str, _Waiting] = {}
        origins, waiting = Origins(self.catalog), set[str]()
        self.catalog.begin_reading()
        for article in articles:
            if article.known_by:
                if article.id in group or any(
                    each.article.content_hash == article.content_hash for each in group.values()
                ):
                    yield from self._store(group, embedder(), origins)
                article = replace(article, id=self.catalog.known_as(article))
            marks = origins.marks(article)
            if group and not marks.isdisjoint(
                waiting
            ):  # the other has to be in before this one can be told to be its page
                yield from self._store(group, embedder(), origins)
            article = origins.same_page(article)
            if article.id in group:  # a second text under one id changes the first, so the first goes in now
                yield from self._store(group, embedder(), origins)
            first = self.catalog.first_time(article.id)
            if self.catalog.holds(article) or origins.told_before(article):
                if article.past and article.past.earlier:
                    self.catalog.keep_earlier(article)
                if article.known_by and article.known_by.path:
                    self.catalog.moved(article.id, article.known_by.path)
                yield Stored(article, "unchanged", 0, first)
                continue
            waiting = marks | (waiting if group else set())
            group[article.id] = _Waiting(article, split(article, embedder()), first)
            if sum(len(each.chunks) for each in group.values()) >= _GROUP:
                yield from self._store(group, embedder(), origins)
        if group:
            yield from self._store(group, embedder(), origins)

    def _store(self, group: dict[str, _Waiting], embedder: Embedder, origins: Origins) -> Iterator[Stored]:
        """Embed and store the group, and leave it empty."""
        done = iter(embedded([chunk for each in group.values() for chunk in each.chunks], embedder))
        for waiting in group.values():
            article, chunks = waiting.article, waiting.chunks
            known = self.catalog.content_hash(article.id) is not None
            passages = list(islice(done, len(chunks)))
            linked = origins.link(article)
            origins.stored(self.catalog.put(linked.article, passages, linked.known, linked.origin_of), linked.known)
            yield Stored(linked.article, "changed" if known else "added", len(chunks), waiting.first)
        group.clear()

    def remove(self, selection: Selection) -> int:
        """Take articles out of the catalog and both indexes and return how many; the caller holds the lock.

        Raises NotFound, and removes nothing, for an id, an address or an outlet that the archive doesn't have.
        """
        count = self.catalog.remove(selection)
        self.sync()
        return count

    def sync(self, *, anew: bool = False) -> None:
        """Bring both indexes up to the catalog, rebuilding what is missing or damaged, or all of it where `anew`.

        The caller holds the lock.
        """
        generation, lineage = self.catalog.note_indexed()
        try:
            self._bring_up(LexicalIndex, "lexical", generation, lineage, anew)
            self._bring_up(self._vectors, "vectors", generation, lineage, anew)
            (self.folder / _PUBLISHED).write_text(f"{generation} {lineage}".strip(), encoding="utf-8")
        except OSError as error:
            raise StorageError(
                f"can't write {error.filename or self.folder} ({error.strerror}); free some space, then run it again"
            ) from None
        except (DatelineError, sqlite3.Error, *PASSING):  # the catalog's own
            raise
        except BaseException as error:  # Tantivy and Chroma raise errors of their own kinds, a panic among them
            remedy = "free some space" if _FULL.search(str(error)) else "remove lexical/ and vectors/ there"
            raise StorageError(
                f"can't write the indexes in {self.folder} ({_first_line(error)}); {remedy}, then run it again"
            ) from error
        self.catalog.forget_removed(generation, lineage)

    def sync_now_and_then(self) -> None:
        """`sync`, where the last one is some seconds ago and took a twentieth of the time since: readers see what came in."""
        start = time.monotonic()
        if start - self._published_at >= max(_SOON, _SELDOM * self._publishing):
            self.sync()
            self._published_at = time.monotonic()
            self._publishing = self._published_at - start

    def _vectors(self, folder: Path) -> VectorIndex:
        """Open the dense index in `folder`, or the one on the server that it names."""
        return ServedVectors(folder, self.chroma_url) if self.chroma_url else VectorIndex(folder)

    def rebuild(self) -> None:
        """Build both indexes anew from the catalog, aside, and swap them in; the caller holds the lock."""
        self.catalog.mend(())  # a generation of its own, so that readers open the new ones
        self.sync(anew=True)

    def _bring_up(self, kind: Callable[[Path], Derived], name: str, generation: int, lineage: str, anew: bool) -> None:
        folder = self.folder / name
        if not anew and self._mended(kind, folder, generation, lineage):
            if not sums.noted(folder):
                sums.note(folder)
            return
        aside, old = self.folder / f"{name}.new", self.folder / f"{name}.old"
        for leftover in (aside, old):
            discard(leftover, self.chroma_url)
        with closing(kind(aside)) as index:
            index.update([], self.catalog.added_since(-1), generation, lineage)
            index.probe()  # what a first search writes is written now
        sums.note(aside)
        if folder.exists():
            folder.rename(old)
        aside.rename(folder)
        discard(old, self.chroma_url)

    def _mended(self, kind: Callable[[Path], Derived], folder: Path, generation: int, lineage: str) -> bool:
        """Bring an index up to the catalog where it stands, and tell whether that could be done."""
        try:
            index = _opened(kind, folder)
            if index is None:
                return False
            with closing(index):
                stands_at = index.generation
                if not 0 <= stands_at <= generation or index.interrupted:
                    return False
                if not self.catalog.was_indexed(stands_at, index.lineage):
                    return False
                if stands_at < generation:
                    removed = self.catalog.removed_since(stands_at)
                    if not index.bears(len(removed)):
                        return False
                    sums.forget(folder)
                    index.update(removed, self.catalog.added_since(stands_at), generation, lineage)
                return index.count() == self.catalog.passage_count() and _works(index)
        except (DatelineError, sqlite3.Error, *PASSING):
            raise
        except BaseException:  # whatever a library throws, the catalog has it all
            return False

    # -- reading ------------------------------------------------------------------------------------------------

    def read(self, work: Callable[[Indexes], T]) -> T:
        """Return what `work` makes of both indexes; done again in the new ones where a writer exchanges them meanwhile."""
        try:
            with self.reading() as indexes:
                return work(indexes)
        except NotKept:
            with self.reading() as indexes:
                return work(indexes)

    @contextmanager
    def reading(self) -> Iterator[Indexes]:
        """Hold both indexes, at the newest generation published, while they are searched; the last to leave old ones closes.

        Raises StorageError where a library panics over what it reads; the indexes are opened anew for the next.
        """
        with self._opening:
            held = self._newest()
            held.readers += 1
        try:
            yield held.indexes
        except StorageError:  # a server that went, or lost its data: the next question opens it anew
            self._drop(held)
            raise
        except (Exception, *PASSING):
            raise
        except BaseException as error:
            self._drop(held)
            raise StorageError(
                f"the indexes in {self.folder} can't be read ({_first_line(error)}); remove lexical/ and vectors/ there: "
                "they are made again from the catalog"
            ) from error
        finally:
            with self._opening:
                held.readers -= 1
                held.close_if_done()

    def _drop(self, held: _Shared) -> None:
        with self._opening:
            held.outdated = True
            self._open = None if self._open is held else self._open

    def indexes(self) -> Indexes:
        """Return both indexes at the newest generation that a writer has published.

        What is missing, damaged or behind is mended first, if no writer is at work. Raises LockedError when there is
        nothing to read yet and the writer doesn't finish within a minute.
        """
        with self._opening:
            return self._newest().indexes

    def _newest(self) -> _Shared:
        if self._open:
            if (self._open.indexes.generation, self._open.indexes.lineage) == self._published():
                return self._open
            self._open.outdated = True
            self._open.close_if_done()
            self._open = None
        self._open = self._try_open(self._published())
        give_up = time.monotonic() + _PATIENCE
        while self._open is None:
            try:
                with writer_lock(self.folder, doing="repair"):
                    self.sync()
            except LockedError:  # the writer is exchanging the very files: a moment's work
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.1)
                self._open = self._try_open(self._published())
            else:
                self._open = self._try_open(self._published())
                if self._open is None:
                    raise StorageError(
                        f"the indexes in {self.folder} can't be opened; remove lexical/ and vectors/ there, then try again"
                    )
        return self._open

    def _try_open(self, published: tuple[int, str]) -> _Shared | None:
        """Open what is published; None where it needs mending. While somebody writes, a little out of step will do."""
        lexical, vectors = (
            _opened(LexicalIndex, self.folder / "lexical"),
            _opened(self._vectors, self.folder / "vectors"),
        )
        generation, lineage = published
        if lexical and vectors and 0 <= generation <= min(lexical.generation, vectors.generation):
            in_step = published == (self.catalog.generation, self.catalog.lineage) and self._agree(lexical, vectors)
            if in_step or self._written_to():
                return _Shared(Indexes(lexical, vectors, generation, lineage))
        for index in (lexical, vectors):
            if index:
                index.close()
        return None

    def _agree(self, lexical: LexicalIndex, vectors: VectorIndex) -> bool:
        if not lexical.lineage == vectors.lineage == self.catalog.lineage:
            return False
        return not vectors.interrupted and lexical.count() == vectors.count() == self.catalog.passage_count()

    def _written_to(self) -> bool:
        try:
            with writer_lock(self.folder, doing="look"):
                return False
        except LockedError:
            return True

    def _published(self) -> tuple[int, str]:
        try:
            generation, _, lineage = (self.folder / _PUBLISHED).read_text(encoding="utf-8").partition(" ")
            return int(generation), lineage
        except (OSError, ValueError):
            return -1, ""


def embedded(chunks: Sequence[Chunk], embedder: Embedder) -> list[Embedded]:
    """Return the passages with the vectors of their sentences, embedded together."""
    told = [(chunk, sentences(chunk.text)) for chunk in chunks]
    vectors = iter(embedder.embed([chunk.text[a:b] for chunk, spans in told for a, b in spans]))
    return [
        Embedded(
            chunk, [(chunk.start + a, chunk.start + b) for a, b in spans], np.array(list(islice(vectors, len(spans))))
        )
        for chunk, spans in told
    ]


def _opened(kind: Callable[[Path], D], folder: Path) -> D | None:
    """Open a derived index; None where there is none or it doesn't work."""
    if not folder.is_dir():
        return None
    try:
        if not sums.intact(folder):
            return None
        index = kind(folder)
        works = False
        try:
            works = _works(index)
        finally:
            if not works:
                index.close()
        return index if works else None
    except NotKept:
        return None
    except (DatelineError, *PASSING):  # a server that is not there
        raise
    except BaseException:  # Tantivy and Chroma raise errors of their own kinds, a panic among them
        pass  # whatever it is, the catalog has it all
    return None


def _works(index: Derived) -> bool:
    try:
        return index.probe()
    except (DatelineError, *PASSING):
        raise
    except BaseException:
        return False


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
