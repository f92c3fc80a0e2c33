"""Files as other people publish them, small ones in the same form."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eval.datasets import Question
from eval.importers import KINDS, import_questions
from rag.errors import UsageError


def put(path: Path, value: Any, *, lines: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, value)) if lines else json.dumps(value), encoding="utf-8")
    return path


PIECE = {"title": "t", "author": "a", "url": "https://a.example/1", "source": "s", "fact": "The ferry sank."}


def test_multihoprag(tmp_path: Path) -> None:
    published = [
        {"query": "Who?", "answer": "She", "question_type": "inference_query", "evidence_list": [PIECE]},
        {"query": "No?", "answer": "Insufficient information.", "question_type": "null_query", "evidence_list": []},
        "no record",
        {"answer": "x"},
    ]
    found = import_questions("multihoprag", put(tmp_path / "MultiHopRAG.json", published))
    assert found.items == (
        Question(
            "line-1",
            "Who?",
            True,
            "inference_query",
            articles=("https://a.example/1",),
            all_articles=True,
            facts=("The ferry sank.",),
            answers=("She",),
        ),
        Question("line-2", "No?", False, "null_query"),
    )
    assert [(s.line, s.reason) for s in found.skipped] == [(3, "not a JSON object"), (4, "it has no question")]


def test_multihoprag_one_a_line_in_our_spelling(tmp_path: Path) -> None:
    path = put(tmp_path / "q.jsonl", [{"id": "m1", "question": "Who?", "evidence": [PIECE]}], lines=True)
    assert import_questions("multihoprag", path).items[0].facts == ("The ferry sank.",)


def week(n: int, answer: Any) -> dict[str, Any]:
    return {
        "question_id": f"20211210_{n}",
        "question_date": "2021/12/10",
        "question_source": "CNN",
        "question_sentence": "Which colour?",
        "choices": ["Red", "Blue"],
        "answer": answer,
        "evidence": "text",
    }


def test_realtimeqa_a_file_and_a_folder(tmp_path: Path) -> None:
    one = put(
        tmp_path / "2021" / "20211210_qa.jsonl",
        [week(0, ["1"]), week(1, ["7"]), week(2, "x"), week(4, ["-1"])],
        lines=True,
    )
    put(tmp_path / "2022" / "20220107_qa.jsonl", [{**week(3, ["0"]), "choices": []}], lines=True)
    put(tmp_path / "2022" / "20220107_gcs.jsonl", [{"question_sentence": "not this one"}], lines=True)
    blue = Question("20211210_0", "Which colour?", date=date(2021, 12, 10), key_facts=("Blue",), answers=("Blue",))
    found = import_questions("realtimeqa", one)
    assert found.items == (blue,)
    assert [s.reason for s in found.skipped] == ["'answer' must hold places among the 'choices', from 0"] * 3
    found = import_questions("realtimeqa", tmp_path)
    assert found.items == (blue, Question("20211210_3", "Which colour?", date=date(2021, 12, 10)))
    spelled = put(tmp_path / "ours.jsonl", [{"question": "Where?", "answers": ["Oslo"]}], lines=True)
    assert import_questions("realtimeqa", spelled).items[0].answers == ("Oslo",)
    with pytest.raises(UsageError, match=r"holds no \*_qa\.jsonl"):
        import_questions("realtimeqa", put(tmp_path / "empty" / "x.json", 1).parent)


def beir(folder: Path, **qrels: str) -> Path:
    queries = [{"_id": "1", "text": "Which?"}, {"_id": "2", "text": "Where?"}, {"_id": "3", "text": "Who?"}, 5]
    put(folder / "queries.jsonl", queries, lines=True)
    for name, rows in qrels.items():
        (folder / "qrels").mkdir(exist_ok=True)
        (folder / "qrels" / f"{name}.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows)
    return folder


def test_beir(tmp_path: Path) -> None:
    folder = beir(tmp_path / "fiqa", test="1\ta\t2\n1\tb\t1\n\n1\tc\t0\n2\td\t0\nnonsense\n", train="3\te\t1\n")
    found = import_questions("beir", folder)
    assert found.items == (Question("1", "Which?", True, articles=("a", "b")),)
    assert found.name == "fiqa"
    assert [(Path(s.place).name, s.line, s.reason) for s in found.skipped] == [
        ("queries.jsonl", 4, "not a JSON object"),
        ("test.tsv", 7, "not a query's id, an article's id and a grade"),
        ("queries.jsonl", None, "2 queries without a relevant article"),
    ]


def test_beir_without_a_test_split_takes_them_all(tmp_path: Path) -> None:
    folder = beir(tmp_path, dev="1\ta\t1\n", train="3\te\t1\n")
    first = import_questions("beir", folder)
    assert [question.id for question in first.items] == ["1", "3"]
    assert import_questions("beir", beir(tmp_path, dev="1\tb\t1\n")).sha256 != first.sha256


def test_beir_without_judgements(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no qrels/\*\.tsv; name a BEIR folder"):
        import_questions("beir", beir(tmp_path))


def test_squad(tmp_path: Path) -> None:
    context = "The ferry sank on Monday. The bridge closed in March."
    at = context.index("March")
    answers = [{"text": "March", "answer_start": at}, {"text": "in March", "answer_start": at - 3}]
    qas: list[Any] = [
        {"id": "q1", "question": "When did the bridge close?", "answers": answers},
        {"id": "q2", "question": "When did it open?", "answers": [], "is_impossible": True},
        {"id": "q1", "question": "Twice?", "answers": answers},
        "nothing",
    ]
    paragraphs = [{"context": context, "qas": qas}, {"qas": [{"id": "q3", "question": "?"}]}, {"context": "no"}, 5]
    found = import_questions(
        "squad", put(tmp_path / "dev.json", {"version": "v2.0", "data": [{"paragraphs": paragraphs}]})
    )
    assert found.items == (
        Question(
            "q1",
            "When did the bridge close?",
            True,
            facts=("The bridge closed in March.",),
            key_facts=("March", "in March"),
            answers=("March", "in March"),
        ),
        Question("q2", "When did it open?", False),
    )
    assert [s.reason for s in found.skipped] == ["the id 'q1' already stands on line 1", "it has no context"]


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("squad", "{", r"is not JSON \("),
        ("squad", "[" * 100_000, r"is not JSON \("),
        ("squad", "[]", "holds no question"),
        ("squad", '{"data": {"paragraphs": 1}}', "holds no question"),
        ("multihoprag", "[", r"is not JSON \("),
        ("multihoprag", "[]", "holds no question"),
        ("multihoprag", "", "holds no question"),
        ("multihoprag", "[1]", "holds no question: .*not a JSON object"),
        ("realtimeqa", "nonsense", "holds no question: .*not JSON"),
        ("beir", "", "holds no qrels"),
        ("trec", "", "'trec' can't be imported; there are multihoprag, realtimeqa, beir, squad"),
    ],
)
def test_what_cannot_be_imported_is_said_in_one_line(kind: str, text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        import_questions(kind, path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_that_is_not_there(kind: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"can't read|holds no"):
        import_questions(kind, tmp_path / "nothing")
