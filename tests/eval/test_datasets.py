from __future__ import annotations

import csv
import gzip
import hashlib
import json
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.datasets import Question, Questions, read_questions, write_questions
from rag.errors import StorageError, UsageError


def read(folder: Path, text: str | bytes, name: str = "q.jsonl") -> Questions:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_questions(path)


def test_our_own_spelling(tmp_path: Path) -> None:
    record = {
        "id": "s1",
        "question": "When did the bridge close?",
        "answerable": True,
        "type": "when",
        "articles": ["bridge-closes"],
        "all_articles": True,
        "key_facts": ["on Monday", " "],
        "date": "2025-03-14",
        "mood": "unknown column",
    }
    assert read(tmp_path, json.dumps(record)).items == (
        Question(
            id="s1",
            question="When did the bridge close?",
            answerable=True,
            type="when",
            date=date(2025, 3, 14),
            articles=("bridge-closes",),
            all_articles=True,
            key_facts=("on Monday",),
        ),
    )


def test_multihoprag_spelling(tmp_path: Path) -> None:
    piece = {"fact": "The ferry sank.", "url": "https://a.example/1", "title": "t"}
    lines = [
        {"id": "m1", "question": "Who?", "answer": "She", "type": "inference_query", "evidence": [piece, piece]},
        {"id": "m2", "question": "Who else?", "type": "null_query", "evidence": []},
    ]
    first, second = read(tmp_path, "\n".join(map(json.dumps, lines))).items
    assert first == Question(
        "m1",
        "Who?",
        answerable=True,
        type="inference_query",
        articles=("https://a.example/1",),
        all_articles=True,
        facts=("The ferry sank.",),
        answers=("She",),
    )
    assert second == Question("m2", "Who else?", answerable=False, type="null_query")


def test_realtimeqa_spelling(tmp_path: Path) -> None:
    urls = ["https://a.example/1", "https://a.example/2"]
    record = {
        "id": "r1",
        "question": "Where?",
        "date": "2025/01/03",
        "answers": ["Oslo"],
        "gold_urls": urls,
        "evidence": "x",
    }
    assert read(tmp_path, json.dumps(record)).items == (
        Question("r1", "Where?", date=date(2025, 1, 3), articles=tuple(urls), key_facts=("Oslo",), answers=("Oslo",)),
    )


def test_answers_and_expected_articles(tmp_path: Path) -> None:
    lines = [
        {"question": "A?", "answer": "Oslo", "expected_articles": ["x"], "articles": ["y"]},
        {"question": "B?", "answer": ["Oslo", 1990, None], "draft": True},
        {"question": "C?", "answer": "nobody knows", "answerable": False, "answers": []},
        {"question": "D?", "answer": {"a": 1}},
    ]
    first, second, third = read(tmp_path, "\n".join(map(json.dumps, lines))).items
    assert first == Question("line-1", "A?", articles=("y", "x"), answers=("Oslo",))
    assert second == Question("line-2", "B?", answers=("Oslo", "1990"), draft=True)
    assert third == Question("line-3", "C?", answerable=False)
    questions = read(tmp_path, "question,answer\nA?,Oslo|Bergen\n", "q.csv")
    assert questions.items[0].answers == ("Oslo", "Bergen")


def test_a_csv_line_that_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    before = csv.field_size_limit(100)
    try:
        questions = read(tmp_path, f"question\nA?\n{'x' * 200}\nB?\n", "q.csv")
    finally:
        csv.field_size_limit(before)
    assert [q.question for q in questions.items] == ["A?", "B?"]
    assert [s.reason for s in questions.skipped] == ["not CSV (field larger than field limit (100))"]


def test_columns_that_nothing_reads_are_named_once(tmp_path: Path) -> None:
    lines = [{"question": "A?", "key_fact": ["x"], "mood": 1}, {"question": "B?", "mood": 2, "choices": []}]
    questions = read(tmp_path, "\n".join(map(json.dumps, lines)))
    assert questions.ignored == ("key_fact", "mood")
    assert read(tmp_path, '{"question": "A?", "evidence": "x"}').ignored == ()
    assert read(tmp_path, "question,mood\nA?,good\n", "q.csv").ignored == ("mood",)


