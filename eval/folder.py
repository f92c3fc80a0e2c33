"""A run in a folder: gone on with where it was cut off, its reports written when the last question is answered.

manifest.json says what is run on what; each finished case goes to cases.jsonl.part at once, with its trace. At the end they
are put in the questions' order, as cases.jsonl, and the reports are made of both.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from eval import fingerprint, report, stats
from eval.datasets import Questions
from eval.judge import Judge
from eval.measure import Case, absent_gold
from eval.run import Asker, Run, evaluate
from eval.trace import Trace
from rag import __version__
from rag.errors import StorageError, UsageError
from rag.types import Article

FORMAT = 3
# What must be the same for a run to be gone on with, and what a reader calls it.
_SAME = {
    "format": "of another version of Dateline",
    "questions": "of other questions",
    "archive": "of another state of the archive",
    "config": "with other settings",
    "judge": "with another judge",
    "hits_at": "with other cuts of hits@k",
    "code": "of other code",
    "models": "with another model under the same name",
    "libraries": "with other libraries",
}


def run_in_folder(
    questions: Questions,
    pipeline: Asker,
    out: Path,
    *,
    archive: Callable[[], Mapping[str, Any]],
    config: Mapping[str, object],
    judge: tuple[str, Judge],
    ks: Sequence[int] = (1, 4, 10),
    jobs: int = 1,
    prices: tuple[float, float] | None = None,
    articles: Callable[[], Iterable[Article]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Answer all questions that `out` does not hold yet, write the reports there, and return the whole run.

    It is gone on with, or kept as it is, only where all that decides answers is as it was: see _SAME.

    archive: tells the archive's state, now; it is asked at the start and at the end.   judge: its name, and itself.
    articles: gives all that the archive holds, so that gold which is none of them is told; None where nobody knows.
    Raises UsageError where `out` holds a run of something else, StorageError where the disk refuses.
    """
    config = {**config, **({"prices": prices} if prices else {})}
    absent = absent_gold(questions.items, articles()) if articles else {}
    manifest = _begin(out, questions, archive(), config, judge[0], ks, absent)
    part = out / "cases.jsonl.part"
    ids = [question.id for question in questions.items]
    try:
        have = _finished(out / "cases.jsonl", set(ids)) | _finished(part, set(ids))
        with part.open("a", encoding="utf-8", errors="backslashreplace") as lines:

            def keep(case: Case, trace: Trace) -> None:
                lines.write(json.dumps({**asdict(case), "trace": trace}, ensure_ascii=False, default=str) + "\n")
                lines.flush()

            run = evaluate(
                questions,
                pipeline,
                ks=ks,
                judge=judge[1],
                jobs=jobs,
                asked=date.fromisoformat(manifest["asked"]),
                prices=prices,
                have=have,
                keep=keep,
                progress=progress,
            )
        _in_order((out / "cases.jsonl", part), out / "cases.jsonl", ids)
        manifest["archive"]["end"] = dict(archive())
        manifest |= {"complete": True, "jobs": jobs}
        if len(have) < len(ids):  # else the times are those of the run before
            manifest |= {"seconds": round(run.seconds, 3), "asked_now": len(ids) - len(have)}
        _write(out / "manifest.json", manifest)
        part.unlink()
    except OSError as error:
        raise StorageError(
            f"can't write to {out} ({error.strerror}); free some space, then run the same command: it goes on from there"
        ) from None
    report.rewrite(out)
    return replace(report.read_folder(out)[0], kept=len(have))


def _begin(
    out: Path,
    questions: Questions,
    archive: Mapping[str, Any],
    config: Mapping[str, object],
    judge: str,
    ks: Sequence[int],
    absent: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Return the manifest of the run in `out`, begun now or earlier."""
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "dateline": __version__,
        "python": platform.python_version(),
        "code": fingerprint.code(),
        "models": fingerprint.models({**config, "judge": judge}),
        "libraries": fingerprint.libraries(),
        "seed": stats.SEED,
        "questions": {"file": questions.name, "sha256": questions.sha256, "used": len(questions.items)},
        "skipped": [asdict(line) for line in questions.skipped],
        "gold_absent": dict(absent),
        "archive": {"start": dict(archive)},
        "config": {key: report.without_password(value) for key, value in config.items()},
        "judge": judge,
        "hits_at": sorted(set(ks)),
        "asked": date.today().isoformat(),  # the day of asking of questions that give none; kept when the run goes on
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": 0.0,
        "complete": False,
    }
    path = out / "manifest.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
        if path.exists() or (out / "cases.jsonl").exists():
            return _same(path, manifest)
        _write(path, manifest)
    except OSError as error:
        raise StorageError(f"can't write to {out} ({error.strerror}); make room or give another --out") from None
    return manifest


def _same(path: Path, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest at `path`, if it is of what is `wanted`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    for key, what in _SAME.items():
        if not isinstance(found, dict) or _compared(found, key) != _compared(wanted, key):
            raise UsageError(f"{path.parent} holds a run {what}; name another folder with --out, or remove that one")
    return dict(found or {})


def _compared(manifest: Mapping[str, Any], key: str) -> Any:
    """Return what of a manifest's entry counts: the bytes of the questions, the articles the archive began with."""
    value = manifest.get(key)
    inner = {"questions": "sha256", "archive": "start"}.get(key)
    return value.get(inner) if inner and isinstance(value, Mapping) else value


def _finished(path: Path, wanted: set[str]) -> dict[str, Case]:
    """Return the cases that `path` holds, after cutting off a last line that was not finished."""
    if not path.exists():
        return {}
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    cases = [report.case_of(json.loads(line), path, n) for n, line in enumerate(whole.splitlines(), 1)]
    return {case.id: case for case in cases if case.id in wanted}


def _in_order(parts: Sequence[Path], target: Path, ids: Sequence[str]) -> None:
    """Write the lines of `parts` to `target` in the order of `ids`, one line in memory at a time."""
    places: dict[str, tuple[Path, int]] = {}
    for path in parts:
        if path.exists():
            with path.open("rb") as lines:
                at = 0
                for line in lines:
                    places[json.loads(line)["id"]] = (path, at)
                    at += len(line)
    aside = target.with_suffix(".new")
    files = {path: path.open("rb") for path in {path for path, _ in places.values()}}
    try:
        with aside.open("wb") as out:
            for name in ids:
                path, at = places[name]
                files[path].seek(at)
                out.write(files[path].readline())
    finally:
        for file in files.values():
            file.close()
    aside.replace(target)


def _write(path: Path, value: Mapping[str, Any]) -> None:
    aside = path.with_suffix(".new")
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    aside.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    aside.replace(path)
