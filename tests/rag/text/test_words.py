"""Stems, numbers and names: what two texts are compared by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.words import (
    last_word,
    looks_english,
    named,
    nameless,
    names,
    normal,
    numbers,
    rareness,
    seen,
    spelling,
    stems,
    undotted,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("The ferries were sinking", ["ferri", "sink"], id="common words go, endings go"),
        pytest.param("Café CAFÉ cafe", ["cafe"] * 3, id="case and accents"),
        pytest.param("Why did she say so?", [], id="only common words"),
        pytest.param("didn't they've it's", [], id="short forms"),
        pytest.param("1,500 jobs", ["1", "500", "job"], id="figures"),
        pytest.param("", [], id="nothing"),
        pytest.param("…?!", [], id="marks"),
    ],
)
def test_stems(text: str, expected: list[str]) -> None:
    assert stems(text) == expected


def test_forms_of_a_word_have_one_stem() -> None:
    assert stems("resign") == stems("resigned") == stems("resigns") == stems("Resigning")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1,500 people", {"1500"}, id="thousands"),
        pytest.param("1500 people", {"1500"}, id="no comma"),
        pytest.param("It rose 3.50 per cent.", {"3.5"}, id="decimals"),
        pytest.param("in 2026.", {"2026"}, id="at the end of a sentence"),
        pytest.param("10.0 and 10", {"10"}, id="one form"),
        pytest.param("007", {"7"}, id="zeros in front"),
        pytest.param("0 or zero", {"0"}, id="nothing"),
        pytest.param("Three men, twelve angry women, ninety days", {"3", "12", "90"}, id="words"),
        pytest.param("$41m", {"41"}, id="with a unit"),
        pytest.param("twenty-five men, Forty Two women", {"25", "42"}, id="words, joined"),
        pytest.param("one hundred and twenty-five thousand", {"125000"}, id="words, thousands"),
        pytest.param("fifteen hundred", {"1500"}, id="words, hundreds"),
        pytest.param("4 thousand, 2,500 thousand, 1.5 thousand", {"4000", "2500000", "1500"}, id="figure and word"),
        pytest.param("seats 1-3, 5 and 7–9", {"1", "3", "5", "7", "9"}, id="ranges"),
        pytest.param("one, two, three", {"1", "2", "3"}, id="words in a row"),
        pytest.param("3 million", {"3"}, id="millions"),
        pytest.param("someone, often, tenfold", set(), id="words that hold one"),
        pytest.param("no figures", set(), id="none"),
    ],
)
def test_numbers(text: str, expected: set[str]) -> None:
    assert numbers(text) == expected


@given(st.integers(0, 10**12))
def test_a_number_is_the_same_with_and_without_commas(number: int) -> None:
    assert numbers(f"about {number:,} of them") == numbers(f"{number}") == {str(number)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("The mayor, Tobias Finch, resigned.", {"tobia", "finch"}, id="within a sentence"),
        pytest.param("Resignations followed.", set(), id="the first word proves nothing"),
        pytest.param("It rained. Resignations followed.", set(), id="nor the first of the next"),
        pytest.param("Tobias Finch resigned.", {"tobia", "finch"}, id="unless a second name follows"),
        pytest.param("He said: “Resignations followed.”", set(), id="nor the first of a quotation"),
        pytest.param("the firm xAI and OpenAI", {"xai", "openai"}, id="a capital inside"),
        pytest.param("OpenAI grew.", {"openai"}, id="a capital inside, in front"),
        pytest.param("the NATO summit", {"nato"}, id="all capitals"),
        pytest.param("the mayor resigned", set(), id="none"),
        pytest.param("", set(), id="nothing"),
    ],
)
def test_names(text: str, expected: set[str]) -> None:
    assert names(text) == expected


# Letters on which every version of Unicode agrees: Python's and Tantivy's may not be the same.
@given(st.text(st.characters(max_codepoint=0x24F), max_size=200))
def test_any_text_has_stems_numbers_and_names(text: str) -> None:
    assert names(text) <= set(stems(text))
    assert all(number and number == number.strip(",.") for number in numbers(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Why did the mayor of Orrismouth resign?", True, id="English"),
        pytest.param("Gannet sinking", True, id="too short to tell"),
        pytest.param("¿Por qué dimitió el alcalde de la ciudad ayer?", False, id="Spanish"),
        pytest.param("Warum trat der Bürgermeister der Stadt gestern zurück?", False, id="German"),
        pytest.param("市長はなぜ辞任したのですか", False, id="Japanese"),
        pytest.param("Почему мэр ушёл в отставку?", False, id="Russian"),
        pytest.param("", True, id="nothing"),
    ],
)
def test_what_looks_english(text: str, expected: bool) -> None:
    assert looks_english(text) is expected


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Where does Tobias Rudd live?", "Where does it live?"),
        ("Why is xAI absent from Stargate?", "Why is it absent from it?"),
        ("After the vote, Mayor Finch of Orrismouth quit. He said so.", "After the vote, it quit. He said so."),
        ("Did The Orrismouth Packet say so?", "Did it say so?"),
        ("Rudd goes back on Saturday.", "Rudd goes back on it."),
        ("Rudd goes back. So they told Rudd.", "it goes back. So they told it."),
        ("Rainfall in Thornbury rose.", "Rainfall in it rose."),
        ("Rainfall of Thornbury rose.", "Rainfall of it rose."),
        ("no names here", "no names here"),
        ("", ""),
    ],
)
def test_nameless(text: str, bare: str) -> None:
    assert nameless(text) == bare


@given(st.text(max_size=200).map(str.lower))
def test_a_text_without_capitals_names_nobody(text: str) -> None:
    assert nameless(text) == seen(text)


def test_an_opening_word_is_a_name_where_other_texts_say_so() -> None:
    assert nameless("Rudd goes back on Saturday.", {"rudd"}) == "it goes back on it."
    assert nameless("Rainfall rose.", {"rudd"}) == "Rainfall rose."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What did Jensen Huang say of Stargate?", ["Jensen Huang", "Stargate"]),
        ("Who is Huang’s boss?", ["Huang"]),
        ("Did the British ask Keir Starmer in November?", ["British", "Keir Starmer"]),
        ("Describe what happened on Tuesday, 3 March.", []),
        ("OpenAI did what? OpenAI!", ["OpenAI"]),
        ("Which U.S. company leads it?", ["U.S."]),
        ("The ferry sank. Passengers swam.", []),
        ("Gannet sank. Who built the Gannet?", ["Gannet"]),
        ("Who Captained The Ferry?", []),
        ("WHY IS XAI ABSENT?", []),
        ("what of xAI?", ["xAI"]),
        ("", []),
    ],
    ids=[
        "two",
        "possessive",
        "the",
        "days",
        "once",
        "letters",
        "the first of the next",
        "the first and elsewhere",
        "a headline",
        "capitals",
        "a capital inside",
        "nothing",
    ],
)
def test_names_as_they_stand(text: str, found: list[str]) -> None:
    assert named(text) == found


@given(st.text(max_size=200))
def test_a_name_stands_in_its_text(text: str) -> None:
    for name in named(text):
        assert last_word(name)
        assert all(word in seen(text) for word in name.split())


@pytest.mark.parametrize(
    ("name", "word"),
    [("Keir Starmer", "starmer"), ("Hall of Fame", "fame"), ("GPT-5", "gpt"), ("May", ""), ("The", ""), ("", "")],
)
def test_the_last_word_of_a_name(name: str, word: str) -> None:
    assert last_word(name) == word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Zoe\u0308 Brie\u0300re", "Zoë Brière", id="composed or not"),
        pytest.param("Zoë Brière", "Zoe Briere", id="accents"),
        pytest.param("Ober\u00adverwaltungs\u00adrat", "Oberverwaltungsrat", id="soft hyphens"),
        pytest.param("Kor\u200bvan\ufeffic", "Korvanic", id="zero width"),
        pytest.param("the O.S.C.E. met", "the OSCE met", id="full stops"),
        pytest.param("by the E.U.", "by the EU", id="full stops at the end"),
        pytest.param("U.S. troops", "US troops", id="a country"),
        pytest.param("at 8 p.m.", "at 8 pm", id="time of day"),
        pytest.param("“It’s the mayor’s”", "\"It's the mayor's\"", id="quotation marks"),
        pytest.param("12\u00a0men, well\u2011known", "12 men, well-known", id="space and hyphen"),
    ],
)
def test_one_word_has_one_form(one: str, other: str) -> None:
    assert stems(one) == stems(other)
    assert normal(one).rstrip(".") == normal(other).rstrip(".")


@pytest.mark.parametrize("text", ["version 2.3.1", "It ended. A man left.", "Mr. B left", "tell us", "www.a.example"])
def test_full_stops_that_are_no_abbreviation_stay(text: str) -> None:
    assert normal(text) == text


@given(st.text(max_size=200))
def test_the_normal_form_is_normal(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert seen(seen(text)) == seen(text)


def test_a_stem_is_shown_as_it_was_written() -> None:
    assert spelling("Daily visits of the U.N. to Łódź") | {"to": ""} == {
        "daili": "Daily",
        "visit": "visits",
        "of": "of",
        "the": "the",
        "un": "UN",
        "to": "",
        "lodz": "Łódź",
    }


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_the_fewer_texts_hold_a_word_the_rarer_it_is(holding: int, more: int) -> None:
    of = holding + more + 1
    assert rareness(holding, of) > rareness(holding + 1, of) > 0
    assert rareness(0, 0) == pytest.approx(0.6931, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The O.E.C.D. met.", "The OECD     met."),
        ("in the U.S. at 9 p.m.", "in the U.S. at 9 p.m."),
        ("It left the W.H.O.", "It left the WHO   "),
        ("see a.b.c", "see abc  "),
    ],
)
def test_long_abbreviations_without_full_stops(text: str, told: str) -> None:
    assert undotted(text) == told


@given(st.text("aB.- é", max_size=60))
def test_an_abbreviation_keeps_its_place(text: str) -> None:
    assert len(undotted(text)) == len(text)
    assert undotted(undotted(text)) == undotted(text)