def test_csv_splits_lists_and_counts_the_lines_of_a_quoted_cell(tmp_path: Path) -> None:
    text = (
        '\ufeffID,Question,Answerable,articles,type\n,"Two\nlines?",yes,a|b,\n\n7,Who?,no,,x\n8,Who?,perhaps,,\n9,,,,\n'
    )
    questions = read(tmp_path, text, "q.csv")
    assert questions.items == (
        Question("line-2", "Two\nlines?", answerable=True, articles=("a", "b")),
        Question("7", "Who?", answerable=False, type="x"),
    )
    assert [(s.line, s.reason) for s in questions.skipped] == [
        (6, "'answerable' is 'perhaps'; it takes true or false"),
        (7, "it has no question"),
    ]


@pytest.mark.parametrize("name", ["q.jsonl.gz", "q.csv.GZ"])
def test_gz_is_unpacked_and_the_digest_is_of_the_file(tmp_path: Path, name: str) -> None:
    text = b"question\nWho?\n" if "csv" in name else b'{"question": "Who?"}\n'
    packed = gzip.compress(text)
    questions = read(tmp_path, packed, name)
    assert [q.question for q in questions.items] == ["Who?"]
    assert (questions.name, questions.sha256) == (name, hashlib.sha256(packed).hexdigest())


def test_a_missing_id_is_the_line_and_a_double_one_is_skipped(tmp_path: Path) -> None:
    questions = read(
        tmp_path,
        '{"question": "A?"}\n\n{"question": "B?"}\n{"id": "line-1", "question": "C?"}\n{"id": 5, "question": "D?"}',
    )
    assert [q.id for q in questions.items] == ["line-1", "line-3", "5"]
    assert [str(s) for s in questions.skipped] == [
        f"{tmp_path / 'q.jsonl'}, line 4: the id 'line-1' already stands on line 1"
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"question": "Who', "not JSON (Unterminated string starting at)"),
        (b"[" * 100_000, "not JSON (too deep or too large)"),
        (b'{"question": ' + b"9" * 5_000 + b"}", "not JSON (too deep or too large)"),
        (b"[1]", "not a JSON object"),
        (b'{"question": " "}', "it has no question"),
        (b'{"question": 5}', "it has no question"),
        (b'{"question": "A?", "id": [1]}', "'id' must be a text or a whole number"),
        (b'{"question": "A?", "answerable": "perhaps"}', "'answerable' is 'perhaps'; it takes true or false"),
        (b'{"question": "A?", "date": "2025-02-30"}', "'date' is '2025-02-30'; it takes a day such as 2025-01-31"),
        (b'{"question": "A?", "date": "soon"}', "'date' is 'soon'; it takes a day such as 2025-01-31"),
        (b'{"question": "A?", "articles": 5}', "'articles' must be a list of texts"),
        (b'{"question": "A?", "key_facts": [5]}', "'key_facts' and 'answers' must hold texts only"),
        (b'{"question": "A?", "evidence": ["x"]}', "'evidence' must be a list of objects with 'fact' and 'url'"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_line_that_is_no_question_is_skipped_with_the_reason(tmp_path: Path, line: bytes, reason: str) -> None:
    questions = read(tmp_path, b'{"question": "Fine?"}\n' + line + b'\n{"question": "Too?"}')
    assert [q.question for q in questions.items] == ["Fine?", "Too?"]
    assert [(s.place, s.line, s.reason) for s in questions.skipped] == [(str(tmp_path / "q.jsonl"), 2, reason)]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("q.jsonl", b"", "holds no question; give JSONL or CSV"),
        ("q.csv", b"\n", "holds no question; give JSONL or CSV"),
        ("q.csv", b"question,id\n", "holds no question; give JSONL or CSV"),
        ("q.jsonl", b"[\n", "q.jsonl, line 1: not JSON"),
        ("q.csv", b"what,id\nx,1\n", "has no column 'question' on line 1"),
        ("q.csv", b"question\n\0", "q.csv: binary content"),
        ("q.jsonl.gz", b"plain", "is not a whole gzip file"),
        ("q.jsonl.gz", gzip.compress(b"x" * 100, mtime=0)[:-9], "is not a whole gzip file"),
    ],
)
def test_a_file_without_questions_is_an_error_of_one_line(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read(tmp_path, data, name)
    assert "\n" not in str(caught.value)


def test_a_path_that_is_no_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="can't read the questions"):
        read_questions(tmp_path)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_keys = [
    "id",
    "question",
    "answerable",
    "type",
    "date",
    "articles",
    "all_articles",
    "facts",
    "key_facts",
    "evidence",
    "answers",
]


