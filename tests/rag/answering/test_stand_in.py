"""An LLM that fails: the archive's own words stand in, told as such; what will fail again ends a batch."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answering.backends.script import Recorder, hash_of, read
from rag.answering.stand_in import failed, raise_if_lasting
from rag.config import Config
from rag.errors import ConfigError, LLMError, ModelError, UsageError
from rag.pipeline import Pipeline
from rag.types import Answer, Draft, DraftSentence, Generator, Hit, Judges, Plan, Span, Support
from web.views import answer_html

MAYOR = "Why did Mayor Tobias Finch resign?"
NOBODY = "Who won the chess tournament in Upper Fenwick?"


class Fails:
    """A generator whose LLM fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
        raise self.error

    def stream(self, plan: Plan, hits: Sequence[Hit]) -> Iterator[DraftSentence | Draft]:
        yield DraftSentence("One sentence.", ())
        raise self.error

    def again(self, plan: Plan, hits: Sequence[Hit], failed: Sequence[str]) -> tuple[DraftSentence, ...]:
        raise self.error


class SaysOne:
    """A generator of one sentence that no passage bears out, and that fails when it is asked once more."""

    def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
        return Draft((DraftSentence("It was the butler.", (), said="It was the butler."),), 0.8)

    def stream(self, plan: Plan, hits: Sequence[Hit]) -> Iterator[DraftSentence | Draft]:
        yield self.generate(plan, hits)

    def again(self, plan: Plan, hits: Sequence[Hit], failed: Sequence[str]) -> tuple[DraftSentence, ...]:
        raise LLMError("m: it is down")


class NoMoney:
    """A second check whose money is used up."""

    def judge(self, sentence: str, quotes: Sequence[str], where: str) -> Support:
        raise LLMError("no money", lasting=True)


@pytest.fixture
def quoting(stories_folder: Path) -> Iterator[Pipeline]:
    """Yield a pipeline that answers in the archive's own words."""
    opened = Pipeline.open(Config(data=stories_folder, embedder="stub", reader="none"))
    yield opened
    opened.close()


def with_llm(base: Pipeline, writes: Generator, second: Judges | None = None, *, alone: bool = False) -> Pipeline:
    """Return the pipeline with a generator of another kind; `alone`: with nothing to stand in."""
    return Pipeline(
        base.archive, base._embedder, writes, stand_in=None if alone else base._generator, second=second, reading=False
    )


def test_the_archives_own_words_answer_where_an_llm_fails(quoting: Pipeline) -> None:
    own = quoting.ask(MAYOR)
    pipeline = with_llm(quoting, Fails(LLMError("m: it is down", lasting=True)))
    answer = pipeline.ask(MAYOR)
    assert (answer.status, answer.text, answer.confidence, answer.tokens) == (
        "answered",
        own.text,
        own.confidence,
        None,
    )
    note = answer.notes[0]
    assert note.kind == "stand_in" and note.text.endswith("the archive's own words stand in: m: it is down.")
    assert note.data == {"reason": "m: it is down", "lasting": True}
    *_, last = pipeline.ask_stream(MAYOR)
    assert last.answer is not None and last.answer.text == own.text


def test_what_an_llm_failed_to_give_may_be_refused(quoting: Pipeline) -> None:
    answer = with_llm(quoting, Fails(LLMError("m: it is down"))).ask(NOBODY)
    assert (answer.refusal, answer.notes[0].kind) == ("not_found", "stand_in")


def test_what_fails_when_it_is_asked_once_more_is_not_written_anew(quoting: Pipeline) -> None:
    answer = with_llm(quoting, SaysOne()).ask(MAYOR)
    assert answer.status == "answered" and answer.notes[0].text.startswith("The passages don't bear out")
    assert [each.text for each in answer.dropped] == ["It was the butler."]


def test_a_second_check_that_fails_for_good_is_told(quoting: Pipeline) -> None:
    class Cites(SaysOne):
        def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
            chunk = hits[0].chunk
            span = Span(chunk.article_id, chunk.start, chunk.end)
            return Draft((DraftSentence("Mayor Finch resigned.", (span,), said="Mayor Finch resigned."),), 0.8)

    answer = with_llm(quoting, Cites(), NoMoney()).ask(MAYOR)
    assert answer.notes[0].data == {"reason": "no money", "lasting": True}


def test_where_nothing_stands_in_the_failure_is_raised(quoting: Pipeline) -> None:
    with pytest.raises(LLMError, match="it is down"):
        with_llm(quoting, Fails(LLMError("m: it is down")), alone=True).ask(MAYOR)


def test_a_bug_is_no_failure_of_an_llm(quoting: Pipeline) -> None:
    with pytest.raises(ValueError, match="a bug"):
        with_llm(quoting, Fails(ValueError("a bug"))).ask(MAYOR)


@pytest.fixture
def unrecorded(stories_folder: Path, tmp_path: Path) -> Iterator[Pipeline]:
    """Yield a pipeline whose LLM fails at every prompt: none of them is recorded."""
    script = tmp_path / "replies.jsonl"
    Recorder(script, "m").write("another prompt", "a reply", (3, 2))
    opened = Pipeline.open(Config(data=stories_folder, embedder="stub", llm=f"scripted:{script}"))
    yield opened
    opened.close()


@pytest.mark.parametrize(("question", "status"), [(MAYOR, "answered"), (NOBODY, "not_in_corpus")])
def test_an_answer_and_a_refusal_tell_that_they_stand_in(unrecorded: Pipeline, question: str, status: str) -> None:
    answer = unrecorded.ask(question)
    assert answer.status == status and answer.tokens is None
    [note] = [note for note in answer.notes if note.kind == "stand_in"]
    assert "has no reply to the prompt" in note.text and note.data["lasting"] is False
    texts = {hit.article.id: hit.article.text for hit in answer.hits}
    assert all(texts[c.article_id][c.start : c.end] == c.quote for c in answer.citations)
    assert raise_if_lasting(answer) is answer


