"""Article that comes in → the id under which its page is in already, and the origin that it is a near-copy of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag.archive import copies
from rag.archive.catalog import Catalog
from rag.archive.copies import COPIED, Known, Signatures
from rag.types import Article

_MOST = 200  # likely copies that are compared word by word


@dataclass(frozen=True, slots=True)
class WithOrigin:
    """An article with its origin told, by what it is found, and the ids of articles that it is the origin of from now on."""

    article: Article
    known: Known
    origin_of: tuple[str, ...] = ()


class Origins:
    """Looks in a catalog that is being written to; signatures are read when the first article asks."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._signatures: Signatures | None = None

    def marks(self, article: Article) -> set[str]:
        """Return what two articles have in common where the one may be the other's page, or its update."""
        address = copies.page_address(article.url)
        return (
            {f"{article.source}\x1f{article.title.casefold()}", *([address] if address else [])}
            if article.url
            else set()
        )

    def same_page(self, article: Article) -> Article:
        """Return the article under the id that its page has in the archive: by another form of its address, or as an update.

        One that states an id of its own, or comes out of an export, is what it says.
        """
        if article.past or not article.url or not article.id.startswith("u"):
            return article
        if self._catalog.content_hash(article.id) is not None:
            return article
        address = copies.page_address(article.url)
        there = self._catalog.at_address(address) if address else []
        if len(there) == 1:
            return replace(article, id=there[0].id)
        if there:
            return article
        for old in self._like(article, copies.known(article)):
            if old.url and old.id.startswith("u") and copies.updates(article, old):
                return replace(article, id=old.id)
        return article

    def told_before(self, article: Article) -> bool:
        """Tell whether an article that comes from another form of its address has nothing new.

        Its words are those that are in, or were: two forms of one page that differ take no turns as its versions.
        """
        there = self._catalog.article(article.id)
        if there is None or not article.url or there.url == article.url or article.past:
            return False
        same = (there.title, there.text.split()) == (article.title, article.text.split())
        return same or self._catalog.had(article.id, article.content_hash)

    def link(self, article: Article) -> WithOrigin:
        """Return the article with its origin, where it is a near-copy; one that says itself where it comes from is believed."""
        known = copies.known(article)
        if article.past or article.origin_id:
            return WithOrigin(article, known)
        told = copies.runs(article.text)
        near = [(copies.shared(told, copies.runs(each.text)), each) for each in self._like(article, known)]
        near = [(share, each) for share, each in near if share >= COPIED]
        if not near:
            return WithOrigin(article, known)
        _, nearest = max(near, key=lambda found: found[0])
        root = nearest.origin_id or nearest.id
        found = self._catalog.article(root) or nearest
        direct = found.id in {each.id for _, each in near}
        if found.id == article.id or (direct and copies.first_of(article, found) is article):
            return WithOrigin(replace(article, origin_id=None), known, (root,))
        return WithOrigin(replace(article, origin_id=root), known, (article.id,))

    def stored(self, key: int, known: Known) -> None:
        """Take in an article that was stored."""
        if self._signatures is not None:
            self._signatures.add(key, known.signature)

    def _like(self, article: Article, known: Known) -> list[Article]:
        found = self._read().like(known.signature)
        return [each for each in self._catalog.of_keys(found[:_MOST]) if each.id != article.id]

    def _read(self) -> Signatures:
        if self._signatures is None:
            self._know_the_rest()
            try:
                self._signatures = Signatures(self._catalog.signatures())
            except ValueError:  # another version of the library made them
                self._catalog.forget_signatures()
                self._know_the_rest()
                self._signatures = Signatures(self._catalog.signatures())
        return self._signatures

    def _know_the_rest(self) -> None:
        """Make the signatures of articles that came in before there were any."""
        while unknown := self._catalog.without_signature(limit=500):
            self._catalog.keep_known([(key, copies.known(article)) for key, article in unknown])
