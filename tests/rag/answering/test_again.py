"""What goes on between the LLM and the check: sentences as they come, failed ones asked for again, a second call, a stand-in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from rag.answering.llm import LLMGenerator, load_llm
from rag.answering.second import SecondCall, second_call
from rag.config import Config
from rag.errors import ConfigError, LLMError, UsageError
from rag.pipeline import Pipeline
from rag.types import Answer, Assessment, Draft, Event, Hit, Plan

QUESTION = "How many witnesses will Judge Mara Quill hear?"
TRUE = 'Judge Mara Quill will hear 60 witnesses.\n[1] "Judge Mara Quill will hear 60 witnesses"'
FALSE = 'Judge Mara Quill will hear 97 witnesses.\n[1] "Judge Mara Quill will hear 60 witnesses"'


class Talking(CustomLLM):
    """An LLM that says what `say` makes of the prompt, four characters at a time where it streams."""

    say: Callable[[str], str]
    window: int = 100_000

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="talking", context_window=self.window)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self.say(prompt))

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        text = self.say(prompt)
        for at in range(0, len(text), 4):
            yield CompletionResponse(text=text[: at + 4], delta=text[at : at + 4])


class Sure:
    """Evidence that is always there."""

    def assess(self, plan: Plan, hits: Sequence[Hit]) -> Assessment:
        return Assessment(0.8)


@dataclass
class Desk:
    """A pipeline over the fixture's stories whose LLM is `Talking`."""

    base: Pipeline
    asked: list[str] = field(default_factory=list)

    def with_llm(
        self, say: Callable[[str], str] | str, *, second: SecondCall | None = None, reading: bool = True
    ) -> Pipeline:
        def told(prompt: str) -> str:
            self.asked.append(prompt)
            return say(prompt) if callable(say) else say

        llm = Talking(say=told)
        return Pipeline(
            self.base.archive,
            self.base._embedder,
            LLMGenerator(llm, Sure()),
            stand_in=self.base._generator,
            second=second,
            reading=reading,
        )


@pytest.fixture
def desk(stories_folder: Path) -> Iterator[Desk]:
    base = Pipeline.open(Config(data=stories_folder, embedder="stub", reader="none"))
    yield Desk(base)
    base.close()


def numbers_of(answer: Answer) -> list[str]:
    return [sentence.text for sentence in answer.sentences]


# -- once more -------------------------------------------------------------------------------------------------------


def first_false_then(later: str) -> Callable[[str], str]:
    return lambda prompt: later if "not borne out" in prompt else FALSE


def test_what_fails_is_asked_for_again_with_its_evidence(desk: Desk) -> None:
    answer = desk.with_llm(first_false_then(TRUE)).ask(QUESTION)
    assert numbers_of(answer) == ["Judge Mara Quill will hear 60 witnesses."]
    assert [each.text for each in answer.dropped] == ["Judge Mara Quill will hear 97 witnesses."]
    _, again = desk.asked
    assert "- Judge Mara Quill will hear 97 witnesses." in again and "60 witnesses" in again
    note = next(note for note in answer.notes if note.kind == "dropped")
    assert note.text == "1 of 1 sentence was dropped: not supported. 1 was written anew, and passed."


def test_what_fails_again_is_dropped_for_good_and_counted_once(desk: Desk) -> None:
    both = f"{TRUE}\n{FALSE}"
    answer = desk.with_llm(lambda prompt: FALSE.replace("97", "98") if "not borne out" in prompt else both).ask(
        QUESTION
    )
    assert numbers_of(answer) == ["Judge Mara Quill will hear 60 witnesses."]
    assert len(answer.dropped) == 1 and len(desk.asked) == 2


def test_what_is_told_already_is_not_told_twice(desk: Desk) -> None:
    answer = desk.with_llm(f"{TRUE}\n{FALSE}").ask(QUESTION)
    assert numbers_of(answer) == ["Judge Mara Quill will hear 60 witnesses."]


def test_where_all_passes_the_llm_is_asked_once(desk: Desk) -> None:
    assert desk.with_llm(TRUE).ask(QUESTION).dropped == ()
    assert len(desk.asked) == 1


# -- the archive's own words -----------------------------------------------------------------------------------------


def test_where_nothing_is_borne_out_quotations_stand_in(desk: Desk) -> None:
    answer = desk.with_llm(FALSE).ask(QUESTION)
    assert answer.status == "answered" and "60 witnesses" in answer.text and "97" not in answer.text
    assert answer.notes[0].kind == "stand_in"
    assert [each.text for each in answer.dropped] == ["Judge Mara Quill will hear 97 witnesses."]


def test_where_the_llm_declines_nothing_stands_in(desk: Desk) -> None:
    assert desk.with_llm("NOT IN CORPUS").ask(QUESTION).refusal == "not_found"


# -- as it comes -----------------------------------------------------------------------------------------------------


def events(pipeline: Pipeline) -> list[Event]:
    return list(pipeline.ask_stream(QUESTION))


def test_sentences_are_told_while_the_llm_writes(desk: Desk) -> None:
    seen_by_then: list[int] = []
    other = 'The inquiry will be held at Orrismouth.\n[1] "Judge Mara Quill"'

    def say(prompt: str) -> str:
        return f"{TRUE}\n{other}\n{other}"

    pipeline = desk.with_llm(say)
    for event in pipeline.ask_stream(QUESTION):
        if event.kind == "sentence":
            seen_by_then.append(len(desk.asked))
            break
    assert seen_by_then == [1]  # before anything was asked for again


