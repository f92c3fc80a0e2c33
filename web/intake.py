"""What may be done to an archive while it is served, by the functions that the command line uses: add, follow, remove."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rag.archive.ingest import IngestReport, ingest
from rag.archive.registry import Registry
from rag.archive.removal import remove
from rag.archive.rows import Selection
from rag.archive.schema import storage_errors
from rag.archive.unread import keep_unread
from rag.config import Config
from rag.errors import UsageError
from rag.types import RegisteredSource, Skipped
from web.tasks import Task, Tasks

if TYPE_CHECKING:
    from corpus import Extracted
    from rag.archive.current import SyncReport

MOST_FILES = 50  # in one upload
MOST_PAGES = 200  # of the web, read in one go
_REMARKS = 20
_SHOWN = 3  # names of files that a task is called by


class Intake:
    """The work on one archive. `allow_private`: hosts of one's own network that may be read."""

    def __init__(self, config: Config, allow_private: Sequence[str] = ()) -> None:
        self._config = config
        self._allow_private = tuple(allow_private)
        self.tasks = Tasks()

    def close(self) -> None:
        """End the work in hand."""
        self.tasks.close()

    # -- adding ---------------------------------------------------------------------------------------------------

    def read_files(self, folder: Path, files: Sequence[Path]) -> Task:
        """Read files that were sent, which lie in a folder of their own; it is removed afterwards. Raises Busy."""

        def work(task: Task) -> None:
            try:
                self._read(task, files, _sent(folder))
            except UsageError as error:
                raise UsageError(_without(folder, str(error))) from None

        names = [file.name for file in files[:_SHOWN]]
        more = f" and {len(files) - _SHOWN:,} more" if len(files) > _SHOWN else ""
        return self.tasks.begin(", ".join(names) + more, work, lambda: shutil.rmtree(folder, ignore_errors=True))

    def read_address(self, address: str) -> Task:
        """Read what stands at an address, once. Raises UsageError for what is no address of the web, and Busy."""
        address = _web_address(address)

        def work(task: Task) -> None:
            self._read(task, [address])
            keep_unread(self._config, [address], task.skipped.first, whole=not task.stop.is_set())

        return self.tasks.begin(address, work)

    def _read(
        self,
        task: Task,
        what: Sequence[str | Path],
        sent: Callable[[Extracted | Skipped], Extracted | Skipped] = lambda item: item,
    ) -> None:
        import corpus

        def items() -> Iterable[Extracted | Skipped]:
            for item in corpus.articles(what, allow_private=self._allow_private, max_pages=MOST_PAGES):
                if task.stop.is_set():
                    return
                if not isinstance(item, Skipped) and item.remark and len(task.remarks) < _REMARKS:
                    task.remarks.append(item.remark.text)
                yield sent(item)

        def on_progress(report: IngestReport) -> None:
            task.share = report.done
            _tell(task, report)

        with storage_errors(self._config.data):
            report = ingest(self._config, items(), on_progress=on_progress)
        _tell(task, report)
        if not report.articles and not report.skipped.count and not task.stop.is_set():
            raise UsageError("nothing was read: there is no record in it")

    # -- sources --------------------------------------------------------------------------------------------------

    def sources(self) -> list[RegisteredSource]:
        """Return the sources, in the order in which they were registered."""
        with closing(Registry.open(self._config.data, write=False)) as registry:
            return registry.sources()

    def follow(self, address: str, *, every: int, outlet: str | None = None) -> Task:
        """Register an address of the web and read it for the first time; where that fails, it is not kept.

        Raises UsageError for what is no address of the web or is registered already, and Busy.
        """
        address = _web_address(address)
        self._refuse_registered(address)

        def work(task: Task) -> None:
            with closing(Registry.open(self._config.data, write=True)) as registry:
                source = registry.add(address, every=every, outlet=outlet)
                try:
                    report = self._sync(task, registry, source)
                    if report.failed:
                        raise UsageError(f"{report.failed[0].reason} (so it is not followed)")
                except BaseException:
                    registry.remove(source)
                    raise

        return self.tasks.begin(address, work)

    def _refuse_registered(self, address: str) -> None:
        if any(each.address == address for each in self.sources()):
            raise UsageError(f"{address} is followed already")

    def sync(self, key: str) -> Task:
        """Read a source now, due or not. Raises NotFound, and Busy."""
        with closing(Registry.open(self._config.data, write=False)) as registry:
            source = registry.named(key)

        def work(task: Task) -> None:
            with closing(Registry.open(self._config.data, write=True)) as registry:
                report = self._sync(task, registry, registry.named(str(source.key)))
            if report.failed:
                raise UsageError(report.failed[0].reason)

        return self.tasks.begin(source.address, work)

    def _sync(self, task: Task, registry: Registry, source: RegisteredSource) -> SyncReport:
        from corpus.bring import WhichSources, bring, due, places
        from rag.archive.current import Current

        wanted = due(registry, WhichSources((str(source.key),)), datetime.now(UTC))
        with places(self._allow_private) as place, Current(self._config, registry) as current:
            bring(wanted, place, current, task.stop, lambda: _tell(task, current.report))
        _tell(task, current.report)
        task.gone = current.report.gone
        return current.report

    def pause(self, key: str, paused: bool) -> RegisteredSource:
        """Leave a source out of what is due, or take it in again. Raises NotFound."""
        with closing(Registry.open(self._config.data, write=True)) as registry:
            registry.pause(registry.named(key), paused)
            return registry.named(key)

    def forget(self, key: str) -> RegisteredSource:
        """Forget a source; its articles stay. Raises NotFound."""
        with closing(Registry.open(self._config.data, write=True)) as registry:
            source = registry.named(key)
            registry.remove(source)
            return source

    # -- removing -------------------------------------------------------------------------------------------------

    def remove(self, ids: Sequence[str]) -> Task:
        """Take articles out of the archive for good. Raises Busy."""

        def work(task: Task) -> None:
            task.removed = remove(self._config, Selection(tuple(ids)))

        return self.tasks.begin(f"{len(ids):,} article{'' if len(ids) == 1 else 's'}", work)


def _tell(task: Task, report: IngestReport | SyncReport) -> None:
    task.added, task.changed, task.unchanged = report.added, report.changed, report.unchanged
    task.skipped = report.skipped


def _web_address(address: str) -> str:
    """Return the address. Raises UsageError for a folder of this machine and whatever else is no address of the web."""
    from corpus.bring import web_address

    if (found := web_address(address.strip())) is None:
        raise UsageError("that is no address of the web; it begins with https:// or http://")
    return found


def _sent(folder: Path) -> Callable[[Extracted | Skipped], Extracted | Skipped]:
    """Return what lets an item forget where its file lay for a moment: nobody will find it there again."""

    def forgetting(item: Extracted | Skipped) -> Extracted | Skipped:
        if isinstance(item, Skipped):
            return replace(item, place=_without(folder, item.place), reason=_without(folder, item.reason))
        known_by = item.article.known_by
        if known_by and known_by.path:
            return replace(item, article=replace(item.article, known_by=replace(known_by, path=None)))
        return item

    return forgetting


def _without(folder: Path, text: str) -> str:
    """Return a text in which the files of a folder are called by their names; each lies in a numbered folder of its own."""
    return re.sub(rf"{re.escape(str(folder))}/\d+/", "", text)
