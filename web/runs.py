"""Evaluations as the page has them: the runs that a folder holds, two of them compared, and one that is under way.

Measuring and reports are `eval`'s; here they are only found, begun and stopped.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rag.config import Config
from rag.errors import NotFound, StorageError, UsageError
from rag.types import Answer, Article
from web.faults import end_of
from web.queue import Busy, Line

if TYPE_CHECKING:
    from eval.compare import Comparison
    from rag.pipeline import Pipeline

JUDGE = "lexical"
_ENDINGS = (".jsonl", ".csv")
_MOST = 500  # runs that are told of, the newest
_AGAIN = 0.5  # seconds after which a question is put again into a line that was full
_PATIENCE = 30  # seconds for the question in hand when the server closes
_REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a run as it is read: its name, its value, the two ends of its 95 % interval, and n."""

    label: str
    value: str
    interval: str
    n: int


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that a folder holds. `told`: what is to be known of it, or why it can't be opened; `readable`: it can."""

    name: str
    questions: str = ""
    started: str | None = None
    cases: int = 0
    figures: tuple[Figure, ...] = ()
    told: str = ""
    readable: bool = False
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """The run under way, or the last one that was. `error`: why it failed, in one line."""

    name: str
    questions: str
    state: Literal["working", "done", "stopped", "failed"]
    done: int = 0
    total: int = 0
    error: str | None = None


class _Stopped(BaseException):
    """Ends a run where somebody stopped it: no case is counted as crashed."""