def test_once_the_money_is_used_up_quotations_answer_and_say_why(stories_folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.jsonl"
    script.write_text('{"question": "*", "reply": "Mayor Tobias Finch resigned on Monday [1-10]."}\n', encoding="utf-8")
    spending = Config(prices=(0.0, 1e6), max_cost=17.0, llm_reply=16)  # each word of a reply costs 1
    config = replace(spending, data=stories_folder, embedder="stub", reader="none", llm=f"scripted:{script}")
    with closing(Pipeline.open(config)) as pipeline:
        first, second = pipeline.ask(MAYOR), pipeline.ask(MAYOR)
    assert [note.kind for note in first.notes if note.kind == "stand_in"] == []
    assert second.status == "answered" and "budget" in second.text
    assert "the money of --max-cost 17 is used up" in answer_html(second)


def test_what_will_fail_for_all_questions_is_raised() -> None:
    note = failed(LLMError("no money", lasting=True))
    with pytest.raises(LLMError, match="no money") as caught:
        raise_if_lasting(Answer("Who?", "not_in_corpus", "", (), (), (), 0.0, (note,)))
    assert caught.value.lasting


# -- names, keys, packages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("openai:gpt-x", "needs a key; put it into the environment variable OPENAI_API_KEY"),
        ("anthropic:claude-x", "needs a key; put it into the environment variable ANTHROPIC_API_KEY"),
        ("openai", "is not known; it takes none, openai:MODEL, anthropic:MODEL"),
        ("openai-like:m", "is not known"),
        ("openai-like:@http://127.0.0.1:1/v1", "is not known"),
        ("openai-like:m@http://", "is no web address"),
        ("openai-like:m@https://:80/v1", "is no web address"),
        ("openai-like:m@http://host:99999/v1", "is no web address"),
        ("openai-like:m@http://me:hush@host/v1", "holds a password or a query"),
        ("openai-like:m@http://host/v1?key=hush", "holds a password or a query"),
        ("openai-like:m@ftp://me:hush@host", "is not known"),
        ("OpenAI:gpt-x", "is not known"),
    ],
)
def test_a_name_that_cannot_be_used_is_told(name: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.answering.llm import load_llm

    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigError, match=told) as caught:
        load_llm(name)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("openai:m", "llama_index.llms.openai_like", "openai"),
        ("openai-like:m@http://127.0.0.1:1/v1", "llama_index.llms.openai_like", "openai"),
        ("anthropic:m", "llama_index.llms.anthropic", "anthropic"),
        ("ollama:llama3:8b", "llama_index.llms.ollama", "ollama"),
        ("local:some.gguf", "xllamacpp", "local"),
    ],
)
def test_a_package_that_is_missing_is_named_with_its_extra(
    name: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    from rag.answering.llm import load_llm

    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with pytest.raises(ModelError, match=rf"is not installed; it comes with: pip install 'dateline\[{extra}\]'"):
        load_llm(name)


@pytest.mark.parametrize("what", ["missing", "folder", "text", "cut off"])
def test_a_local_model_that_is_none_is_told(tmp_path: Path, what: str) -> None:
    from rag.answering.llm import load_llm

    file = tmp_path / "model.gguf"
    if what == "folder":
        file.mkdir()
    elif what != "missing":
        file.write_bytes(b"Hello" if what == "text" else b"GGUF\x03\0\0\0")
    with pytest.raises(ModelError, match=r"model\.gguf"):
        load_llm(f"local:{file}")


def test_a_limit_needs_prices(tmp_path: Path) -> None:
    from rag.answering.llm import load_llm

    script = tmp_path / "s.jsonl"
    script.write_text('{"question": "*", "reply": "x"}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="--max-cost needs the prices"):
        load_llm(f"scripted:{script}", Config(max_cost=1.0))


# -- recordings ------------------------------------------------------------------------------------------------------


def test_a_recording_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "new" / "replies.jsonl"
    Recorder(file, "m").write("a\ud800 prompt", "Ünïcode [1].", None)
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"prompt_sha256": "12')
    Recorder(file, "m").write("b", "second", (1, 2))
    assert file.read_bytes().startswith(whole)
    script = read(file)
    assert script.by_prompt == {hash_of("a\ud800 prompt"): ("Ünïcode [1].", None), hash_of("b"): ("second", (1, 2))}


@pytest.mark.parametrize("held", ["notes of mine\n", "notes of mine", '{"question": "a"}\n', "[]\n"])
def test_nothing_else_is_written_into(tmp_path: Path, held: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_text(held, encoding="utf-8")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        Recorder(file, "m")
    assert file.read_text(encoding="utf-8") == held


def test_a_script_may_hold_questions_and_prompts(tmp_path: Path) -> None:
    from rag.answering.llm import load_llm

    file = tmp_path / "replies.jsonl"
    Recorder(file, "m").write("the prompt", "by prompt", None)
    with file.open("a", encoding="utf-8") as more:
        more.write('{"question": "Who?", "reply": "by question"}\n')
    llm = load_llm(f"scripted:{file}")
    assert llm.complete("the prompt").text == "by prompt"
    assert llm.complete("...\nQuestion: Who?\nAnswer:").text == "by question"
    with pytest.raises(LLMError, match="has no reply"):
        llm.complete("...\nQuestion: Where?\nAnswer:")
