"""Which outlets a question names, and what kind of answer it wants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import UsageError
from rag.plan import MAX_QUESTION, asks, make_plan, outlet_key, outlets_by_key
from rag.types import Plan

OUTLETS = outlets_by_key(
    [
        "The Verge",
        "Fortune",
        "Time",
        "CNBC | World Business News Leader",
        "BBC News - Technology",
        "BBC News - Entertainment & Arts",
        "theguardian.com",
        "The Guardian",
        "TechCrunch",
        "The Age",
        "The Sydney Morning Herald",
        "Hacker News",
        "Live Science: The Most Interesting Articles",
        "Le Monde",
        "",
        "X",
    ]
)
BBC = ("BBC News - Entertainment & Arts", "BBC News - Technology")
CNBC = ("CNBC | World Business News Leader",)
GUARDIAN = ("The Guardian", "theguardian.com")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The Verge", "verge"),
        ("the verge", "verge"),
        ("Verge", "verge"),
        ("theverge.com", "verge"),
        ("www.theverge.com", "verge"),
        ("https://www.theverge.com", "verge"),
        ("The Guardian - World", "guardian"),
        ("The Guardian – World", "guardian"),
        ("CNBC | World Business", "cnbc"),
        ("Live Science: Articles", "livescience"),
        ("bbc.co.uk", "bbc"),
        ("news.bbc.co.uk", "newsbbc"),
        ("El País", "elpaís"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("A & B", "ab"),
        ("The", "the"),
        ("  ", ""),
    ],
)
def test_outlet_key(name: str, key: str) -> None:
    assert outlet_key(name) == key


@given(st.text(max_size=60))
def test_an_outlet_key_is_stable(name: str) -> None:
    key = outlet_key(name)
    assert key == outlet_key(f"  {name}  ") == key.casefold()
    assert not any(letter.isspace() or letter == "_" for letter in key)


def test_outlets_that_are_one_are_grouped_and_names_too_short_are_left_out() -> None:
    assert OUTLETS["guardian"] == GUARDIAN
    assert OUTLETS["bbcnews"] == BBC
    assert not {"", "x"} & OUTLETS.keys()


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        pytest.param("What did The Verge report?", [("The Verge",)], id="as it is called"),
        pytest.param("What did Verge report?", [("The Verge",)], id="without The"),
        pytest.param("What did theverge.com report?", [("The Verge",)], id="domain"),
        pytest.param("See www.theguardian.com for more", [GUARDIAN], id="domain with www"),
        pytest.param("Did The Guardian's reporters know?", [GUARDIAN], id="possessive"),
        pytest.param("Did The Guardian\u2019s reporters know?", [GUARDIAN], id="possessive, curly"),
        pytest.param("Was it in Tech Crunch?", [("TechCrunch",)], id="spaced otherwise"),
        pytest.param("What does BBC News say?", [BBC], id="section after a dash"),
        pytest.param("What does CNBC say?", [CNBC], id="section after a bar"),
        pytest.param("Was it in Live Science?", [("Live Science: The Most Interesting Articles",)], id="after a colon"),
        pytest.param("Was it in the Sydney Morning Herald?", [("The Sydney Morning Herald",)], id="several words"),
        pytest.param("Was it in THE AGE?", [("The Age",)], id="capitals"),
        pytest.param("(Fortune) said so", [("Fortune",)], id="in brackets"),
        pytest.param("Did The Verge and CNBC agree?", [("The Verge",), CNBC], id="two"),
        pytest.param("CNBC, The Verge or CNBC?", [CNBC, ("The Verge",)], id="in order, each once"),
        pytest.param("It cost him a fortune in time.", [], id="common words"),
        pytest.param("He was on the verge of tears.", [], id="on the verge"),
        pytest.param("At what age did he die?", [], id="age"),
        pytest.param("Did Fortunes and Vergence agree?", [], id="parts of words"),
        pytest.param("Is BBC the best?", [], id="half a name"),
        pytest.param("Who posted on X?", [], id="a name too short"),
        pytest.param("What happened in Orrismouth?", [], id="another name"),
        pytest.param("?!", [], id="no words"),
    ],
)
def test_outlets_named_in_a_question(question: str, parts: list[tuple[str, ...]]) -> None:
    assert make_plan(question, OUTLETS) == Plan(question, tuple(parts))


def test_the_longest_name_wins() -> None:
    outlets = outlets_by_key(["Post", "Morning Post", "Harbor Morning Post"])
    assert make_plan("Was it in the Harbor Morning Post?", outlets).parts == (("Harbor Morning Post",),)
    assert make_plan("Was it in the Morning Post?", outlets).parts == (("Morning Post",),)


@pytest.mark.parametrize("question", ["", "   ", "\n\t"], ids=["empty", "spaces", "lines"])
def test_a_blank_question(question: str) -> None:
    with pytest.raises(UsageError, match=r"^the question is empty; ask something$"):
        make_plan(question, OUTLETS)


def test_a_question_has_at_most_4000_characters() -> None:
    assert make_plan("why " * 1_000, {}).parts == ()
    with pytest.raises(UsageError, match=r"^the question has 4,001 characters; ask in at most 4,000$"):
        make_plan("x" * (MAX_QUESTION + 1), OUTLETS)


@pytest.mark.parametrize("part", ["a", ".", "a.", "& ", "’", "The ", "A.b "], ids=repr)
def test_a_question_of_the_full_length(part: str) -> None:
    question = (part * MAX_QUESTION)[: MAX_QUESTION - 1] + "x"
    assert make_plan(question, OUTLETS).question == question


def test_ten_thousand_outlets() -> None:
    outlets = outlets_by_key(f"The Daily Number {n} - Section" for n in range(10_000))
    assert len(outlets) == 10_000
    assert make_plan("Did Daily Number 9999 say so?", outlets).parts == (("The Daily Number 9999 - Section",),)


@given(st.text(min_size=1, max_size=200).filter(str.strip))
def test_any_question_has_a_plan_of_known_outlets(question: str) -> None:
    plan = make_plan(question, OUTLETS)
    assert plan.question == question
    assert len(set(plan.parts)) == len(plan.parts)
    assert set(plan.parts) <= set(OUTLETS.values())


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Why did Finch resign?", "why"),
        ("How come the ferry sank?", "why"),
        ("What caused the delay?", "why"),
        ("What was the reason for the delay?", "why"),
        ("Which events led to the strike?", "why"),
        ("How many people were on board?", "how_many"),
        ("How much did it cost?", "how_many"),
        ("How old is Ines Holt?", "how_many"),
        ("What percentage voted?", "how_many"),
        ("When did the Gannet sink?", "when"),
        ("What year did it open?", "when"),
        ("On which date was it?", "when"),
        ("Where is the plant built?", "where"),
        ("In which city is it?", "where"),
        ("Who leads the council?", "who"),
        ("Whose budget was rejected?", "who"),
        ("Which company builds the plant?", "who"),
        ("What did the coastguard say?", "what"),
        ("Tell me about the lighthouse.", "what"),
        ("WHO LEADS THE COUNCIL?", "who"),
        ("", "what"),
        ("A showhow of whys", "what"),
    ],
)
def test_asks(question: str, kind: str) -> None:
    assert asks(question) == kind
