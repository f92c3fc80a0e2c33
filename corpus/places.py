"""Where sources stand: local folders and files here; `corpus.web` has the open web."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import corpus
from corpus.sources import files_in
from corpus.sync import ListedPage, Listing, NotThere, PageRead, SourcePlace, Unreadable
from rag.errors import DatelineError
from rag.types import KnownPage, RegisteredSource


class Folders:
    """Folders and files of this machine. Each file is a page, told to be the same by its size and time."""

    def listing(self, source: RegisteredSource) -> Listing | None:
        """Return the files of the folder that hold articles; a file that is named itself is the only one."""
        top = Path(source.address)
        if not top.exists():
            if not top.parent.exists():  # a disk that is not there takes no article with it
                raise Unreadable(f"{top.parent} is not there; is its disk connected?")
            raise NotThere
        files, all_of_them = files_in(top)
        return Listing("folder" if top.is_dir() else "file", _listed(files), complete=all_of_them)

    def page(self, page: KnownPage, said: Mapping[str, Any]) -> PageRead | None:
        """Return what stands in the file."""
        if not Path(page.url).exists():
            raise NotThere
        try:
            return PageRead(tuple(corpus.articles([page.url])))
        except DatelineError as error:
            raise Unreadable(str(error)) from None


def _listed(files: Sequence[Path]) -> Iterator[ListedPage]:
    for file in files:
        try:
            found = file.stat()
        except OSError:
            continue  # it went since, or comes at the next reading
        yield ListedPage(str(file), f"{found.st_size} {found.st_mtime_ns}")


class Everywhere:
    """Sources of the web and of this machine, each read where it stands."""

    def __init__(self, web: SourcePlace) -> None:
        self._web = web
        self._folders = Folders()

    def listing(self, source: RegisteredSource) -> Listing | None:
        """Return what the source names, None where that is the same as the last time."""
        return self._of(source.address).listing(source)

    def page(self, page: KnownPage, said: Mapping[str, Any]) -> PageRead | None:
        """Return what stands on the page, None where that is the same as the last time."""
        return self._of(page.url).page(page, said)

    def _of(self, address: str) -> SourcePlace:
        return self._web if "://" in address else self._folders
