"""The command line: what it prints where, its exit codes, and errors in one line."""

import io
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from rag import __version__
from rag.config import Config

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(click|typer|rich).*")


@dataclass(frozen=True)
class Done:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        assert self.out.count("\n") == 1, "one JSON object on one line, nothing else"
        told = json.loads(self.out)
        assert isinstance(told, dict)
        return told


Dateline = Callable[..., Done]


@pytest.fixture
def dateline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Dateline:
    """Return a function that runs the command line in a folder of its own, with the fake embedder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATELINE_EMBEDDER", "stub")
    monkeypatch.setenv(
        "DATELINE_DATA", str(tmp_path / "data")
    )  # absolute: Chroma remembers folders by name in a process
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["dateline", *map(str, arguments)])
        with pytest.raises(SystemExit) as leave:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Done(int(leave.value.code or 0), out, err)

    return run


@pytest.fixture(scope="module")
def data(stories_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the eight stories for this module: `ask` keeps its answers there."""
    return shutil.copytree(stories_folder, tmp_path_factory.mktemp("asked") / "data")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a JSONL file."""

    def lines(name: str, *rows: object) -> Path:
        file = tmp_path / name
        file.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
        return file

    return lines


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def article(n: int, text: str, **more: Any) -> dict[str, Any]:
    day = f"2024-03-{n:02}"
    url = f"https://news.example/{n}"
    return {"url": url, "title": f"News {n}", "source": "Harbor News", "published_at": day, "body": text, **more}


FERRY = article(1, "The ferry Gannet sank off Orrismouth on Friday. All 41 people were rescued.")
MAYOR = article(2, "Mayor Tobias Finch resigned because the council rejected his budget.")
ANSWER_KEYS = {"question", "status", "answer", "confidence", "sentences", "citations", "notes", "timings"}
CITATION_KEYS = {"n", "article_url", "title", "source", "published_at", "start", "end", "quote"}
HIT_KEYS = {"rank", "score", "article_url", "title", "source", "published_at", "start", "end", "text", "found_by"}


# -- ingest and status -----------------------------------------------------------------------------------------------


def test_ingest_ask_search_and_status_by_hand(dateline: Dateline, write: Callable[..., Path]) -> None:
    file = write("news.jsonl", FERRY, MAYOR)
    first = dateline("ingest", file)
    assert first.code == 0
    assert "2 articles: 2 added, 0 changed, 0 unchanged" in first.out
    answered = dateline("ask", "Mayor Tobias Finch resigned because the council rejected what?")
    assert answered.code == 0
    assert "because the council rejected his budget" in answered.out
    assert "[1]" in answered.out and "https://news.example/2" in answered.out and "confidence" in answered.out
    found = dateline("search", "ferry Gannet")
    assert found.code == 0
    assert "1. News 1 — Harbor News, 2024-03-01" in found.out
    told = dateline("status")
    assert told.code == 0
    assert "articles    2" in told.out
    assert first.err == answered.err == found.err == told.err == ""


def test_ingest_notes_a_field_that_was_not_understood_once_a_file(
    dateline: Dateline, write: Callable[..., Path]
) -> None:
    rows = [{"body": f"The pond froze on day {n}.", "fecha": f"2024-01-0{n}"} for n in (1, 2)]
    file = write("news.jsonl", *rows)
    first = dateline("ingest", file, "--embedder", "stub")
    assert (first.code, first.err.count("note: "), first.err.count("'fecha'")) == (0, 1, 1)
    assert "rename it to published_at" in first.err
    assert [note.startswith(f"{file}: 'fecha'") for note in dateline("ingest", file, "--json").json["remarks"]] == [
        True
    ]


def test_ingest_is_idempotent_and_counts_what_it_skips(dateline: Dateline, write: Callable[..., Path]) -> None:
    file = write("news.jsonl", FERRY, "{no json", MAYOR, article(3, ""))
    first = dateline("ingest", file, "--json", "--embedder", "stub")
    told = first.json
    assert (first.code, told["articles"], told["added"], told["changed"], told["unchanged"]) == (0, 2, 2, 0, 0)
    assert [skipped["line"] for skipped in told["skipped"]] == [2, 4]
    assert all(skipped["reason"] and "news.jsonl" in skipped["place"] for skipped in told["skipped"])
    again = dateline("ingest", file, "--json").json
    assert (again["articles"], again["added"], again["unchanged"], again["passages"]) == (2, 0, 2, 0)
    write("news.jsonl", FERRY | {"body": "The ferry was raised."}, MAYOR)
    third = dateline("ingest", file, "--json").json
    assert (third["added"], third["changed"], third["unchanged"]) == (0, 1, 1)


def test_ingest_says_what_it_skips_on_standard_error(dateline: Dateline, write: Callable[..., Path]) -> None:
    done = dateline("ingest", write("news.jsonl", FERRY, "{no", "{no", article(3, "")))
    assert (done.code, done.err.count("skipped: ")) == (0, 2)
    assert "lines 2, 3" in done.err
    assert "3 skipped" in done.out


def test_a_text_that_takes_the_place_of_another_is_told(dateline: Dateline, write: Callable[..., Path]) -> None:
    done = dateline("ingest", write("news.jsonl", FERRY, FERRY | {"body": "The ferry was raised."}))
    assert "1 article: 1 added, 0 changed" in done.out
    assert "1 text more came under an id or address read before; the last is kept: https://news.example/1" in done.out


def test_an_ingest_of_standard_input(dateline: Dateline, monkeypatch: pytest.MonkeyPatch) -> None:
    def piped(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    piped(json.dumps(FERRY) + "\n{no json\n" + json.dumps(MAYOR) + "\n")
    told = dateline("ingest", "-", "--json").json
    assert (told["added"], told["skipped"][0]["place"], told["skipped"][0]["line"]) == (2, "standard input", 2)
    piped(json.dumps([FERRY, MAYOR]))
    assert dateline("ingest", "-", "--json").json["unchanged"] == 2
    piped("")
    empty = dateline("ingest", "-")
    assert empty.code == 2 and "skipped: standard input, line 1: " in empty.err


def test_an_ingest_of_an_address(dateline: Dateline, internet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("http_proxy", raising=False)
    text = "<p>The ferry sank on Monday off the eastern pier, and nobody was hurt, the harbour office said.</p>" * 5
    for n in (1, 2):
        title = f"<title>Ferry {n}</title><meta property='og:site_name' content='The Gull'>"
        internet.put(
            f"/{n}", f"<html><head>{title}</head><body><article><h1>Ferry {n}</h1>{text}{n}</article></body></html>"
        )
    entries = "".join(f"<url><loc>{internet.url(f'/{n}')}</loc></url>" for n in (1, 2, 3))
    url = internet.put("/sitemap.xml", f"<urlset>{entries}</urlset>")
    assert "--allow-private 127.0.0.1" in dateline("ingest", url).err
    done = dateline("ingest", url, "--allow-private", "127.0.0.1", "--embedder", "stub", "--json").json
    assert (done["added"], len(done["skipped"])) == (2, 1)
    done = dateline("ingest", url, "--allow-private", "127.0.0.1", "--max-pages", "1")
    assert done.code == 0
    assert "2 more pages are named and not read" in done.err


def test_an_ingest_of_nothing_usable_is_an_error(dateline: Dateline, write: Callable[..., Path]) -> None:
    done = dateline("ingest", write("news.jsonl", "{no", article(1, "")))
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("dateline: nothing was read")


def test_status_as_json(dateline: Dateline, data: Path) -> None:
    done = dateline("status", "--data", data, "--json")
    told = done.json
    assert done.code == 0
    assert (told["articles"], told["outlets"], told["undated"], told["embedder"]) == (8, 3, 1, "stub")
    assert told["passages"] >= 8
    assert told["oldest"].startswith("2024-03-01") and told["newest"].startswith("2024-11-02")
    assert isinstance(told["generation"], int)
    assert (told["independent"], told["copies"]) == (8, 0)
    assert all(told["storage"][name] > 1_000 for name in ("catalog", "lexical", "vectors"))


@pytest.mark.parametrize("asked", ["version", "--version"])
def test_version(dateline: Dateline, asked: str) -> None:
    assert dateline(asked) == Done(0, f"{__version__}\n", "")


@pytest.mark.parametrize(
    "command", [[], ["ingest"], ["ask"], ["search"], ["verify"], ["status"], ["serve"], ["eval"], ["eval", "run"]]
)
def test_every_command_has_help(dateline: Dateline, command: list[str]) -> None:
    done = dateline(*command, "--help")
    assert (done.code, done.err) == (0, "")
    assert "Usage" in done.out


# -- one question ----------------------------------------------------------------------------------------------------


def test_ask_as_json(dateline: Dateline, data: Path) -> None:
    done = dateline("ask", "Why did Mayor Finch resign?", "--data", data, "--json")
    told = done.json
    assert (done.code, done.err, told["status"]) == (0, "", "answered")
    assert set(told) >= ANSWER_KEYS
    assert all(set(each) >= CITATION_KEYS for each in told["citations"])
    assert all(set(each) >= {"text", "citations", "support", "verdict"} for each in told["sentences"])
    assert [note["kind"] for note in told["notes"]] == ["reason_stated"]


def test_one_answer_goes_to_a_file_as_a_line_of_a_batch(dateline: Dateline, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    done = dateline("ask", "Why did Mayor Finch resign?", "--data", data, "--out", out)
    assert done == Done(0, "", "")
    [row] = read(out)
    assert row["id"] == "1" and set(row) >= ANSWER_KEYS
    printed = dateline("ask", "Why did Mayor Finch resign?", "--data", data, "--out", "-").json
    assert {**printed, "timings": 0} == {**row, "timings": 0}
    found = dateline("search", "ferry", "--data", data, "--out", tmp_path / "h.jsonl")
    assert found == Done(0, "", "") and read(tmp_path / "h.jsonl")[0]["hits"]


def test_a_refusal_is_no_failure(dateline: Dateline, data: Path) -> None:
    done = dateline("ask", "Who won the chess championship in Reykjavik?", "--data", data, "--json")
    assert (done.code, done.json["status"], done.json["citations"]) == (0, "not_in_corpus", [])


def test_search_as_json(dateline: Dateline, data: Path) -> None:
    done = dateline("search", "ferry Gannet", "--data", data, "--json", "--k", 3)
    told = done.json
    assert (done.code, done.err) == (0, "")
    assert set(told) >= {"id", "question", "latency_ms", "hits"}
    assert [hit["rank"] for hit in told["hits"]] == [1, 2, 3]
    assert all(set(hit) >= HIT_KEYS for hit in told["hits"])


@pytest.mark.parametrize(
    ("flags", "urls"),
    [
        (["--outlet", "The Beacon"], {"ferry-inquiry", "mayor-quits", "undated"}),
        (["--outlet", "Quartz Wire"], {"battery-plant", "battery-delay"}),
        (["--outlet", "The Beacon", "--from", "2024-05-01"], {"mayor-quits"}),
        (["--from", "2024-05-06", "--to", "2024-05-20"], {"mayor-quits", "mayor-profile"}),
        (["--as-of", "2024-03-31"], {"ferry-sinks"}),
        (["--from", "2031-01-01"], set()),
    ],
    ids=lambda value: " ".join(sorted(value)),
)
def test_filters(dateline: Dateline, data: Path, flags: list[str] | set[str], urls: set[str]) -> None:
    told = dateline("search", "Orrismouth", "--data", data, "--json", *flags).json
    assert {hit["article_url"].rpartition("/")[2] for hit in told["hits"]} == urls


def test_a_search_that_finds_nothing_says_so(dateline: Dateline, data: Path) -> None:
    assert dateline("search", "ferry", "--data", data, "--from", "2031-01-01").out.strip() == "Nothing found."


def test_ask_with_a_scripted_model(dateline: Dateline, data: Path, write: Callable[..., Path]) -> None:
    script = write("script.jsonl", {"question": "*", "reply": "Mayor Tobias Finch resigned on Monday [1-10]."})
    told = dateline("ask", "Why did Mayor Finch resign?", "--data", data, "--llm", f"scripted:{script}", "--json").json
    assert (told["status"], told["sentences"][0]["text"]) == ("answered", "Mayor Tobias Finch resigned on Monday.")


# -- batches ---------------------------------------------------------------------------------------------------------


def test_a_batch_of_questions_is_answered(
    dateline: Dateline, data: Path, write: Callable[..., Path], tmp_path: Path
) -> None:
    file = write("q.jsonl", {"id": "a", "question": "Why did Mayor Finch resign?", "gold": [1], "date": "2024-06-01"})
    out = tmp_path / "a.jsonl"
    done = dateline("ask", "--questions", file, "--out", out, "--data", data)
    [row] = read(out)
    assert (done.code, done.out) == (0, "")
    assert "1 written" in done.err and "0 skipped" in done.err
    assert set(row) >= ANSWER_KEYS | {"id"}
    assert (row["id"], row["gold"], row["date"], row["status"]) == ("a", [1], "2024-06-01", "answered")
    assert all(set(each) >= CITATION_KEYS for each in row["citations"])


def test_a_batch_of_searches(dateline: Dateline, data: Path, write: Callable[..., Path], tmp_path: Path) -> None:
    file = write("q.jsonl", {"id": "a", "question": "ferry Gannet", "gold": {"x": 1}, "date": "2024/6/1"})
    out = tmp_path / "h.jsonl"
    assert dateline("search", "--questions", file, "--out", out, "--k", 2, "--data", data).code == 0
    [row] = read(out)
    assert set(row) >= {"id", "question", "latency_ms", "hits"}
    assert (row["id"], row["gold"], len(row["hits"])) == ("a", {"x": 1}, 2)
    assert all(set(hit) >= HIT_KEYS for hit in row["hits"])


@pytest.mark.parametrize("command", ["ask", "search"])
def test_what_a_batch_skips_is_reported_and_counted(
    dateline: Dateline, data: Path, write: Callable[..., Path], tmp_path: Path, command: str
) -> None:
    rows = (
        {"id": "a", "question": "ferry"},
        "{no",
        {"id": "b"},
        {"id": "c", "question": "x" * 4_001},
        {"question": "Finch"},
        {"id": "e", "question": "ferry", "date": "last week"},
    )
    out = tmp_path / "out.jsonl"
    done = dateline(command, "--questions", write("q.jsonl", *rows), "--out", out, "--data", data)
    assert done.code == 1
    assert [row["id"] for row in read(out)] == ["a", "line-5"]
    assert [line.split(":")[0] for line in done.err.splitlines()[:-1]] == ["skipped"] * 4
    for told in ("line 2: is not JSON", "line 3: has no 'question'", "line 4: the question has 4,001 characters"):
        assert told in done.err
    assert "line 6: 'date' is 'last week'; it takes a day" in done.err
    assert "2 written" in done.err and "4 skipped" in done.err
    lenient = dateline(command, "--questions", tmp_path / "q.jsonl", "--out", out, "--data", data, "--skip-bad")
    assert lenient.code == 0
    assert "0 written" in lenient.err and "2 stood there already" in lenient.err and "4 skipped" in lenient.err


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize("day", ["2024-06-01", "2024/6/1", "2024-06-01T08:00:00Z", "", None])
def test_the_date_of_a_question_is_read_as_eval_reads_it(
    dateline: Dateline,
    data: Path,
    write: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    day: str | None,
) -> None:
    from eval.datasets import read_questions
    from rag.pipeline import Pipeline
    from rag.search.retrieve import search

    asked: list[Any] = []

    def spy(*given: Any, **options: Any) -> Any:
        asked.append(options["asked"])
        return search(*given, **options)

    file = write("q.jsonl", {"id": "a", "question": "Who resigned?", "date": day})
    monkeypatch.setattr("rag.pipeline.search", spy)
    if command == "search":
        monkeypatch.setattr(Pipeline, "search", lambda *_, **__: [])  # what warms it up
    assert dateline(command, "--questions", file, "--out", tmp_path / "o.jsonl", "--data", data).code == 0
    assert asked == [read_questions(file).items[0].date] == [date(2024, 6, 1) if day else None]


def test_a_batch_goes_on(dateline: Dateline, data: Path, write: Callable[..., Path], tmp_path: Path) -> None:
    file = write("q.jsonl", *({"id": str(n), "question": "ferry"} for n in range(4)))
    out = tmp_path / "out.jsonl"
    dateline("search", "--questions", file, "--out", out, "--data", data)
    whole = out.read_bytes()
    out.write_bytes(whole[:-20])
    done = dateline("search", "--questions", file, "--out", out, "--data", data)
    assert "1 written" in done.err and "3 stood there already" in done.err
    assert [row["id"] for row in read(out)] == list("0123")


def test_verify_checks_pairs(dateline: Dateline, write: Callable[..., Path], tmp_path: Path) -> None:
    source = "Judge Quill will hear 60 witnesses. The inquiry opened on Tuesday."
    file = write(
        "p.jsonl",
        {"id": "yes", "source": source, "claim": "The inquiry opened on Tuesday."},
        {"id": "no", "source": source, "claim": "Voltane builds batteries. The inquiry cost 9 crowns."},
        {"id": "none", "source": source},
    )
    out = tmp_path / "v.jsonl"
    done = dateline("verify", "--pairs", file, "--out", out)
    yes, no = read(out)
    assert done.code == 1
    assert dateline("verify", "--pairs", file, "--out", out, "--skip-bad").code == 0
    assert "has no 'claim'" in done.err and "1 skipped" in done.err
    assert (yes["id"], yes["score"], yes["verdict"]) == ("yes", 1.0, "supported")
    assert (no["id"], no["verdict"], len(no["sentences"])) == ("no", "unsupported", 2)
    assert "verbatim" in yes["reason"] and no["reason"] in [each["reason"] for each in no["sentences"]]
    assert all(set(each) >= {"text", "score", "verdict"} for each in no["sentences"])


def test_verify_checks_replies(dateline: Dateline, write: Callable[..., Path], tmp_path: Path) -> None:
    passage = {"title": "Inquiry opens", "source": "Harbor News", "text": "The inquiry opened on Tuesday."}
    asked = {"question": "When did the inquiry open?", "passages": [passage]}
    file = write(
        "r.jsonl",
        {"id": "yes", **asked, "reply": "The inquiry opened on Tuesday [1]. It cost 9 crowns [1]."},
        {"id": "bare", "question": "When?", "reply": "On Tuesday [1]."},
        {"id": "no", **asked, "reply": "NOT IN CORPUS"},
        {"id": "mute", **asked},
    )
    out = tmp_path / "v.jsonl"
    done = dateline("verify", "--replies", file, "--out", out)
    yes, no = read(out)
    assert done.code == 1 and "2 skipped" in done.err
    assert "has no 'passages'" in done.err and "has no 'reply'" in done.err
    assert [each["kept"] for each in yes["sentences"]] == [True, False]
    assert (yes["status"], no["status"], no["sentences"]) == ("answered", "not_in_corpus", [])


def test_verify_checks_one_claim(dateline: Dateline, tmp_path: Path) -> None:
    source = "Judge Quill will hear 60 witnesses. The inquiry opened on Tuesday."
    (tmp_path / "source.txt").write_text(source, encoding="utf-8-sig")
    told = dateline("verify", "--claim", "The inquiry opened on Tuesday.", "--source", source, "--json").json
    assert (told["score"], told["verdict"], len(told["sentences"])) == (1.0, "supported", 1)
    wrong = dateline("verify", "--claim", "The inquiry cost 9 crowns.", "--source", "@source.txt", "--out", "v.jsonl")
    assert wrong == Done(0, "", "")
    assert [row["verdict"] for row in read(tmp_path / "v.jsonl")] == ["unsupported"]
    shown = dateline("verify", "--claim", "The inquiry opened on\x1b[31m Tuesday.", "--source", "@source.txt")
    assert shown.code == 0 and "supported · score" in shown.out and "“The inquiry opened on" in shown.out
    assert "\x1b" not in shown.out


def test_eval_run_writes_a_report(dateline: Dateline, data: Path, write: Callable[..., Path], tmp_path: Path) -> None:
    file = write("q.jsonl", {"id": "a", "question": "Why did Mayor Finch resign?"}, {"id": "b", "question": "Chess?"})
    done = dateline("eval", "run", file, "--out", tmp_path / "report", "--data", data)
    assert done.code == 0
    assert {f.name for f in (tmp_path / "report").iterdir()} >= {"report.md", "report.json", "cases.jsonl"}
    assert len(read(tmp_path / "report" / "cases.jsonl")) == 2


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["ask", ""], "the question is empty", id="empty question"),
        pytest.param(["ask", " \n"], "the question is empty", id="blank question"),
        pytest.param(["search", ""], "the question is empty", id="empty search"),
        pytest.param(["ask", "x" * 4_001], "4,001 characters", id="4,001 characters"),
        pytest.param(["ask", "Who?", "--data", "nowhere"], "nowhere", id="missing archive"),
        pytest.param(["search", "Who?", "--data", "nowhere"], "nowhere", id="missing archive, search"),
        pytest.param(["status", "--data", "nowhere"], "nowhere", id="missing archive, status"),
        pytest.param(["ingest", "missing.jsonl", "--data", "new"], "missing.jsonl", id="missing path"),
        pytest.param(["ingest"], "WHAT", id="no path"),
        pytest.param(["ask", "Who?", "--colour", "red"], "--colour", id="unknown flag"),
        pytest.param(["answer", "Who?"], "answer", id="unknown command"),
        pytest.param(["ask", "Who?", "--from", "yesterday"], "--from 'yesterday' is no day", id="bad --from"),
        pytest.param(["ask", "Who?", "--to", "2024-13-01"], "--to '2024-13-01' is no day", id="bad --to"),
        pytest.param(["ask", "Who?", "--as-of", "soon"], "--as-of 'soon' is no day", id="bad --as-of"),
        pytest.param(["ask", "Who?", "--from", ""], "--from '' is no day", id="empty --from"),
        pytest.param(
            ["ask", "Who?", "--from", "2024-05-02", "--to", "2024-05-01"], "is after the last", id="from > to"
        ),
        pytest.param(["ask", "Who?", "--outlet", "The Becon"], "The Beacon", id="unknown outlet"),
        pytest.param(["search", "Who?", "--k", "0"], "from 1 to 100", id="k too small"),
        pytest.param(["search", "Who?", "--k", "101"], "from 1 to 100", id="k too large"),
        pytest.param(["search", "Who?", "--k", "many"], "--k", id="k no number"),
        pytest.param(["ask"], "--questions", id="no question"),
        pytest.param(["ask", "Who?", "--questions", "q.jsonl"], "--questions", id="QUESTION and --questions"),
        pytest.param(["ask", "--questions", "q.jsonl"], "--out", id="batch without --out"),
        pytest.param(["search", "--questions", "q.jsonl"], "--out", id="search batch without --out"),
        pytest.param(["verify", "--pairs", "q.jsonl"], "--out", id="verify without --out"),
        pytest.param(["ask", "Who?", "--out", "other.txt"], "other.txt is there already", id="--out over a file"),
        pytest.param(["search", "Who?", "--out", "other.txt"], "other.txt is there already", id="search over a file"),
        pytest.param(["ask", "Who?", "--out", "no/a.jsonl"], "no/a.jsonl", id="one answer's --out in no folder"),
        pytest.param(["ask", "--questions", "q.jsonl", "--out", "."], ". is no regular file", id="--out is a folder"),
        pytest.param(["verify", "--claim", "It opened."], "its --source", id="a claim without its source"),
        pytest.param(["verify", "--source", "It opened."], "one --claim", id="a source without a claim"),
        pytest.param(["verify"], "--pairs", id="nothing to verify"),
        pytest.param(["verify", "--replies", "q.jsonl"], "--out", id="replies without --out"),
        pytest.param(["verify", "--replies", "q.jsonl", "--claim", "x"], "alone", id="replies and a claim"),
        pytest.param(
            ["verify", "--claim", "x", "--source", "y", "--pairs", "q.jsonl"], "--pairs", id="claim and pairs"
        ),
        pytest.param(["verify", "--claim", " ", "--source", "It opened."], "has no 'claim'", id="a blank claim"),
        pytest.param(
            ["verify", "--claim", "It opened.", "--source", "@empty.txt"], "has no 'source'", id="empty source"
        ),
        pytest.param(["verify", "--claim", "x", "--source", "@none.txt"], "none.txt", id="missing source"),
        pytest.param(["verify", "--claim", "x", "--source", "@."], "source in . (Is", id="source is a folder"),
        pytest.param(["verify", "--claim", "x", "--source", "@picture.png"], "picture.png", id="source is a picture"),
        pytest.param(["ingest", "picture.png"], "picture.png", id="ingest of a picture"),
        pytest.param(["ask", "Who?", "--llm", "scripted:picture.png"], "picture.png", id="script is a picture"),
        pytest.param(["ask", "Who?", "--reader", "picture.png"], "picture.png", id="reader is a picture"),
        pytest.param(["eval", "run", "picture.png", "--out", "r"], "picture.png", id="questions in a picture"),
        pytest.param(["eval", "run", "q.jsonl", "--out", "r", "--answers", "picture.png"], "picture.png", id="answers"),
        pytest.param(["eval", "judge-check", "picture.png"], "picture.png", id="labelled pairs in a picture"),
        pytest.param(["eval", "import", "squad", "picture.png", "--out", "n"], "picture.png", id="import of a picture"),
        pytest.param(["eval", "import", "beir", "picture.png", "--out", "n"], "picture.png", id="beir is no folder"),
        pytest.param(["eval", "report", "picture.png"], "picture.png", id="report of a picture"),
        pytest.param(["eval", "compare", "picture.png", "r"], "picture.png", id="comparison of a picture"),
        pytest.param(["ask", "--questions", "none.jsonl", "--out", "a.jsonl"], "none.jsonl", id="missing batch"),
        pytest.param(["ask", "--questions", "q.jsonl", "--out", "no/a.jsonl"], "no/a.jsonl", id="--out in no folder"),
        pytest.param(["ask", "--questions", "q.jsonl", "--out", "other.txt"], "other.txt", id="--out of another kind"),
        pytest.param(["ask", "Who?", "--llm", "gpt-9"], "gpt-9", id="unknown model"),
        pytest.param(["ask", "Who?", "--llm", "scripted:none"], "none", id="missing script"),
        pytest.param(["ask", "Who?", "--embedder", "all-MiniLM-L6-v2"], "stub", id="another embedder"),
        pytest.param(["eval", "run", "none.jsonl", "--out", "r"], "none.jsonl", id="missing eval questions"),
    ],
)
def test_an_error_is_one_line_that_says_what_is_wrong(
    dateline: Dateline, data: Path, tmp_path: Path, arguments: list[str], told: str
) -> None:
    (tmp_path / "q.jsonl").write_text('{"id": "a", "question": "Who?"}\n')
    (tmp_path / "other.txt").write_text("some notes\n")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\xff\xfe" * 40)
    no_data = {"--data"} & {*arguments} or arguments[0] in ("answer", "verify") or arguments == ["ingest"]
    no_data = no_data or (arguments[0] == "eval" and arguments[1] != "run")
    done = dateline(*arguments, *([] if no_data else ["--data", data]))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("dateline: ") and done.err.count("\n") == 1
    assert told in done.err
    assert (tmp_path / "other.txt").read_text() == "some notes\n"


def test_a_missing_archive_is_not_made_by_asking(dateline: Dateline, tmp_path: Path) -> None:
    dateline("ask", "Who?", "--data", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_an_archive_damaged_in_its_middle_is_one_line(dateline: Dateline, data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "damaged")
    file = tmp_path / "damaged" / "catalog.sqlite3"
    held = file.read_bytes()
    file.write_bytes(held[:4096] + b"\xff" * (len(held) - 4096))
    done = dateline("status", "--data", tmp_path / "damaged")
    assert done.code == 2
    assert (
        done.err.startswith("dateline: the archive: database disk image is malformed; restore")
        and done.err.count("\n") == 1
    )


def test_a_batch_of_nothing_usable_is_an_error(dateline: Dateline, write: Callable[..., Path], data: Path) -> None:
    done = dateline("ask", "--questions", write("q.jsonl", "x", "y"), "--out", "o.jsonl", "--data", data)
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("dateline: nothing could be done with")


def test_a_batch_does_not_write_over_its_questions(dateline: Dateline, write: Callable[..., Path], data: Path) -> None:
    file = write("q.jsonl", {"id": 0, "question": "Who resigned?"})
    done = dateline("ask", "--questions", file, "--out", file, "--data", data)
    assert done.code == 2 and "is the very file that is read" in done.err
    assert file.read_text() == '{"id": 0, "question": "Who resigned?"}\n'


def test_a_damaged_archive_is_one_line(dateline: Dateline, data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "damaged")
    (tmp_path / "damaged" / "catalog.sqlite3").write_bytes(b"no database, just text" * 500)
    done = dateline("ask", "Who?", "--data", tmp_path / "damaged")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("dateline: ")


def test_search_explains_its_plan(dateline: Dateline, data: Path) -> None:
    question = "What did Harbor News say of the ferry on March 1, 2024?"
    done = dateline("search", question, "--explain", "--data", data)
    assert done.code == 0
    assert "part 1" in done.out and "in Harbor News" in done.out and "near 2024-03-01" in done.out
    assert "retrieve" in done.out and " ms" in done.out
    told = json.loads(dateline("search", question, "--explain", "--json", "--data", data).out)
    assert told["plan"]["periods"] == [["2024-03-01", "2024-03-01", "in"]]
    assert [part["outlets"] for part in told["plan"]["parts"]] == [["Harbor News"]]
    assert set(told["timings"]) == {"plan", "embed", "retrieve", "fetch", "rerank"}
    assert "plan" not in json.loads(dateline("search", question, "--json", "--data", data).out)
    assert "asked as a whole" in dateline("search", "ferry", "--explain", "--data", data).out


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_ends_in_one_line(dateline: Dateline, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.pipeline.Pipeline.ask", interrupted)
    done = dateline("ask", "Who?", "--data", data)
    assert done == Done(130, "", "dateline: interrupted; nothing was written\n")


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("a.jsonl", "2 of 3 lines were written to a.jsonl by now; run the same command again to go on"),
        ("-", "2 of 3 lines were written to standard output; the same command begins anew"),
    ],
)
def test_an_interrupted_batch_says_what_it_wrote(
    dateline: Dateline, data: Path, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, out: str, told: str
) -> None:
    from rag.pipeline import Pipeline

    file = write("q.jsonl", *({"id": str(n), "question": q} for n, q in enumerate(("Who resigned?", "Why?", "Stop!"))))
    real = Pipeline.ask
    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "ask", lambda self, q, **o: interrupted() if q == "Stop!" else real(self, q, **o))
        done = dateline("ask", "--questions", file, "--out", out, "--data", data)
    assert (done.code, done.out.count("\n")) == (130, 2 if out == "-" else 0)
    assert done.err.startswith(f"dateline: interrupted; {told}") and done.err.count("\n") == 1
    if out != "-":
        assert "1 written to a.jsonl, 2 stood" in dateline("ask", "--questions", file, "--out", out, "--data", data).err


def test_an_interrupted_evaluation_says_what_it_kept(
    dateline: Dateline, data: Path, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.pipeline import Pipeline

    file = write("q.jsonl", {"id": "a", "question": "Who resigned?"}, {"id": "b", "question": "Stop!"})
    real = Pipeline.ask
    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "ask", lambda self, q, **o: interrupted() if q == "Stop!" else real(self, q, **o))
        done = dateline("eval", "run", file, "--out", "r", "--data", data)
        told = (
            "dateline: interrupted; 1 of 2 questions is answered and kept in r; run the same command again to go on\n"
        )
        assert done == Done(130, "", told)
        again = dateline("eval", "run", file, "--out", "r", "--data", data)
        told = "dateline: interrupted; no question more was answered, what r holds stays; run the same command again\n"
        assert again == Done(130, "", told)
    assert "1 asked, 1 kept" in dateline("eval", "run", file, "--out", "r", "--data", data).out


@pytest.mark.parametrize("during", ["rag.archive.index.Archive.open", "rag.archive.index.Archive.sync"])
def test_an_ingest_that_is_interrupted_before_or_after_reading_says_what_is_kept(
    dateline: Dateline, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, during: str
) -> None:
    file = write("news.jsonl", FERRY, MAYOR)
    with monkeypatch.context() as patch:
        patch.setattr(during, interrupted)
        done = dateline("ingest", file)
    kept = "no article was read into the archive" if during.endswith("open") else "2 articles are in the archive"
    assert (done.code, done.out, done.err.count("\n")) == (130, "", 1)
    assert done.err.startswith(f"dateline: interrupted; {kept}")
    again = dateline("ingest", file).out
    assert ("2 added" if during.endswith("open") else "2 unchanged") in again


def test_a_page_that_is_interrupted_says_so(
    dateline: Dateline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import app

    monkeypatch.setattr("web.serve._check_free", interrupted)
    told = "dateline: interrupted; the page is closed, the archive stays as it is\n"
    assert dateline("serve", "--no-browser") == Done(130, "", told)
    assert (app.main(["--no-browser"]), capsys.readouterr().err) == (130, told)


def test_a_page_that_is_interrupted_at_its_first_reading_says_what_is_kept(
    dateline: Dateline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import corpus

    real = corpus.articles

    def cut(paths: Any) -> Any:
        yield next(real(paths))
        raise KeyboardInterrupt

    monkeypatch.setattr(corpus, "articles", cut)
    monkeypatch.setattr("rag.archive.index._GROUP", 1)
    done = dateline("serve", "--no-browser", "--port", free_port())
    assert done.code == 130
    assert f"interrupted; of the starter articles 1 are in the archive {tmp_path / 'data'}" in done.err


def test_a_page_has_an_llms_money_and_recording(
    dateline: Dateline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Config] = []
    monkeypatch.setattr("web.serve.serve", lambda config, **_: opened.append(config))
    record = tmp_path / "replies.jsonl"
    done = dateline(
        "serve", "--no-browser", "--llm", "openai:m", "--prices", "2.50,10", "--max-cost", "5", "--record", record
    )
    assert done == Done(0, "", "")
    [config] = opened
    assert (config.llm, config.prices, config.max_cost, config.record) == ("openai:m", (2.5, 10.0), 5.0, record)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_an_interrupted_ingest_says_so(
    dateline: Dateline, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import corpus

    real = corpus.articles

    def cut(paths: Any, **options: Any) -> Any:
        items = real(paths, **options)
        yield next(items)
        raise KeyboardInterrupt

    file = write("news.jsonl", FERRY, MAYOR)
    monkeypatch.setattr(corpus, "articles", cut)
    monkeypatch.setattr("rag.archive.index._GROUP", 1)
    done = dateline("ingest", file)
    assert (done.code, done.err.count("\n")) == (130, 1)
    assert done.err.startswith("dateline: interrupted; 1 article is in the archive ")
    assert "run the same command again to go on" in done.err
    monkeypatch.setattr(corpus, "articles", real)
    assert "2 articles: 1 added, 0 changed, 1 unchanged" in dateline("ingest", file).out


def test_markup_and_escapes_in_articles_do_not_reach_the_terminal(
    dateline: Dateline, write: Callable[..., Path]
) -> None:
    text = "The ferry [bold red]Gannet[/] sank \x1b[31moff\x07 Orrismouth on Friday."
    dateline("ingest", write("news.jsonl", article(1, text)))
    for command in ("ask", "search"):
        out = dateline(command, "The ferry Gannet sank off Orrismouth on Friday").out
        assert "\x1b" not in out and "\x07" not in out
        assert "[bold red]Gannet[/]" in out


def test_as_a_process(data: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error::ResourceWarning", "-m", "cli.main", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    good = run("ask", "Why did Mayor Finch resign?", "--data", str(data), "--embedder", "stub", "--json")
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["status"] == "answered"
    bad = run("ask", "", "--data", str(data), "--embedder", "stub")
    assert (bad.returncode, bad.stdout, bad.stderr) == (2, "", "dateline: the question is empty; ask something\n")


def test_the_embedder_is_the_archives_own_unless_one_is_named(
    dateline: Dateline, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dateline("ingest", write("news.jsonl", FERRY))
    monkeypatch.delenv("DATELINE_EMBEDDER")
    assert dateline("ingest", write("more.jsonl", MAYOR)).code == 0
    assert dateline("ask", "Why did Mayor Tobias Finch resign?", "--json").json["status"] == "answered"
    assert dateline("search", "ferry").code == 0
    assert dateline("status", "--json").json["embedder"] == "stub"
    dateline("eval", "run", write("q.jsonl", {"question": "Who resigned?"}), "--out", "r")
    assert json.loads((tmp_path / "r" / "manifest.json").read_text())["config"]["embedder"] == "stub"
    wrong = "was made with the embedder 'stub', not 'all-MiniLM-L6-v2'"
    (tmp_path / "dateline.toml").write_text('embedder = "all-MiniLM-L6-v2"\n')
    assert wrong in dateline("ask", "Who?").err
    assert dateline("ask", "Who resigned?", "--embedder", "stub").code == 0
    (tmp_path / "dateline.toml").unlink()
    monkeypatch.setenv("DATELINE_EMBEDDER", "all-MiniLM-L6-v2")
    assert wrong in dateline("ask", "Who?").err


def test_settings_come_from_the_environment(
    dateline: Dateline, data: Path, monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    monkeypatch.setenv("DATELINE_DATA", str(data))
    monkeypatch.setenv("DATELINE_K", "1")
    assert len(dateline("search", "ferry", "--json").json["hits"]) == 1
    assert dateline("status", "--data", config.data).code == 2


@pytest.mark.parametrize(("name", "text"), [("no.jsonl", ""), ("blank.csv", "title,body\n"), ("none.json", "[]")])
def test_files_without_a_record_are_no_reasons_above(dateline: Dateline, name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    done = dateline("ingest", name)
    assert done.code == 2
    if "skipped: " in done.err:
        assert done.err.splitlines()[-1].endswith("the reasons stand above")
    else:
        assert done.err == (
            "dateline: nothing was read: there is no record in what was named; name a file that holds articles\n"
        )


@pytest.mark.parametrize("command", [("status",), ("ask", "Who came?"), ("remove", "x1"), ("serve", "--no-browser")])
def test_an_archive_that_is_a_file_is_said_to_be_one(
    dateline: Dateline, command: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader")
    done = dateline(*command, "--data", "letter.txt")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "it takes a folder; this is a file" in done.err
    assert "ingest" not in done.err
