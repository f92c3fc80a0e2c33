"""Which outlets a question names, and what kind of answer it wants."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import UsageError
from rag.question.plan import MAX_QUESTION, make_plan, outlet_key, outlets_by_key
from rag.question.weights import QuestionWeights
from rag.text.words import seen
from rag.types import Part, Period, Plan

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
ASKED = date(2024, 6, 1)
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
        ("El País", "elpais"),
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


def named(question: str, outlets: dict[str, tuple[str, ...]] = OUTLETS) -> list[tuple[str, ...]]:
    return [part.outlets for part in make_plan(question, outlets, ASKED).parts]


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
        pytest.param("Does 'Fortune' agree with \u2018CNBC\u2019?", [("Fortune",), CNBC], id="in quotation marks"),
        pytest.param("Did The Verge and CNBC agree?", [("The Verge",), CNBC], id="two"),
        pytest.param("CNBC, The Verge or Fortune?", [CNBC, ("The Verge",), ("Fortune",)], id="in order"),
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
    assert named(question) == parts


@pytest.mark.parametrize(
    ("question", "clauses"),
    [
        pytest.param(
            "Does The Verge say that the battery caught fire, while CNBC reports that the plant was safe?",
            ["Does The Verge say that the battery caught fire", "while CNBC reports that the plant was safe?"],
            id="outlets first, cut at a contrast",
        ),
        pytest.param(
            "Did Fortune praise the merger deal and the Sydney Morning Herald doubt the same merger?",
            ["Did Fortune praise the merger deal", "and the Sydney Morning Herald doubt the same merger?"],
            id="outlets first, cut at the last conjunction",
        ),
        pytest.param(
            "Which founder left the battery company in spring according to Fortune, and was hired by a rival maker "
            "as reported by The Verge?",
            [
                "Which founder left the battery company in spring according to Fortune",
                "and was hired by a rival maker as reported by The Verge?",
            ],
            id="outlets behind what they said",
        ),
        pytest.param(
            "Did Fortune report on the ferry inquiry before Fortune reported on the mayor's budget?",
            ["Did Fortune report on the ferry inquiry", "before Fortune reported on the mayor's budget?"],
            id="one outlet twice",
        ),
        pytest.param("Did CNBC and Fortune agree?", ["Did CNBC and Fortune agree?"] * 2, id="clauses too short"),
    ],
)
def test_each_outlet_has_its_clause(question: str, clauses: list[str]) -> None:
    assert [part.text for part in make_plan(question, OUTLETS, ASKED).parts] == clauses


def test_each_clause_has_its_days() -> None:
    question = (
        "Did Fortune's report on the ferry sinking of May 2, 2024 contradict the verdict, while CNBC on May 9, 2024 upheld "
        "the same verdict?"
    )
    first, second = Period(date(2024, 5, 2), date(2024, 5, 2)), Period(date(2024, 5, 9), date(2024, 5, 9))
    plan = make_plan(question, OUTLETS, ASKED)
    assert [part.periods for part in plan.parts] == [(first,), (second,)]
    assert plan.periods == (first, second)


def test_a_question_without_outlets_has_no_parts() -> None:
    day = Period(date(2024, 5, 2), date(2024, 5, 2))
    assert make_plan("What sank on 2 May?", OUTLETS, ASKED) == Plan(
        "What sank on 2 May?", (), (day,), asked=ASKED, wanted=(day,)
    )


def test_two_events_are_parts_where_no_outlet_is_named() -> None:
    question = "Did the mayor resign on 2 May before the audit was published on 9 May?"
    first, second = Period(date(2024, 5, 2), date(2024, 5, 2)), Period(date(2024, 5, 9), date(2024, 5, 9))
    expected = Part("the mayor resign on 2 May", (), (first,)), Part("the audit was published on 9 May", (), (second,))
    assert make_plan(question, OUTLETS, ASKED).parts == expected
    assert make_plan(f"{question} What says Fortune?", OUTLETS, ASKED).parts[0].outlets == ("Fortune",)
    assert make_plan(f"{question} What did the Daily Post report say?", OUTLETS, ASKED).parts == ()


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("What did an article from The Orris Tribune and a Daily Post report say?", ("Orris Tribune", "Daily Post")),
        ("Which ship sank, according to ESPN and Reuters?", ("ESPN", "Reuters")),
        ("Does the Marl Hill Gazette's coverage agree with the Fortune article?", ("Marl Hill Gazette",)),
        ("Was it published in 'The Lamp Post'?", ("Lamp Post",)),
        ("What did the report by harbournews.com say?", ()),
        ("According to Mayor Finch, who resigned?", ()),
        ("Does the CNBC article report Tobias Finch III leaving?", ()),
        ("What did The Verge and Fortune articles say?", ()),
        ("Who won The Post?", ()),
    ],
)
def test_outlets_that_the_archive_does_not_have(question: str, absent: tuple[str, ...]) -> None:
    assert make_plan(question, OUTLETS, ASKED).absent == absent


def test_the_parts_of_a_question_are_few() -> None:
    names = [f"Paper {letter * 3}" for letter in "ABCDEFGHIJ"]
    question = " and ".join(f"{name} told of storm {n} near pier {n}" for n, name in enumerate(names))
    parts = make_plan(question, outlets_by_key(names), ASKED).parts
    assert [part.outlets for part in parts] == [(name,) for name in names[:6]]
    assert parts[0] == Part("Paper AAA told of storm 0 near pier 0", ("Paper AAA",))
    for most in (0, 2):
        few = make_plan(question, outlets_by_key(names), ASKED, replace(QuestionWeights(), outlets=most)).parts
        assert few == parts[:most]


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Did the Packet print it?", [("The Orrismouth Packet",)]),
        ("Did The Packet's editor resign?", [("The Orrismouth Packet",)]),
        ("Was it in the NYT?", [("The New York Times",)]),
        ("Was it in the Times?", []),
        ("Did the packet arrive?", []),
        ("Did Packet ships sail?", []),
        ("Did nyt.example say so?", []),
        ("Was it in the Orris News?", [("Orris News",)]),
        ("Was it in the News?", []),
    ],
)
def test_what_outlets_are_called_for_short(question: str, parts: list[tuple[str, ...]]) -> None:
    outlets = outlets_by_key(["The Orrismouth Packet", "The New York Times", "The Irish Times", "Orris News"])
    assert named(question, outlets) == parts


def test_the_longest_name_wins() -> None:
    outlets = outlets_by_key(["Post", "Morning Post", "Harbor Morning Post"])
    assert named("Was it in the Harbor Morning Post?", outlets) == [("Harbor Morning Post",)]
    assert named("Was it in the Morning Post?", outlets) == [("Morning Post",)]


@pytest.mark.parametrize("question", ["", "   ", "\n\t"], ids=["empty", "spaces", "lines"])
def test_a_blank_question(question: str) -> None:
    with pytest.raises(UsageError, match=r"^the question is empty; ask something$"):
        make_plan(question, OUTLETS, ASKED)


def test_a_question_has_at_most_4000_characters() -> None:
    assert make_plan("why " * 1_000, {}, ASKED).parts == ()
    with pytest.raises(UsageError, match=r"^the question has 4,001 characters; ask in at most 4,000$"):
        make_plan("x" * (MAX_QUESTION + 1), OUTLETS, ASKED)


@pytest.mark.parametrize("part", ["a", ".", "a.", "& ", "’", "The ", "A.b "], ids=repr)
def test_a_question_of_the_full_length(part: str) -> None:
    question = (part * MAX_QUESTION)[: MAX_QUESTION - 1] + "x"
    assert make_plan(question, OUTLETS, ASKED).question == question


def test_ten_thousand_outlets() -> None:
    outlets = outlets_by_key(f"The Daily Number {n} - Section" for n in range(10_000))
    assert len({key for key in outlets if key.startswith("dailynumber")}) == 10_000
    assert named("Did Daily Number 9999 say so?", outlets) == [("The Daily Number 9999 - Section",)]


@given(st.text(min_size=1, max_size=200).filter(lambda text: seen(text).strip()))
def test_any_question_has_a_plan_of_known_outlets(question: str) -> None:
    plan = make_plan(question, OUTLETS, ASKED)
    assert plan.question == seen(question)
    assert len(set(plan.parts)) == len(plan.parts)
    assert {part.outlets for part in plan.parts} <= set(OUTLETS.values())
    assert all(part.text in plan.question for part in plan.parts)
    assert all(set(part.periods) <= set(plan.periods) for part in plan.parts)


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ('Who said "a bridge too far" of the plan?', ("a bridge too far",)),
        ("Who called it “the last straw,” and who ‘a new dawn’?", ("the last straw", "a new dawn")),
        ("Did 'The Verge' call it 'a silent killer' or 'dangerous'?", ("a silent killer",)),
        ("Is Finch's budget the mayor's?", ()),
        ("Who wrote 'it wasn't me'?", ()),
        ('Who said "yes"?', ()),
    ],
)
def test_what_a_question_quotes(question: str, quoted: tuple[str, ...]) -> None:
    assert make_plan(question, OUTLETS, ASKED).quoted == quoted


def test_a_question_is_planned_as_a_reader_sees_it() -> None:
    plan = make_plan("Did the\u200b Beaco\u00adn call Zoe\u0308 late?", OUTLETS, ASKED)
    assert plan.question == "Did the Beacon call Zoë late?"
