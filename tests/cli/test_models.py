"""`dateline models`: what is here, fetching, trying; and the models in use by the options of other commands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.config import load
from rag.errors import ModelError
from rag.reading.reader import SHIPPED
from rag.text.download import Downloaded

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Return a function that runs the command line here and gives its exit code, output and complaints."""
    from cli.main import main

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["dateline", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return int(str(left.value.code or 0)), out, err

    return call


def test_those_that_come_along_are_listed_with_their_checksums(run: Run) -> None:
    code, out, _ = run("models", "list", "--json")
    rows = json.loads(out)["models"]
    assert code == 0
    told = [(row["name"], row["kind"]) for row in rows]
    assert told == [("built-in", "reader"), ("built-in", "judge"), ("all-MiniLM-L6-v2", "embedder")]
    assert all(row["bytes"] > 20e6 and "checksum as published" in row["state"] for row in rows)
    assert "all-MiniLM-L6-v2  embedder" in run("models", "list")[1]


def test_weights_that_are_damaged_are_told_in_the_list(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "reader.npz").write_bytes(b"x")
    monkeypatch.setattr("rag.reading.reader.ANSWERING", tmp_path / "reader.npz")
    monkeypatch.setitem(SHIPPED, tmp_path / "reader.npz", "0" * 64)
    code, out, _ = run("models", "list")
    assert code == 0
    assert "can't be used: " in out.splitlines()[0] and "checksum differs" in out.splitlines()[0]


def test_what_was_fetched_is_listed(run: Run, tmp_path: Path) -> None:
    storage = tmp_path / "hub" / "models--some--model"
    folder = storage / "snapshots" / ("a" * 40)
    folder.mkdir(parents=True)
    (storage / "refs").mkdir()
    (storage / "refs" / "main").write_text("a" * 40)
    (folder / "config.json").write_text('{"architectures": ["BertForQuestionAnswering"]}')
    (folder / "model.safetensors").write_text("x" * 1_000_000)
    _, out, _ = run("models", "list")
    assert out.splitlines()[3].split() == ["some/model", "reader", "1.0", "MB", "fetched"]


def test_fetch_says_what_came_and_how_to_use_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def fetch(name: str, *, pickles: bool, progress: bool) -> Downloaded:
        asked.append((name, pickles))
        return Downloaded(Path("/cache/some"), "reader", 12_000_000, "mit")

    monkeypatch.setattr("rag.text.download.fetch", fetch)
    code, out, _ = run("models", "fetch", "some/model")
    assert code == 0
    assert "some/model: reader, 12.0 MB, licence mit." in out
    assert 'reader = "hub:some/model"' in out
    assert json.loads(run("models", "fetch", "some/model", "--pickles", "--json")[1])["folder"] == "/cache/some"
    assert asked == [("some/model", False), ("some/model", True)]


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        (ModelError("can't fetch it"), 2, "dateline: can't fetch it\n"),
        (
            KeyboardInterrupt(),
            130,
            "dateline: interrupted; what was downloaded is kept; run the same command again to go on\n",
        ),
    ],
)
def test_fetch_fails_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, told: str
) -> None:
    def fetch(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr("rag.text.download.fetch", fetch)
    assert run("models", "fetch", "some/model") == (code, "", told)


# -- trying ----------------------------------------------------------------------------------------------------------


def test_a_reader_that_works(run: Run, tiny: Any) -> None:
    folder = tiny.reader()
    code, out, err = run("models", "check", f"hub:{folder}")
    assert (code, err) == (0, "")
    assert out.startswith(f"{folder}: reader, works: it finds “Ines Holt” (1.000); where there is no answer")
    assert f'reader = "hub:{folder}"' in out


def test_a_reader_that_never_says_that_there_is_no_answer(run: Run, tiny: Any) -> None:
    code, out, _ = run("models", "check", str(tiny.reader(null=-5.0)))
    assert code == 1
    assert "does not tell the right text from the wrong one" in out
    assert "Use it" not in out


def test_a_judge_a_reranker_and_one_as_the_other(run: Run, tiny: Any) -> None:
    code, out, _ = run("models", "check", str(tiny.classifier("neutral", "entailment", favours=1)))
    assert code == 0 and ": judge, works: it gives 0.8" in out
    folder = tiny.classifier("score", by=3.0)
    told = json.loads(run("models", "check", str(folder), "--json")[1])
    assert (told["kind"], told["works"]) == ("reranker", True)
    assert told["load_s"] > 0 and told["text_ms"] > 0
    assert json.loads(run("models", "check", str(folder), "--json", "--as", "judge")[1])["kind"] == "judge"
    named = tiny.classifier("LABEL_0", "LABEL_1", favours=1)
    code, _, err = run("models", "check", str(named))
    assert code == 2 and "add --as reader, judge, reranker or embedder" in err
    assert run("models", "check", f"{named}#LABEL_1")[0] == 0


def test_the_reader_that_comes_along(run: Run) -> None:
    code, out, _ = run("models", "check", "built-in")
    assert code == 0 and out.startswith("built-in: reader, works: it finds “Ines Holt”")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["nobody/nothing"],
            "the model nobody/nothing is not on this machine; run `dateline models fetch nobody/nothing`",
        ),
        (["../x"], "'../x' names no model; give a folder, without .., or a model of the hub"),
        (["x", "--as", "poet"], "--as 'poet' is not known; it takes reader, judge, reranker, embedder"),
    ],
)
def test_what_can_not_be_tried(run: Run, arguments: list[str], told: str) -> None:
    code, out, err = run("models", "check", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"dateline: {told}") and err.count("\n") == 1


# -- in use ----------------------------------------------------------------------------------------------------------


def test_verify_with_a_judge_of_the_hub(run: Run, tiny: Any) -> None:
    judge = f"model:{tiny.classifier('neutral', 'entailment', favours=1, by=4.0)}"
    claim = ("--claim", "The bridge has been repaired.", "--judge", judge, "--json")
    assert json.loads(run("verify", "--source", "Ines Holt mended the bridge.", *claim)[1])["verdict"] == "supported"
    assert json.loads(run("verify", "--source", "Rain fell on the mayor.", *claim)[1])["verdict"] == "unsupported"


def test_ask_with_models_of_the_hub(run: Run, tiny: Any, stories_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "stub")
    monkeypatch.setenv("DATELINE_READER", f"hub:{tiny.reader()}")
    monkeypatch.setenv("DATELINE_JUDGE", f"model:{tiny.classifier('entailment', 'neutral')}")
    code, out, err = run(
        "ask", "Who takes over from Mayor Finch?", "--data", str(stories_folder), "--json", "--no-keep"
    )
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert any("Holt" in citation["quote"] for citation in answer["citations"])


def test_ask_with_a_model_that_is_not_here(run: Run, stories_folder: Path) -> None:
    code, out, err = run("ask", "Who?", "--data", str(stories_folder), "--reader", "hub:nobody/nothing")
    assert (code, out) == (2, "")
    assert err == (
        "dateline: the reader nobody/nothing is not on this machine; run `dateline models fetch nobody/nothing`, "
        "or give a folder\n"
    )


def test_the_settings_that_the_docs_show_are_settings(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    (tmp_path / "dateline.toml").write_text(text.partition("```toml\n")[2].partition("```")[0])
    config = load(folder=tmp_path)
    assert config.reader.startswith("hub:")
    assert config.judge.startswith("model:") and config.reranker.startswith("model:")
