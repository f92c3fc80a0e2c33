"""A conversation: what is asked, what is remembered, and who may say what a question means."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag.answering.backends.load import load
from rag.answering.rewrite import believed, prompt
from rag.config import Config
from rag.conversation import MAX_TURNS, Conversation
from rag.errors import UsageError
from rag.pipeline import Pipeline
from rag.question.followup import Turn
from rag.types import Answer

MAYOR = "Why did Mayor Tobias Finch resign?"


@pytest.fixture(scope="module")
def pipeline(stories_folder: Path) -> Iterator[Pipeline]:
    opened = Pipeline.open(Config(data=stories_folder, embedder="stub"))
    yield opened
    opened.close()


@pytest.fixture
def talk(pipeline: Pipeline) -> Conversation:
    return Conversation(pipeline)


def test_a_question_is_asked_as_it_is_understood_and_a_note_says_so(talk: Conversation) -> None:
    talk.ask(MAYOR)
    turn = talk.ask("Who replaced him?")
    assert turn.question == turn.answer.question == "Who replaced Mayor Tobias Finch?"
    [note] = [note for note in turn.answer.notes if note.kind == "understood"]
    assert note.text == "Understood as: “Who replaced Mayor Tobias Finch?”"
    assert note.data["typed"] == "Who replaced him?" and note.data["meant"] == [["him", "Mayor Tobias Finch"]]
    assert len(talk.turns) == 2


def test_what_stands_alone_has_no_note(talk: Conversation) -> None:
    talk.ask(MAYOR)
    turn = talk.ask("Where will Voltane build a battery plant?")
    assert not any(note.kind == "understood" for note in turn.answer.notes)


def test_what_is_not_clear_is_told(talk: Conversation) -> None:
    talk.ask("Where will Voltane build a battery plant?")
    [note] = [note for note in talk.ask("Is she rich?").answer.notes if note.kind == "understood"]
    assert "isn't clear who or what “she” means" in note.text


def test_a_correction_takes_the_place_of_the_last_turn_and_is_not_changed(talk: Conversation) -> None:
    talk.ask(MAYOR)
    talk.ask("Who replaced him?")
    turn = talk.correct("Who is he?")
    assert turn.question == "Who is he?"
    assert [each.question for each in talk.turns] == [MAYOR, "Who is he?"]


def test_a_question_that_cannot_be_asked_changes_nothing(talk: Conversation) -> None:
    talk.ask(MAYOR)
    before = talk.turns
    for ask in (talk.ask, talk.correct):
        with pytest.raises(UsageError):
            ask(" ")
        with pytest.raises(UsageError):
            ask("x" * 5_000)
    assert talk.turns == before


def test_only_the_last_turns_are_kept(talk: Conversation) -> None:
    for n in range(MAX_TURNS + 3):
        talk.ask(f"Who is Ines Holt {n}?")
    assert len(talk.turns) == MAX_TURNS and talk.turns[-1].question == f"Who is Ines Holt {MAX_TURNS + 2}?"


def test_an_earlier_answer_is_no_evidence(pipeline: Pipeline) -> None:
    """What an earlier answer says, true or not, is neither searched nor cited."""
    claim = "The moon is made of cheese."
    false = Turn("What is the moon made of?", Answer("What is the moon made of?", "answered", claim, (), (), (), 0.9))
    turn = Conversation(pipeline, [false]).ask("And what did Mayor Finch resign over?")
    assert "cheese" not in turn.answer.text
    texts = {hit.article.id: hit.article.text for hit in turn.answer.hits}
    assert all(texts[c.article_id][c.start : c.end] == c.quote for c in turn.answer.citations)


# -- with an LLM -----------------------------------------------------------------------------------------------------


def turns(*questions: str, text: str = "Mayor Tobias Finch resigned on 6 May 2024.") -> Sequence[Turn]:
    return [Turn(each, Answer(each, "answered", text, (), (), (), 0.9)) for each in questions]


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        ("Who replaced Mayor Tobias Finch?", "Who replaced Mayor Tobias Finch?"),
        ("<think>him is Finch</think>\n**Who replaced Finch in 2024?**", "Who replaced Finch in 2024?"),
        ('"Who replaced Tobias Finch?"', "Who replaced Tobias Finch?"),
        ("Who replaced Boris Karloff?", None),
        ("Who replaced Tobias Finch in 2019?", None),
        ("Ines Holt.", None),
        ("Sure! Here it is:\nWho replaced Tobias Finch?", None),
        ("", None),
        (f"Who replaced {'him ' * 200}?", None),
    ],
)
def test_a_rewriting_is_believed_only_where_nothing_new_comes_in(reply: str, question: str | None) -> None:
    assert believed(reply, "Who replaced him?", turns(MAYOR)) == question


def test_an_llm_rewrites_where_one_is_named(stories_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(stories_folder, tmp_path / "data")
    first = Pipeline.open(Config(data=tmp_path / "data", embedder="stub")).ask(MAYOR)
    script = tmp_path / "replies.jsonl"
    config = Config(data=tmp_path / "data", embedder="stub", llm=f"scripted:{script}")
    asked = prompt("And the deputy?", [Turn(MAYOR, first)])

    from rag.answering.backends.script import Recorder

    Recorder(script, "m").write(asked, "Who is the deputy of Mayor Tobias Finch?", None)
    opened = Pipeline.open(config)
    talk = Conversation(opened, [Turn(MAYOR, first)])
    assert talk.understand("And the deputy?").question == "Who is the deputy of Mayor Tobias Finch?"
    # A prompt that isn't recorded is an LLM that fails: words decide.
    assert talk.understand("Who replaced him?").question == "Who replaced Mayor Tobias Finch?"
    assert load(f"scripted:{script}", config).complete(asked).text.startswith("Who is the deputy")
    opened.close()
