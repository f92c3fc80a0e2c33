"""Is every passage of the catalog in an index, as it is there, and found by a search? Run in a process of its own.

A damaged file can end the process that opens it, and then that is the finding. `looked` starts the process:
`python -m rag.archive.deep FOLDER lexical|vectors` prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from rag.archive import sums
from rag.archive.catalog import Catalog
from rag.archive.lexical import LexicalIndex, terms
from rag.archive.rows import Entry
from rag.archive.vectors import VectorIndex

_PATIENCE = 3_600  # seconds
_FAR = 0.01  # of a stored vector's numbers, from the catalog's
_WORDS = 40  # of a passage that must lead to it


def looked(folder: Path, name: str) -> dict[str, Any]:
    """Return what is wrong with the index `name` of the archive in `folder`: {"faults": [...], "passages": n}."""
    if not (folder / name).is_dir():
        return {"faults": ["it is missing"]}
    command = [sys.executable, "-m", "rag.archive.deep", str(folder), name]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, env=environment)
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"faults": [f"looking at it takes more than {_PATIENCE // 60} minutes"]}
    except (ValueError, IndexError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return {"faults": [f"the process that opened it died ({last[:200]})"]}
    return found


def _look(folder: Path, name: str) -> dict[str, Any]:
    faults = [f"{file} is not what was written" for file in sums.garbled(folder / name)]
    if name == "vectors":
        faults += _unsound(folder / name / "chroma.sqlite3")
    if faults:  # which is reason enough not to open it
        return {"faults": faults}
    with closing(Catalog.open(folder / "catalog.sqlite3", write=False)) as catalog:
        index: LexicalIndex | VectorIndex
        with closing(index := LexicalIndex(folder / name) if name == "lexical" else VectorIndex(folder / name)):
            if (index.generation, index.lineage) != (catalog.generation, catalog.lineage):
                faults.append(f"it stands at the generation {index.generation}, the catalog at {catalog.generation}")
            if index.interrupted:
                faults.append("a writer was killed at it")
            passages = missing = differing = unreachable = 0
            for page in catalog.added_since(-1):
                passages += len(page)
                found = index.stored([entry.key for entry in page])
                missing += sum(entry.key not in found for entry in page)
                there = [entry for entry in page if entry.key in found]
                differing += sum(_differs(entry, found[entry.key]) for entry in there)
                unreachable += _unreachable(index, there)
            counted = {
                "of the catalog are missing": missing,
                "are in that the catalog lacks": max(0, index.count() - passages + missing),
                "have another outlet, day or vector than in the catalog": differing,
                "are not found by a search for them": unreachable,
            }
            faults += [f"{count:,} passages {what}" for what, count in counted.items() if count]
            if not index.probe():
                faults.append("a search finds less than there is")
    return {"faults": faults, "passages": passages}


def _differs(entry: Entry, stored: tuple[int | None, int | None, Any]) -> bool:
    outlet, day, vector = stored
    far = vector is not None and float(np.abs(np.asarray(vector) - entry.vector.astype(np.float32)).max()) > _FAR
    return (outlet, day) != (entry.outlet, entry.day) or far


def _unreachable(index: LexicalIndex | VectorIndex, entries: list[Entry]) -> int:
    if isinstance(index, VectorIndex):
        reached = index.reached([(entry.key, entry.vector.astype(np.float32)) for entry in entries])
    else:
        reached = {entry.key for entry in entries if index.led_to(entry.key, terms(entry.text)[:_WORDS])}
    return len(entries) - len(reached)


def _unsound(file: Path) -> list[str]:
    """Return what SQLite finds wrong with one of its files, in one line."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            told = [str(row[0]) for row in db.execute("PRAGMA integrity_check(1)")]
    except sqlite3.DatabaseError as error:
        told = [str(error)]
    return [] if told == ["ok"] else [f"{file.name}: {' '.join(told).splitlines()[0]}"]


def main() -> None:
    """Print what is wrong with one index; whatever a library raises over it is wrong with it."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    try:
        found = _look(folder, name)
    except BaseException as error:  # a panic of pyo3 is no Exception
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        found = {"faults": [f"it can't be read ({told[:200]})"]}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
