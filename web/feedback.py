"""What readers say of answers: one JSON line each, with the question, the evidence and the configuration, beside the archive.

`dateline eval from-feedback` makes test cases of the lines.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from rag import __version__
from rag.config import Config
from rag.errors import NotFound, StorageError
from rag.records import answer_json, filters_json
from rag.types import Answer, Filters

FILE = "feedback.jsonl"
_REMEMBERED = 1_000  # answers that feedback can still name
_LARGEST = 100_000_000  # bytes of the file; then no more is taken until it is moved away


class Feedback:
    """The newest answers by their ids, in memory only, and the file of what was said about some."""

    def __init__(self, config: Config, embedder: str | None) -> None:
        self.file = config.data / FILE
        self._configuration = {
            "dateline": __version__,
            "embedder": embedder,
            "reader": config.reader,
            "reranker": config.reranker,
            "llm": config.llm,
            "k": config.k,
        }
        self._lock = threading.Lock()
        self._given: OrderedDict[str, str] = OrderedDict()  # as JSON: the answers themselves hold whole articles

    def remember(self, answer_id: str, answer: Answer, filters: Filters, as_of: date | None = None) -> None:
        """Keep the answer until 1,000 newer ones were given. `as_of`: the day as on which it was asked."""
        told = {"filters": filters_json(filters, as_of), "answer": answer_json(answer)}
        with self._lock:
            self._given[answer_id] = json.dumps(told, ensure_ascii=False)
            while len(self._given) > _REMEMBERED:
                self._given.popitem(last=False)

    def add(self, answer_id: str, verdict: str, comment: str = "", correct: str = "") -> None:
        """Store what is said of an answer. Raises NotFound for one not remembered, StorageError when the disk refuses."""
        with self._lock:
            given = self._given.get(answer_id)
        if given is None:
            raise NotFound(
                f"no answer {answer_id!r} is remembered; feedback is taken for the newest {_REMEMBERED:,} answers "
                "since the server was started: ask again, and use the new id"
            )
        self._write(
            {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "verdict": verdict,
                "comment": comment,
                "correct": correct,
                **json.loads(given),
                "configuration": self._configuration,
            }
        )

    def _write(self, line: Mapping[str, Any]) -> None:
        try:
            with self._lock, self.file.open("a", encoding="utf-8", errors="backslashreplace") as lines:
                if lines.tell() > _LARGEST:
                    raise StorageError(f"{self.file} is full; move it away, and feedback is taken again")
                lines.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            raise StorageError(
                f"can't write {self.file} ({error.strerror}); make room, or make the folder writable"
            ) from None