class Runs:
    """The runs in a folder. One is under way at a time, and its questions wait in the line like anybody's."""

    def __init__(
        self, folder: Path, pipeline: Pipeline, config: Config, line: Line, starter: Path | None = None
    ) -> None:
        self.folder = folder
        self._pipeline = pipeline
        self._config = config
        self._line = line
        self._starter = starter
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._now: Progress | None = None

    # -- past runs -------------------------------------------------------------------------------------------------------

    def past(self) -> list[PastRun]:
        """Return what the folder holds, the newest first; of what is damaged, what is wrong with it."""
        found = [self._past(path) for path in self._folders()]
        return sorted(found, key=lambda run: (run.started or "", run.name), reverse=True)[:_MOST]

    def report(self, name: str) -> Path:
        """Return the file of a run's report. Raises NotFound where there is none."""
        path = self._known(name) / _REPORT
        if not path.is_file():
            raise NotFound(
                f"the run {name!r} has no report; `dateline eval report` writes it, once the run is finished"
            )
        return path

    def compare(self, before: str, after: str) -> Comparison:
        """Return what changed from one run to the other. Raises NotFound, and UsageError for what can't be compared."""
        from eval.compare import compare
        from eval.report import read_folder

        with self._without_place():
            first, second = (read_folder(self._known(name))[0] for name in (before, after))
            return compare(first, second)

    def _folders(self) -> list[Path]:
        try:
            inside = sorted(self.folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(
                f"the folder of runs can't be read ({error.strerror}); name another with --runs"
            ) from None
        return [path for path in inside if (path / "manifest.json").exists() or any(path.glob("cases.jsonl*"))]

    def _known(self, name: str) -> Path:
        """Return the folder of that name; a name that is not listed is none, whatever path it spells."""
        found = next((path for path in self._folders() if path.name == name), None)
        if found is None:
            raise NotFound(f"there is no run {name[:200]!r}; it may have been removed")
        return found

    def _past(self, path: Path) -> PastRun:
        from eval.folder import FORMAT
        from eval.report import read_manifest

        try:
            with self._without_place():
                manifest = read_manifest(path)
        except UsageError as error:
            return PastRun(path.name, told=str(error))
        asked = manifest.get("questions")
        asked = asked if isinstance(asked, Mapping) else {"file": asked or ""}
        started = manifest.get("started")
        run = PastRun(
            path.name, str(asked.get("file", "")), started if isinstance(started, str) else None,
            cases=_whole(asked.get("used")),
        )  # fmt: skip
        version = str(manifest.get("dateline", "")) or "another version"
        if manifest.get("complete") is False:
            count = _lines(path / "cases.jsonl.part") or _lines(path / "cases.jsonl")
            of = f" of {run.cases:,}" if run.cases else ""
            told = f"not finished: {count:,}{of} questions are answered"
            return replace(run, told=told, unfinished=True, cases=count)
        readable = (path / _REPORT).is_file()
        told = "" if readable else "it has no report; `dateline eval report` writes it again"
        if manifest.get("format") != FORMAT:
            return replace(run, told=told or f"of Dateline {version}, as it was written then", readable=readable)
        figures, wrong = _figures(path, manifest)
        return replace(run, told=told or wrong, readable=readable, figures=figures)

    @contextmanager
    def _without_place(self) -> Iterator[None]:
        """Leave the folder's own place out of what errors tell: whoever reads the page need not know it."""
        try:
            yield
        except (UsageError, StorageError) as error:
            told = str(error).replace(f"{self.folder}/", "").replace(str(self.folder), "the folder of runs")
            raise type(error)(told) from None

    # -- a run under way -------------------------------------------------------------------------------------------------

    def now(self) -> Progress | None:
        """Return the run under way, or the last one; None where none was begun since the server started."""
        return self._now

    def questions(self) -> list[str]:
        """Return the names of the files of questions that there are."""
        return sorted(self._files())

    def add(self, name: str, text: str) -> str:
        """Store a file of questions and return the name it has. Raises UsageError for no questions, StorageError."""
        stem, dot, ending = Path(name.replace("\\", "/")).name.rpartition(".")
        if not stem or f"{dot}{ending.lower()}" not in _ENDINGS:
            raise UsageError(f"{name[:100]!r} is no file of questions; send JSON lines (.jsonl) or a table (.csv)")
        raw = text.encode("utf-8", "backslashreplace")
        safe = re.sub(r"[^\w-]+", "-", stem).strip("-")[:60] or "questions"
        path = self.folder / f"{safe}{dot}{ending.lower()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.read_bytes() != raw:
                path = path.with_stem(f"{path.stem}-{sha256(raw).hexdigest()[:8]}")
            aside = path.with_name(f".{path.name}")
            aside.write_bytes(raw)
            try:
                self._read(aside)
            except BaseException:
                aside.unlink()
                raise
            aside.replace(path)
        except OSError as error:
            raise StorageError(f"the questions can't be stored ({error.strerror}); free some space") from None
        return path.name

    def start(self, questions: str) -> Progress:
        """Begin a run on a file of questions, by its name. Raises NotFound, UsageError, and where one is under way."""
        path = self._files().get(questions)
        if path is None:
            raise NotFound(f"there is no file of questions {questions[:200]!r}")
        return self._begin(f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}-{path.stem}", path)

    def go_on(self, name: str) -> Progress:
        """Go on with a run that was cut off. Raises NotFound, and UsageError where its questions are not here."""
        from eval.report import read_manifest

        with self._without_place():
            questions = read_manifest(self._known(name)).get("questions")
        digest = questions.get("sha256") if isinstance(questions, Mapping) else None
        path = next((path for path in self._files().values() if sha256(path.read_bytes()).hexdigest() == digest), None)
        if path is None:
            raise UsageError(f"the questions of {name!r} are not here any more; add the file again, then go on")
        return self._begin(name, path)

    def stop(self) -> None:
        """Stop the run under way; what is answered is kept."""
        self._stop.set()

    def close(self) -> None:
        """Stop the run under way, and wait for it for some seconds."""
        self._stop.set()
        if self._thread:
            self._thread.join(_PATIENCE)

    def _files(self) -> dict[str, Path]:
        try:
            found = {path.name: path for path in self.folder.iterdir() if path.suffix.lower() in _ENDINGS}
        except OSError:
            found = {}
        found = {name: path for name, path in found.items() if path.is_file() and not name.startswith(".")}
        return found | ({f"starter {self._starter.name}": self._starter} if self._starter else {})

    def _read(self, path: Path) -> Any:
        from eval.datasets import read_questions

        with self._without_place():
            return read_questions(path)

    def _begin(self, name: str, path: Path) -> Progress:
        read = self._read(path)
        with self._lock:
            if self._now and self._now.state == "working":
                raise UsageError("an evaluation is under way already; stop it, or wait for its end")
            self._stop.clear()
            self._now = Progress(name, path.name, "working", 0, len(read.items))
            self._thread = threading.Thread(target=self._work, args=(name, read), name="evaluation", daemon=True)
            self._thread.start()
        return self._now

    def _work(self, name: str, read: Any) -> None:
        state: Literal["done", "stopped", "failed"] = "done"
        error: str | None = None
        try:
            with self._without_place():
                self._run(name, read)
        except _Stopped:
            state = "stopped"
        except BaseException as raised:
            state, error = "failed", end_of("an evaluation", raised)
        self._tell(state=state, error=error)

    def _run(self, name: str, read: Any) -> None:
        from eval import ours
        from eval.folder import run_in_folder
        from eval.judge import load_judge
        from rag.reading.reader import load_checker

        config = self._config
        run_in_folder(
            read,
            _InLine(self._pipeline, self._line, self._stop),
            self.folder / name,
            archive=ours.state(self._pipeline),
            config=ours.settings(self._pipeline, config),
            judge=(JUDGE, load_judge(JUDGE, load_checker(config), replace(config, record=None))),
            ks=ours.cuts(config),
            prices=config.prices,
            articles=self._pipeline.archive.catalog.articles,
            progress=lambda done, total: self._tell(done=done, total=total),
        )

    def _tell(self, **changed: Any) -> None:
        with self._lock:
            if self._now:
                self._now = replace(self._now, **changed)


class _InLine:
    """A pipeline whose questions wait in the line, until it is stopped."""

    def __init__(self, pipeline: Pipeline, line: Line, stop: threading.Event) -> None:
        self._pipeline = pipeline
        self._line = line
        self._stop = stop

    def ask(self, question: str, *, asked: date | None = None) -> Answer:
        while not self._stop.is_set():
            try:
                return self._line.submit(lambda: self._pipeline.ask(question, asked=asked)).result()
            except Busy:
                time.sleep(_AGAIN)
            except Exception:
                if not self._stop.is_set():  # else the line is closed, and the case has not failed
                    raise
        raise _Stopped

    def article(self, article_id: str) -> Article | None:
        return self._pipeline.article(article_id)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for _ in file)
    except OSError:
        return 0


def _figures(path: Path, manifest: Mapping[str, Any]) -> tuple[tuple[Figure, ...], str]:
    """Return the first figures of a run's report, and what is wrong with it, if anything is."""
    try:
        figures = json.loads((path / "report.json").read_text(encoding="utf-8"))["summary"]["figures"]
        return tuple(_first(figures, sorted(manifest.get("hits_at") or ()))), ""
    except OSError:
        return (), "its figures are missing; `dateline eval report` writes them again"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return (), "its report.json is damaged; `dateline eval report` writes it again"


def _first(figures: Mapping[str, Any], cuts: list[int]) -> Iterator[Figure]:
    """Yield the figures that stand on a card and in the table by type, of the cuts of hits@k the deepest."""
    from eval.metrics import metrics_of
    from eval.stats import Estimate
    from eval.tables import interval, value

    for metric in metrics_of(cuts[-1:]):
        if {"card", "type"} <= set(metric.shown) and (told := figures.get(metric.key)):
            figure = Estimate(**told)
            yield Figure(metric.label, value(figure.value, metric.unit), interval(figure, metric.unit), figure.n)