def test_the_answer_is_what_was_told(desk: Desk) -> None:
    found, *told, last = events(desk.with_llm(f"{TRUE}\n{FALSE}"))
    assert found.kind == "found" and last.answer is not None
    assert [event.text for event in told] == [last.answer.text]
    assert last.answer.text == desk.with_llm(f"{TRUE}\n{FALSE}").ask(QUESTION).text


@pytest.mark.parametrize(
    "reply",
    [
        TRUE,
        f"<think>{FALSE}</think>{TRUE}",
        f"{FALSE}</think>\n{TRUE}",
        "Judge Mara Quill will hear 60 witnesses [1]. Nobody else will.",
        'Judge Mara Quill will hear 60 witnesses. [1] "will hear 60 witnesses" [1] "Judge Mara Quill"',
        "",
        "[1]",
    ],
)
def test_streamed_or_not_the_answer_is_the_same(desk: Desk, reply: str) -> None:
    streamed = events(desk.with_llm(reply))[-1].answer
    assert streamed is not None
    whole = desk.with_llm(reply).ask(QUESTION)
    assert (streamed.text, streamed.dropped) == (whole.text, whole.dropped)


# -- a second call ---------------------------------------------------------------------------------------------------


def judge(word: str, asked: list[str] | None = None) -> SecondCall:
    def told(prompt: str) -> str:
        if asked is not None:
            asked.append(prompt)
        return word

    return SecondCall(Talking(say=told))


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("YES", "supported"),
        (" yes. ", "supported"),
        ("<think>Hm, no.</think>YES", "supported"),
        ("NO", "unsupported"),
        ("No, it says 60.", "unsupported"),
        ("YES, but not all of it", "unjudged"),
        ("Perhaps", "unjudged"),
        ("", "unjudged"),
        ("NOT SURE, YES", "unjudged"),
    ],
)
def test_only_the_one_word_counts(word: str, verdict: str) -> None:
    assert judge(word).judge("It sank.", ["The ferry sank."], "Harbor News").verdict == verdict


def test_the_second_call_sees_the_sentence_and_its_quotes_only() -> None:
    asked: list[str] = []
    judge("YES", asked).judge("It\nsank.", ["The ferry sank."], "Ferry sinks, Harbor News, 1 March 2024")
    assert "Quote (Ferry sinks, Harbor News, 1 March 2024): The ferry sank." in asked[0]
    assert "Sentence: It sank.\n" in asked[0] and QUESTION not in asked[0]


def test_both_must_agree(desk: Desk) -> None:
    assert numbers_of(desk.with_llm(TRUE, second=judge("YES")).ask(QUESTION)) != []
    refused = desk.with_llm(TRUE, second=judge("NO")).ask(QUESTION)
    assert "second call" in refused.dropped[0].reason
    assert desk.with_llm(FALSE, second=judge("YES")).ask(QUESTION).dropped


def test_alone_it_decides_but_not_against_a_clear_no(desk: Desk) -> None:
    loose = 'Judge Quill has 60 persons to listen to.\n[1] "Judge Mara Quill will hear 60 witnesses"'
    assert desk.with_llm(loose, second=judge("NO"), reading=False).ask(QUESTION).dropped
    assert numbers_of(desk.with_llm(loose, second=judge("YES"), reading=False).ask(QUESTION)) == [
        "Judge Quill has 60 persons to listen to."
    ]
    asked: list[str] = []
    nothing = 'Pigs flew.\n[1] "Judge Mara Quill will hear 60 witnesses"'
    assert desk.with_llm(nothing, second=judge("YES", asked), reading=False).ask(QUESTION).dropped
    assert asked == []


def test_which_call_the_settings_name(tmp_path: Path) -> None:
    script = tmp_path / "s.jsonl"
    script.write_text('{"question": "*", "reply": "YES"}', encoding="utf-8")
    assert second_call(Config()) is None
    assert second_call(Config(check=f"model:scripted:{script}")) is not None
    assert second_call(Config(check="both", llm=f"scripted:{script}")) is not None
    with pytest.raises(ConfigError, match="name one with llm"):
        second_call(Config(check="llm"))


def test_a_second_llm_is_paid_from_the_same_purse(tmp_path: Path) -> None:
    script = tmp_path / "s.jsonl"
    script.write_text('{"question": "*", "reply": "YES"}', encoding="utf-8")
    config = Config(llm=f"scripted:{script}", check=f"model:scripted:{script}", prices=(1e6, 1e6), max_cost=1500)
    llm = load_llm(config.llm, config)
    second = second_call(config, llm)
    assert second is not None
    assert second.judge("It sank.", ["The ferry sank."], "Harbor News").verdict == "supported"
    with pytest.raises(LLMError, match=r"--max-cost 1500 is used up"):
        llm.complete("word " * 1000)


# -- a window too small ----------------------------------------------------------------------------------------------


def test_a_window_too_small_for_one_passage_is_told(desk: Desk) -> None:
    [hit, *_] = desk.base.search(QUESTION)
    with pytest.raises(UsageError, match="larger window"):
        LLMGenerator(Talking(say=lambda _: TRUE, window=300), Sure()).generate(Plan(QUESTION), [hit])
    assert isinstance(LLMGenerator(Talking(say=lambda _: TRUE), Sure()).generate(Plan(QUESTION), [hit]), Draft)
