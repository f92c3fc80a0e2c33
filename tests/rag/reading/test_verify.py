"""Support: what stands in the source is supported; a changed number, name or "not" weighs, and the reason says so."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.verify import JOINED, THRESHOLD, check, support

SOURCE = (
    "The Beacon 9 April 2024\nAn inquiry into the sinking of the Gannet opened in Orrismouth on Tuesday. "
    "Judge Mara Quill will hear 60 witnesses. It cost 1,500 crowns."
)


@pytest.mark.parametrize(
    "claim",
    [
        "Judge Mara Quill will hear 60 witnesses.",
        "judge mara quill will hear 60 witnesses",
        "  An inquiry into\nthe sinking of   the Gannet opened ",
        "60",
    ],
    ids=["sentence", "other case", "other white space", "a number"],
)
def test_a_verbatim_claim_is_supported_fully(claim: str) -> None:
    found = support(claim, SOURCE)
    assert (found.score, found.verdict) == (1.0, "supported")
    assert "verbatim" in found.reason


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The toll was 3.", "The toll was 3.5 million crowns."),
        ("The firm raised $1.", "The firm raised $1.5bn on Friday."),
        ("5 million crowns were lost", "Some 3.5 million crowns were lost"),
        ("He won", "The wonder of the town"),
        ("in all 1,5", "in all 1,500 crowns"),
    ],
)
def test_part_of_a_word_or_a_number_is_not_verbatim(claim: str, source: str) -> None:
    found = support(claim, source)
    assert found.score < 1 and "verbatim" not in found.reason


def test_a_number_that_stands_whole_further_on_is_verbatim() -> None:
    assert support("3", "It was 3.5 in May, 13 in June and 3 in July.").score == 1.0


@pytest.mark.parametrize(
    "claim",
    ["Sixty witnesses will be heard by Judge Mara Quill.", "Mara Quill will hear 60."],
)
def test_a_claim_in_other_words_is_supported(claim: str) -> None:
    found = support(claim, SOURCE)
    assert found.verdict == "supported"
    assert THRESHOLD <= found.score <= 1


@pytest.mark.parametrize(
    ("true", "false", "why"),
    [
        pytest.param("Mara Quill hears 60 witnesses.", "Mara Quill hears 70 witnesses.", "no 70", id="number"),
        pytest.param("Sixty witnesses are heard.", "Ninety witnesses are heard.", "no 90", id="number in words"),
        pytest.param("The judge is Mara Quill.", "The judge is Mara Holt.", "does not name Holt", id="name"),
        pytest.param("The judge will hear witnesses.", "The judge will not hear witnesses.", "denies", id="negation"),
        pytest.param(
            "The judge will hear witnesses.", "The judge won't hear witnesses.", "denies", id="short negation"
        ),
        pytest.param("The inquiry opened.", "The inquiry closed.", "does not have", id="word"),
    ],
)
def test_a_changed_claim_is_supported_less_and_says_why(true: str, false: str, why: str) -> None:
    right, wrong = support(true, SOURCE), support(false, SOURCE)
    assert wrong.score < right.score
    assert why in wrong.reason


@pytest.mark.parametrize(
    ("source", "claim", "why"),
    [
        ("The mill will not open in June, they said.", "The mill will open in June.", "the source denies it"),
        ("The mill will open in June, they said.", "The mill will not open in June.", "the claim denies"),
        ("The owner paid $7 million for it.", "The owner paid $7 billion for it.", "another amount than $7 billion"),
        ("The owner paid €7 million for it.", "The owner paid £7 million for it.", "another amount than £7 million"),
        ("The firm raised $1 billion on Friday.", "The firm raised $1", "another amount than $1"),
    ],
)
def test_a_claim_of_the_same_words_that_says_otherwise_is_unsupported(source: str, claim: str, why: str) -> None:
    found = support(claim, source)
    assert found.verdict == "unsupported"
    assert why in found.reason


def test_a_denial_that_the_source_makes_is_no_flip() -> None:
    assert "denies" not in support("Nobody got hurt in it.", "The hall fell. Nobody was hurt.").reason


def test_a_claim_about_something_else_is_unsupported() -> None:
    found = support("Voltane builds a battery plant in Lower Marsh.", SOURCE)
    assert found.verdict == "unsupported"
    assert found.score < 0.2


def test_a_number_written_another_way_is_not_missing() -> None:
    assert "has no" not in support("The inquiry cost 1500 crowns.", SOURCE).reason


def test_a_number_torn_by_a_tokenizer_is_the_same_number() -> None:
    assert "has no" not in support("Voters gave 98.7 per cent approval.", "Voters gave 98. 7 per cent approval").reason


@pytest.mark.parametrize("source", [SOURCE, "", "  "], ids=["source", "no source", "blank source"])
@pytest.mark.parametrize("claim", ["", "  \n", "And it was so.", "…!?"], ids=["empty", "blank", "stop words", "marks"])
def test_a_claim_without_meaning_is_unjudged_unless_it_is_quoted(claim: str, source: str) -> None:
    assert support(claim, source).verdict == "unjudged"


@pytest.mark.parametrize("claim", ["The ferry sank.", "Gannet", "60"])
def test_an_empty_source_bears_out_nothing(claim: str) -> None:
    assert support(claim, "").verdict == "unsupported"


@given(st.text(max_size=200), st.text(max_size=200))
def test_the_score_is_a_share_and_decides_the_verdict(claim: str, source: str) -> None:
    found = support(claim, source)
    assert 0 <= found.score <= 1
    assert found.reason
    if found.verdict != "unjudged":
        assert found.verdict == ("supported" if found.score >= THRESHOLD else "unsupported")


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_what_is_cut_from_a_source_is_never_unsupported(before: str, claim: str, after: str) -> None:
    assert support(claim, f"{before} {claim} {after}").verdict != "unsupported"


# -- several sentences -----------------------------------------------------------------------------------------------


def test_each_sentence_is_checked_and_the_whole_is_their_mean() -> None:
    claim = "Judge Mara Quill will hear 60 witnesses. Voltane builds batteries."
    whole, parts = check(claim, SOURCE)
    assert [part.text for part in parts] == ["Judge Mara Quill will hear 60 witnesses.", "Voltane builds batteries."]
    assert [part.support.verdict for part in parts] == ["supported", "unsupported"]
    assert whole.score == pytest.approx(sum(part.support.score for part in parts) / 2)
    assert whole.reason == parts[1].support.reason


def test_sentences_that_say_nothing_do_not_count() -> None:
    whole, parts = check("Judge Mara Quill will hear 60 witnesses. And so it is.", SOURCE)
    assert (len(parts), whole.score, whole.verdict) == (2, 1.0, "supported")


@pytest.mark.parametrize("claim", ["", " \n ", "And so it is. So there."])
def test_nothing_to_check_is_unjudged(claim: str) -> None:
    whole, _ = check(claim, SOURCE)
    assert (whole.score, whole.verdict) == (0.0, "unjudged")


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_claim_can_be_checked(claim: str, source: str) -> None:
    whole, parts = check(claim, source)
    assert 0 <= whole.score <= 1
    assert all(part.text in claim for part in parts)


def test_reasons_show_words_as_they_were_written_not_their_stems() -> None:
    reason = support("The daily sailings carried families.", "The ferry was late.").reason
    assert reason == "the source does not have daily, sailings, carried, families"


def test_a_quotation_is_verbatim_whatever_its_characters() -> None:
    assert support('The O.S.C.E. said: "it\'s Zoë"', "The OSCE said: “it’s Zoe\u0308” late.").score == 1


# -- with a reader ---------------------------------------------------------------------------------------------------


class Scripted:
    """A reader that gives each claim, by its first word, a probability, and keeps what it was given to read."""

    def __init__(self, **chances: float) -> None:
        self.chances = chances
        self.read: list[tuple[str, str]] = []

    def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        self.read += pairs
        return [self.chances.get(claim.split()[0], 0.5) for claim, _ in pairs]


def test_reading_decides_where_words_can_not() -> None:
    reader = Scripted(Sittings=0.99, Lunch=0.01)
    true, false = (support(claim, SOURCE, reader) for claim in ("Sittings were begun.", "Lunch was begun."))
    assert (true.verdict, false.verdict) == ("supported", "unsupported")
    assert "is borne out" in true.reason and "is not borne out" in false.reason


def test_what_stands_verbatim_or_says_nothing_is_not_read() -> None:
    reader = Scripted()
    whole, _ = check("Judge Mara Quill will hear 60 witnesses. And so it is.", SOURCE, reader)
    assert (whole.score > 0.99, whole.verdict, reader.read) == (True, "supported", [])


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("Judge Quill will hear 90 witnesses.", "90 in the claim, 60 in the source"),
        ("The Gannet inquiry opened on Monday.", "Monday in the claim, Tuesday in the source"),
        ("Judge Mara Quill will not hear 60 witnesses.", "the claim denies, the source doesn't"),
        ("The inquiry cost 1,500 dollars and euros.", "the source tells another amount than"),
    ],
)
def test_a_value_told_otherwise_counts_for_more_than_reading(claim: str, why: str) -> None:
    source = SOURCE.replace("1,500 crowns", "£1,500")
    sure = support(claim, source, Scripted(Judge=0.97, The=0.97))
    assert sure.verdict == "unsupported"
    assert sure.reason.startswith(why)


def test_what_is_all_but_quoted_needs_no_reader_to_agree() -> None:
    found = support("Judge Mara Quill will hear the 60 witnesses.", SOURCE, Scripted(Judge=0.2))
    assert found.verdict == "supported"


def test_a_claim_is_read_beside_what_is_nearest_to_it() -> None:
    reader = Scripted()
    support("Judge Quill hears them.", "Rain fell on the hills. " * 60 + SOURCE, reader)
    ((_, evidence),) = reader.read
    assert "Judge Mara Quill" in evidence and len(evidence.split()) <= 80


def test_a_weak_sentence_weighs_more_than_in_the_mean() -> None:
    weak = JOINED.cut - 6
    reader = Scripted(Sittings=0.999, Lunch=1 / (1 + 2.718281828**-weak))
    whole, parts = check("Sittings were begun. Meals of Lunch were begun.", SOURCE, reader)
    assert parts[0].support.score > 0.9
    whole, parts = check("Sittings were begun. Lunch was begun.", SOURCE, reader)
    assert whole.score < 0.5 < sum(part.support.score for part in parts) / 2
    assert whole.reason == parts[1].support.reason


def test_of_a_claim_without_end_only_the_first_sentences_are_read() -> None:
    reader = Scripted()
    whole, parts = check("".join(f"Clerks number {n} came to it. " for n in range(300)), SOURCE, reader)
    assert len(parts) == 300
    assert 0 < len(reader.read) < 100
    assert 0 <= whole.score <= 1


@given(st.text(max_size=150), st.text(max_size=150), st.floats(0, 1))
def test_with_a_reader_the_score_is_a_share_and_decides_the_verdict(claim: str, source: str, chance: float) -> None:
    class Any(Scripted):
        def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
            return [chance] * len(pairs)

    whole, parts = check(claim, source, Any())
    for found in (whole, *(part.support for part in parts)):
        assert 0 <= found.score <= 1 and found.reason
        if found.verdict != "unjudged":
            assert found.verdict == ("supported" if found.score >= THRESHOLD else "unsupported")


@pytest.mark.parametrize(
    ("twin", "verdict", "why"),
    [(0.95, "unsupported", 'the source rather says: "Sittings may be begun."'), (0.3, "supported", "is borne out")],
)
def test_a_claim_whose_twin_is_better_borne_out_is_not(twin: float, verdict: str, why: str) -> None:
    class Turned(Scripted):
        def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
            return [twin if "may" in claim else 0.01 if "not" in claim else 0.4 for claim, _ in pairs]

    found = support("Sittings are begun.", SOURCE, Turned())
    assert found.verdict == verdict
    assert why in found.reason


# -- bad input -------------------------------------------------------------------------------------------------------


class Sure:
    """A reader that believes everything."""

    def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return [1.0] * len(pairs)


@pytest.mark.parametrize("reader", [None, Sure()], ids=["by words", "read"])
def test_a_claim_that_asks_claims_nothing(reader: Sure | None) -> None:
    source = "The ferry sank on Monday. Who was at the helm?"
    asks = support("Did the ferry sink on Monday?", source, reader)
    assert (asks.score, asks.verdict) == (0.0, "unjudged")
    assert asks.reason == "asks, and claims nothing that can be checked"
    assert support("Who was at the helm?", source, reader).verdict == "supported", "a quotation stands there"
    assert check("The ferry sank on Monday. Did it sink?", source, reader)[0].verdict == "supported"


@pytest.mark.parametrize("reader", [None, Sure()], ids=["by words", "read"])
@pytest.mark.parametrize(
    "claim",
    ["", "x" * 20_000, "1" * 10_000, "?!" * 5_000, "word " * 5_000, "渡船星期二沉没。", "half \ud800 sank", "a\0b"],
)
@pytest.mark.parametrize("source", ["", " \n ", "word " * 5_000 + ".", "x" * 20_000, "渡船星期一沉没。", "\udfff\0"])
def test_any_claim_is_checked_against_any_source(claim: str, source: str, reader: Sure | None) -> None:
    whole, checked = check(claim, source, reader)
    assert 0 <= whole.score <= 1
    assert all(0 <= each.support.score <= 1 for each in checked)
    assert source.strip() or whole.verdict != "supported", "nothing is borne out by nothing"
