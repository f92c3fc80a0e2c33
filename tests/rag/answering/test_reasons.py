"""What a sentence says of reasons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.reasons import denies_premise, guess_in, is_surmise, says_no_reason, states_reason
from rag.text.words import stems

QUESTION = set(stems("Why did the ferry Gannet sink?"))


@pytest.mark.parametrize(
    ("text", "surmise"),
    [
        ("The ferry likely sank because of its door.", True),
        ("It doesn't take much to see why the ferry sank.", True),
        ("The judge said that the ferry likely sank because of its door.", False),
        ("“It seems to have been the door.”", False),
        ("The ferry sank because of its door.", False),
        ("", False),
    ],
    ids=["likely", "reader", "said", "quoted", "stated", "nothing"],
)
def test_who_only_surmises(text: str, surmise: bool) -> None:
    assert is_surmise(text) is surmise


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("The ferry likely sank because of its door.", "own"),
        ("The wreck's place suggests that the door gave way.", "own"),
        ("We guess that the door gave way.", "own"),
        ("My theory is that the door gave way.", "own"),
        ("Perhaps “the worst storm on record”, it swept the ferry away.", "own"),
        ("Some sailors guess that the door gave way.", "others"),
        ("Rumours in Lower Marsh have it that the door gave way.", "others"),
        ("One theory among divers is that the door gave way.", "others"),
        ("Divers believe that the door may have given way.", "others"),
        ("Investigators now suggest that the door gave way.", "others"),
        ("The ferry is rumoured to have lost its door.", "others"),
        ("Speculation about the door grew all week.", "others"),
        ("The door may have given way, the coroner warned.", None),
        ("The door gave way.", None),
        ("“I guess that it was the door.”", None),
    ],
)
def test_whose_guess_it_is(text: str, whose: str | None) -> None:
    assert guess_in(text) == whose


@pytest.mark.parametrize(
    ("text", "none"),
    [
        ("The owners did not say why the ferry sank.", True),
        ("The owners didn't say why the ferry sank.", True),
        ("The owners won’t explain it.", True),
        ("No reason was given.", True),
        ("She sold her shares and told nobody why.", True),
        ("It could not sail sooner, the owners explained, because the door was loose.", False),
        ("The ferry sank because of its door.", False),
        ("", False),
    ],
    ids=["not", "n't", "typographic", "no", "nobody", "explained", "stated", "nothing"],
)
def test_who_says_that_no_reason_is_given(text: str, none: bool) -> None:
    assert says_no_reason(text) is none


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("The ferry Gannet sank because its door was loose.", True),
        ("As part of a cost-cutting drive, the ferry Gannet was let sink.", True),
        ("Perhaps the best of its kind, the ferry Gannet sank because its door was loose.", True),
        ("The ferry Gannet perhaps sank because its door was loose.", False),
        ("The ferry Gannet sank after the door was torn away.", True),
        ("After the ferry Gannet sank, rain fell.", False),
        ("The ferry Gannet sank, and nobody knows why.", False),
        ("The mayor resigned because the council rejected his budget.", False),
    ],
    ids=["because", "as part of", "a surmise beside", "a surmise of it", "after", "before", "none", "something else"],
)
def test_what_gives_a_reason_for_what_is_asked(text: str, stated: bool) -> None:
    assert states_reason(text, QUESTION, set(stems(text))) is stated


def test_due_to_happen_is_no_reason() -> None:
    wanted = set(stems("Why did the ferry Gannet sink?"))
    assert states_reason("The ferry Gannet sank due to a leak.", wanted, wanted)
    assert not states_reason("The ferry Gannet, which sank, was due to leave at noon.", wanted, wanted)
    assert states_reason("The ferry Gannet sank due to close contact with a reef.", wanted, wanted)


@given(st.text(max_size=300))
def test_what_says_that_there_is_none_gives_none(text: str) -> None:
    assert not (says_no_reason(text) and states_reason(text, QUESTION, QUESTION))


@pytest.mark.parametrize(
    ("sentence", "denies"),
    [
        ("The council did not ban the fair.", True),
        ("The fair was never banned.", True),
        ("The council banned the fair.", False),
        ("The council did not ban the fair because of the noise.", False),
        ("No reason is given for the ban.", False),
        ("Nobody drowned at the pier.", False),
        ("The council won't ban the fair because the traders need it, the mayor said on Monday.", True),
        ("Stalls were moved, but the council never banned the fair, which opened in June as it does each year.", True),
        ("The traders do not pay for the fair that the council wanted to ban.", False),
        ("Residents had begged the council not to ban the fair.", False),
        ("If the council had not banned the fair in May, the town would have gone bankrupt.", False),
        ("The council did not ban the fair until May, when the mayor signed the order for it.", False),
        ("Traders who do not ban the fair of the council pay more, as the town has said before.", False),
        ("Analysts had not expected council fair bans so soon, and the market fell on the day.", False),
        ("Not only did the council ban the fair, it fined three traders.", False),
    ],
)
def test_a_wrong_premise_is_denied(sentence: str, denies: bool) -> None:
    assert denies_premise(sentence, "Why did the council ban the fair?") is denies
    assert not denies_premise(sentence, "Why did the council not ban the fair?")
