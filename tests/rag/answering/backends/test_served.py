"""The clients of openai, anthropic and ollama against a server on loopback that replies, fails, stalls and lies."""

import shutil
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rag.errors import DatelineError, LLMError

KINDS = ("openai", "anthropic", "ollama", "openai-like")
REPLY = "The ferry Gannet sank on Friday [1]."
KEY = "test-key-0123456789abcdef"
Make = Callable[..., Any]


@pytest.mark.parametrize("kind", KINDS)
def test_a_reply_comes_with_its_tokens(llm: Make, fake: Any, kind: str) -> None:
    response = llm(kind).complete("What sank?")
    assert response.text == REPLY
    assert response.raw == {"usage": {"prompt_tokens": 120, "completion_tokens": 9}}
    assert len(fake.asked) == 1 and fake.asked[0]["messages"][-1]["content"] in (
        "What sank?",
        [{"type": "text", "text": "What sank?"}],
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_reply_streams(llm: Make, fake: Any, kind: str) -> None:
    fake.pause = 0.05
    came: list[tuple[float, str]] = []
    for part in llm(kind).stream_complete("What sank?"):
        came.append((time.monotonic(), part.text))
    assert came[-1][1].strip() == REPLY
    assert len(came) >= 5 and came[-1][0] - came[0][0] > 0.1  # while the server is still at it
    assert all(after.startswith(before) for (_, before), (_, after) in pairwise(came))
    assert fake.asked[0]["stream"] is True


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", ["429", "500", "503"])
def test_it_asks_again_after_a_failure_that_may_pass(llm: Make, fake: Any, kind: str, status: str) -> None:
    fake.does = [status, status, "reply"]
    assert llm(kind).complete("What sank?").text == REPLY
    assert len(fake.asked) == 3


def test_it_waits_as_long_as_the_server_asks_for(llm: Make, fake: Any) -> None:
    fake.does, fake.retry_after = ["429", "reply"], "1"
    began = time.monotonic()
    llm().complete("What sank?")
    assert time.monotonic() - began >= 1.0


def test_a_wait_longer_than_the_time_is_not_begun(llm: Make, fake: Any) -> None:
    fake.does, fake.retry_after = ["429"], "3600"
    with pytest.raises(LLMError, match=r"takes no more requests for now.*slow down"):
        llm().complete("What sank?")
    assert len(fake.asked) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("does", "told", "lasting", "times"),
    [
        ("429", "takes no more requests for now", False, 4),
        ("500", r"failed \(500: .*our fault", False, 4),
        ("404", "no such model", True, 1),
        ("400", "the prompt is too long for the model", False, 1),
        ("html", "can't be read", False, 1),
        ("not json", "can't be read", False, 1),
        ("other json", "can't be read|replied with nothing", False, 1),
        ("cut", "broke off in the middle", False, 1),
        ("redirect", "sends requests on to 127.0.0.1:9, which is not followed", False, 1),
    ],
)
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_a_failure_is_one_line_that_says_it(
    llm: Make, fake: Any, kind: str, does: str, told: str, lasting: bool, times: int, streaming: bool
) -> None:
    fake.does, fake.elsewhere = [does], "http://127.0.0.1:9"
    made = llm(kind)
    with pytest.raises(LLMError, match=told) as caught:
        list(made.stream_complete("What sank?")) if streaming else made.complete("What sank?")
    said = str(caught.value)
    assert "\n" not in said and len(said) < 500 and f"{kind}:m" in said and KEY not in said
    assert caught.value.lasting == lasting
    assert len(fake.asked) == times


@pytest.mark.parametrize("kind", ["openai", "anthropic", "openai-like"])
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
def test_a_wrong_key_is_told_by_its_variable_and_never_shown(llm: Make, fake: Any, kind: str, streaming: bool) -> None:
    fake.key = "another"
    made = llm(kind)
    with pytest.raises(LLMError, match=r"refuses the key in \w+_API_KEY \(401\)") as caught:
        list(made.stream_complete("What sank?")) if streaming else made.complete("What sank?")
    assert KEY not in str(caught.value) and caught.value.lasting
    assert len(fake.asked) == 1