@given(st.lists(st.dictionaries(st.sampled_from(_keys), _json, max_size=6), max_size=5))
def test_every_line_is_a_question_or_skipped(records: list[dict[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = [{"id": "sure", "question": "Sure?"}, *records]
        questions = read(Path(folder), "\n".join(map(json.dumps, lines)))
    assert len(questions.items) + len(questions.skipped) == len(lines)
    assert len({q.id for q in questions.items}) == len(questions.items)


_texts = st.lists(st.text(min_size=1, max_size=6).map(str.strip).filter(bool), max_size=3, unique=True).map(tuple)
_questions = st.builds(
    Question,
    id=st.text(min_size=1, max_size=4),
    question=st.text(min_size=1, max_size=9).filter(str.strip),
    answerable=st.none() | st.booleans(),
    type=st.none() | st.just("who"),
    date=st.none() | st.dates(),
    articles=_texts,
    all_articles=st.booleans(),
    facts=_texts,
    key_facts=_texts,
    answers=_texts,
    draft=st.booleans(),
)


@given(st.lists(_questions, min_size=1, max_size=4, unique_by=lambda question: question.id))
def test_what_is_written_is_read_back(questions: list[Question]) -> None:
    sane = tuple(replace(q, answers=() if q.answerable is False else q.answers) for q in questions)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new" / "q.jsonl"
        write_questions(Questions(sane), path)
        found = read_questions(path)
    assert found.items == sane
    assert not found.skipped and not found.ignored


def test_what_a_person_may_have_worked_on_stays(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text("mine")
    with pytest.raises(UsageError, match=r"q\.jsonl is there already; name another --out, or remove it$"):
        write_questions(Questions((Question("a", "A?"),)), path)
    assert path.read_text() == "mine"


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StorageError, match=r"can't write .*q\.jsonl \(No space left on device\); make room"):
        write_questions(Questions((Question("a", "A?"),)), tmp_path / "q.jsonl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("name", ["q.jsonl", "q.csv"])
def test_questions_are_decoded_as_articles_are(tmp_path: Path, encoding: str, name: str) -> None:
    asked = "Who runs the caf\u00e9 in M\u00fcnster?"
    text = f'{{"question": "{asked}"}}\n' if name == "q.jsonl" else f"question\n{asked}\n"
    (tmp_path / name).write_bytes(text.encode(encoding))
    assert [question.question for question in read_questions(tmp_path / name).items] == [asked]


def test_a_damaged_question_is_skipped_with_its_line(tmp_path: Path) -> None:
    good = '{"question": "Who runs the caf\u00e9 \u00c9toile in K\u00f6ln?"}\n'.encode()
    (tmp_path / "q.jsonl").write_bytes(good + b'{"question": "Who left M\xc3nster?"}\n')
    questions = read_questions(tmp_path / "q.jsonl")
    assert len(questions.items) == 1
    assert [(each.line, each.reason[:12]) for each in questions.skipped] == [(2, "damaged text")]
