"""Other people's question files → Questions, as they publish them.

    multihoprag   MultiHopRAG.json: {"query", "answer", "question_type", "evidence_list": [{"fact", "url"}]}
    realtimeqa    20220617_qa.jsonl, or a folder of them: {"question_id", "question_sentence", "question_date", "choices",
                  "answer": ["2"]}, the answer a place among the choices, from 0
    beir          a folder with queries.jsonl and qrels/test.tsv (every qrels/*.tsv where there is no test.tsv)
    squad         train-v2.0.json and the like, version 1.1 or 2: {"data": [{"paragraphs": [{"context", "qas"}]}]}

A MultiHop-RAG or RealTime QA file in a spelling of `eval.datasets` is read as it is there. What names an article is its URL
(multihoprag) or its id (beir, so give the archive the corpus with the same ids); the other two name none. A SQuAD
question counts as not answerable where its own paragraph holds no answer; another article of the archive might.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.datasets import Questions, collect, json_lines, read_bytes
from rag.batch import shown_input
from rag.errors import UsageError
from rag.text.decode import Unusable
from rag.text.split import sentences
from rag.types import Skipped

KINDS = ("multihoprag", "realtimeqa", "beir", "squad")
_NO_ANSWER = "null_query"
Records = Iterator[tuple[int, Any]]


def import_questions(kind: str, path: Path) -> Questions:
    """Return the questions of `path`, a file or folder as `kind` publishes it; what can't be used is in `skipped`.

    Raises UsageError for a kind that isn't one of KINDS, and for a path that can't be read or holds no question.
    """
    match kind:
        case "multihoprag":
            raw, data = read_bytes(path)
            return collect(path, raw, _each(_list_or_lines(path, data), _multihoprag))
        case "realtimeqa":
            raw, data = _realtimeqa_files(path)
            return collect(path, raw, _each(json_lines(data), _realtimeqa))
        case "beir":
            return _beir(path)
        case "squad":
            raw, data = read_bytes(path)
            return collect(path, raw, _squad(path, data))
    raise UsageError(f"{kind!r} can't be imported; there are {', '.join(KINDS)}")


def _each(records: Records, read: Any) -> Records:
    for line, record in records:
        yield line, read(record) if isinstance(record, dict) else record


def _loaded(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown_input(path)} is not JSON ({error}); give the file as it is published") from None


def _list_or_lines(path: Path, data: bytes) -> Records:
    if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        return json_lines(data)
    loaded = _loaded(path, data)
    return enumerate(loaded if isinstance(loaded, list) else [], 1)


def _multihoprag(record: Mapping[str, Any]) -> Mapping[str, Any]:
    if "query" not in record:
        return record
    kind = record.get("question_type")
    answer = {} if kind == _NO_ANSWER else {"answer": record.get("answer")}
    return {"question": record["query"], "type": kind, "evidence": record.get("evidence_list"), **answer}


def _realtimeqa_files(path: Path) -> tuple[bytes, bytes]:
    """Return the bytes of a file, or of all the *_qa.jsonl files in a folder and its folders, one after the other."""
    if not path.is_dir():
        return read_bytes(path)
    files = [read_bytes(file)[1] for file in sorted(path.rglob("*_qa.jsonl"))]
    if not files:
        raise UsageError(f"{path} holds no *_qa.jsonl; name a folder of RealTime QA, or one of its files")
    data = b"\n".join(files)
    return data, data


def _realtimeqa(record: Mapping[str, Any]) -> Mapping[str, Any] | Unusable:
    if "question_sentence" not in record:
        return record
    answers, choices = record.get("answer"), record.get("choices")
    try:
        places = dict(enumerate(choices or ()))
        told = [str(places[int(place)]) for place in answers or ()] if choices else []
    except (ValueError, TypeError, KeyError):
        return Unusable("'answer' must hold places among the 'choices', from 0")
    return {
        "id": record.get("question_id"),
        "question": record["question_sentence"],
        "date": record.get("question_date"),
        "answers": told,
    }


def _beir(folder: Path) -> Questions:
    """Return the queries that somebody judged; grades above 0 are gold, and all count the same."""
    qrels = folder / "qrels"
    tables = [qrels / "test.tsv"] if (qrels / "test.tsv").is_file() else sorted(qrels.glob("*.tsv"))
    if not tables:
        raise UsageError(f"{folder} holds no qrels/*.tsv; name a BEIR folder with queries.jsonl and qrels")
    raw, data = read_bytes(folder / "queries.jsonl")
    gold: dict[str, list[str]] = {}
    skipped: list[Skipped] = []
    for table in tables:
        told = read_bytes(table)[0]
        raw += told  # so that other judgements are other questions
        for line, row in enumerate(told.decode("utf-8", "replace").splitlines(), 1):
            if not row.strip():
                continue
            try:
                query, article, grade = row.split("\t")
                gold.setdefault(query, []).extend([article] if float(grade) > 0 else [])
            except ValueError:
                if line > 1:  # the first names the columns
                    skipped.append(Skipped(str(table), line, "not a query's id, an article's id and a grade"))
    unjudged = 0

    def judged() -> Records:
        nonlocal unjudged
        for line, record in json_lines(data):
            if not isinstance(record, dict):
                yield line, record
            elif articles := gold.get(str(record.get("_id"))):
                yield (
                    line,
                    {"id": record["_id"], "question": record.get("text"), "articles": articles, "answerable": True},
                )
            else:
                unjudged += 1

    found = collect(folder / "queries.jsonl", raw, judged())
    if unjudged:
        skipped.append(Skipped(str(folder / "queries.jsonl"), None, f"{unjudged:,} queries without a relevant article"))
    return replace(found, name=folder.name, skipped=(*found.skipped, *skipped))


def _squad(path: Path, data: bytes) -> Records:
    loaded = _loaded(path, data)
    number = 0
    for paragraph in _all(_all([loaded], "data"), "paragraphs"):
        context = paragraph.get("context")
        for asked in _all([paragraph], "qas"):
            number += 1
            yield number, _squad_question(asked, context) if isinstance(context, str) else Unusable("it has no context")


def _all(records: Any, key: str) -> Iterator[Any]:
    """Yield the objects in the lists under `key` of each record; other values hold none."""
    for record in records:
        inner = record.get(key) if isinstance(record, dict) else None
        yield from (each for each in inner if isinstance(each, dict)) if isinstance(inner, list) else ()


def _squad_question(asked: Mapping[str, Any], context: str) -> Mapping[str, Any]:
    """Return the question with its answers, and the sentence that each was taken from."""
    impossible = bool(asked.get("is_impossible"))
    told = [] if impossible else list(_all([asked], "answers"))
    spans = sentences(context)
    facts = [
        context[start:end]
        for answer in told
        if isinstance(at := answer.get("answer_start"), int)
        for start, end in spans
        if start <= at < end
    ]
    return {
        "id": asked.get("id"),
        "question": asked.get("question"),
        "answerable": not impossible,
        "answers": [answer.get("text") for answer in told],
        "facts": facts,
    }