@pytest.mark.parametrize("kind", ["openai", "anthropic", "openai-like"])
def test_a_key_that_the_server_echoes_is_not_shown(llm: Make, fake: Any, kind: str) -> None:
    fake.does = ["echo"]
    with pytest.raises(LLMError, match=r"\*\*\*") as caught:
        llm(kind).complete("What sank?")
    assert KEY in str(fake.headers) and KEY not in str(caught.value) and KEY not in repr(caught.value.__cause__)


def test_keys_of_known_forms_are_not_shown_whoever_owns_them(llm: Make, fake: Any) -> None:
    fake.does = ["reply"]
    made = llm()
    told = made._told(ValueError("sk-proj-abcdef123456 and Bearer xyz.123 and http://me:pass@host/"))
    assert not any(secret in str(told) for secret in ("abcdef", "xyz", "pass"))


def test_the_key_of_openai_goes_to_nobody_else(llm: Make, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-only")
    monkeypatch.delenv("OPENAI_LIKE_API_KEY")
    llm("openai-like").complete("What sank?")
    assert "sk-of-openai-only" not in str(fake.headers)


def test_a_server_that_is_down_is_named(llm: Make, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(LLMError, match=r"no connection to 127\.0\.0\.1:9 .*is it running"):
        llm("openai").complete("What sank?")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("does", "pause"), [("hang", 15.0), ("reply", 0.3)], ids=["silent", "slow"])
def test_a_reply_that_takes_too_long_is_given_up(llm: Make, fake: Any, kind: str, does: str, pause: float) -> None:
    fake.does, fake.pause = [does], pause
    made, began = llm(kind, llm_timeout=1.0), time.monotonic()
    with pytest.raises(LLMError, match="no whole reply within 1 seconds"):
        list(made.stream_complete("What sank? " * 5))
    assert time.monotonic() - began < 12.0, "before the server replied"


def test_redirects_are_not_followed_on_the_same_host_either(llm: Make, fake: Any) -> None:
    fake.does, fake.elsewhere = ["redirect", "reply"], fake.url
    with pytest.raises(LLMError, match="sends requests on"):
        llm().complete("What sank?")
    assert len(fake.asked) == 1


def test_requests_at_once_are_limited(llm: Make, fake: Any) -> None:
    fake.pause = 0.1
    made = llm(llm_requests=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(made.complete, [f"What sank {n}?" for n in range(8)]))
    assert len(fake.asked) == 8 and fake.most == 2


@pytest.mark.parametrize("kind", KINDS)
def test_an_endless_reply_is_cut(llm: Make, fake: Any, kind: str) -> None:
    fake.reply = "The ferry sank on Friday [1]. " * 14_000  # about 100,000 tokens
    text = llm(kind, llm_timeout=30.0, llm_reply=500).complete("What sank?").text
    assert text.startswith("The ferry sank") and len(text) == 4_000


def test_a_reply_of_many_megabytes_is_not_read(llm: Make, fake: Any) -> None:
    fake.reply = "x" * 9_000_000
    with pytest.raises(LLMError, match="longer than 8 million bytes"):
        llm(llm_timeout=30.0).complete("What sank?")


@pytest.mark.parametrize("reply", ["", " \n "])
def test_an_empty_reply_is_a_failure(llm: Make, fake: Any, reply: str) -> None:
    fake.reply = reply
    with pytest.raises(LLMError, match="replied with nothing"):
        llm().complete("What sank?")
    with pytest.raises(LLMError, match="replied with nothing"):
        list(llm().stream_complete("What sank?"))


def test_the_cost_is_never_more_than_allowed(llm: Make, fake: Any) -> None:
    made = llm(prices=(100.0, 1000.0), max_cost=0.1, llm_reply=16)  # a call costs .021: 120 sent, 9 replied
    done = 0
    with pytest.raises(LLMError, match=r"--max-cost 0\.1 is used up \(0\.\d+ spent") as caught:
        for _ in range(10):
            made.complete("What sank?" * 20)
            done += 1
    assert caught.value.lasting and done == len(fake.asked) == 4
    assert made._purse.spent == pytest.approx(4 * 0.021)


def test_the_cost_holds_with_requests_at_once(llm: Make, fake: Any) -> None:
    fake.pause = 0.05
    made = llm(prices=(100.0, 1000.0), max_cost=0.1, llm_reply=16, llm_requests=8)
    refused = threading.Semaphore(0)

    def ask(n: int) -> None:
        try:
            made.complete(f"What sank {n}?" * 20)
        except LLMError:
            refused.release()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert made._purse.spent <= 0.1 and len(fake.asked) == 4 and refused._value == 4


def test_what_is_recorded_is_replayed(llm: Make, fake: Any, tmp_path: Path) -> None:
    from rag.answering.backends.load import load
    from rag.config import Config

    file = tmp_path / "replies.jsonl"
    made = llm("anthropic", record=file)
    made.complete("What sank?")
    list(made.stream_complete("Who drowned?"))
    assert KEY not in file.read_text(encoding="utf-8")
    again = load(f"scripted:{file}", Config())
    asked = len(fake.asked)
    assert again.complete("What sank?").text == REPLY
    assert [part.text.strip() for part in again.stream_complete("Who drowned?")] == [REPLY]
    assert again.complete("What sank?").raw == {"usage": {"prompt_tokens": 120, "completion_tokens": 9}}
    with pytest.raises(LLMError, match=r"has no reply to the prompt [0-9a-f]{12}"):
        again.complete("What swam?")
    assert len(fake.asked) == asked


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_no_proxy_stands_before_this_machine(llm: Make, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert llm().complete("What sank?").text == REPLY


def test_a_proxy_that_is_set_leads_to_other_machines(llm: Make, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", fake.url)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://llm.example/v1")
    with pytest.raises(LLMError):  # the fake is no proxy, but it is asked
        llm("openai").complete("What sank?")
    assert fake.headers[0]["host"] == "llm.example"


@pytest.mark.filterwarnings("ignore::DeprecationWarning:(click|typer|rich).*")
@pytest.mark.parametrize("does", ["echo", "reply"])
def test_a_run_leaves_the_key_nowhere(
    llm: Make,
    fake: Any,
    does: str,
    tmp_path: Path,
    stories_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither the report, its cases and traces, the recording nor the terminal shows it, though the server repeats it."""
    from cli.main import main

    shutil.copytree(stories_folder, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    fake.does, fake.reply = [does], f"The ferry Gannet sank on Friday [1]. The key is {KEY}."
    questions = '{"id": "1", "question": "What sank?"}\n'
    (tmp_path / "q.jsonl").write_text(questions, encoding="utf-8")
    arguments = ["eval", "run", "q.jsonl", "--out", "out", "--data", "data", "--embedder", "stub"]
    arguments += [
        "--llm",
        f"openai-like:m@{fake.url}/v1",
        "--record",
        "r.jsonl",
        "--judge",
        f"llm:openai-like:m@{fake.url}/v1",
    ]
    monkeypatch.setattr(sys, "argv", ["dateline", *arguments])
    with pytest.raises(SystemExit) as leave:
        main()
    assert not leave.value.code and KEY in str(fake.headers)
    written = [file for file in tmp_path.rglob("*") if file.is_file() and file.parent.name != "data"]
    assert len(written) > 5
    shown = "".join(capsys.readouterr())
    for text in (shown, *(file.read_bytes().decode("utf-8", "replace") for file in written)):
        assert KEY not in text


def test_every_failure_is_one_of_ours() -> None:
    assert issubclass(LLMError, DatelineError)
