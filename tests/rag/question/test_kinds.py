"""What a question asks for, and whether a text holds such a thing."""

import pytest

from rag.question.kinds import asks, holds, lacks
from rag.types import AnswerType


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Why did Finch resign?", "why"),
        ("How come the ferry sank?", "why"),
        ("What caused the delay?", "why"),
        ("What was the reason for the delay?", "why"),
        ("Which events led to the strike?", "why"),
        ("How many people were on board?", "how_many"),
        ("How much did it cost?", "how_much_money"),
        ("What did the tickets cost?", "how_much_money"),
        ("What salary is he paid?", "how_much_money"),
        ("How much rain fell?", "how_many"),
        ("What time does the last ferry leave?", "what_time"),
        ("By when will it open?", "when"),
        ("The bridge closed; when will it open?", "when"),
        ("What did she say when it sank?", "what"),
        ("When comparing the two, which is older?", "what"),
        ("How old is Ines Holt?", "how_many"),
        ("What percentage voted?", "how_many"),
        ("When did the Gannet sink?", "when"),
        ("What year did it open?", "when"),
        ("On which date was it?", "when"),
        ("What is the birth date of Winifred Sallow?", "when"),
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


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("how_much_money", "It will cost £2.6 million."),
        ("how_much_money", "She was paid 40,000 dollars a year."),
        ("how_much_money", "Entry is free."),
        ("how_much_money", "He gave 3 million US dollars."),
        ("how_much_money", "They paid 300 forints."),
        ("how_much_money", "The prize is NOK 4 million."),
        ("how_much_money", "It fetched 12,000 SEK."),
        ("how_much_money", "He owes ₦5 billion."),
        ("how_much_money", "It costs 3,5 €."),
        ("how_much_money", "A ticket is 40 kr."),
        ("how_much_money", "She left a million rand."),
        ("how_much_money", "They asked for twenty crore rupees."),
        ("when", "The bell rang at 6:05 a.m. sharp."),
        ("when", "It fell at midnight."),
        ("what_time", "It left at half past nine."),
        ("what_time", "Traffic stopped at 6.40."),
        ("what_time", "It sails at 9 p.m."),
        ("what_time", "Doors open at noon."),
        ("how_many", "All 41 people were rescued."),
        ("how_many", "Seven bolts were cracked."),
        ("how_many", "In 2024 it lost half of its readers."),
        ("how_many", "Sales rose 3.5 per cent in March 2024."),
        ("when", "It sank on 3 March."),
        ("when", "It opened in 1987."),
        ("when", "She left two weeks later."),
        ("when", "It reopens next spring."),
        ("when", "The Tale dates from the 11th century."),
        ("why", "It closed because the roof leaked."),
        ("where", "The plant stands in Hexley."),
        ("who", "The prize went to Ines Holt."),
    ],
)
def test_a_text_holds_what_is_asked_for(kind: AnswerType, text: str) -> None:
    assert holds(kind, text, "?")
    assert not lacks(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("how_much_money", "That customer took 58 per cent of the rope."),
        ("how_much_money", "The works will close with the loss of 86 jobs."),
        ("what_time", "The ferry leaves from the Fish Street steps."),
        ("what_time", "He resigned on 3 March 2024."),
        ("how_many", "It opened on 12 July 2023 and closed in 2024."),
        ("how_many", "Some of the bolts were cracked."),
        ("when", "The mayor resigned over the budget."),
        ("when", "It may march on."),
    ],
)
def test_a_text_lacks_what_is_asked_for(kind: AnswerType, text: str) -> None:
    assert lacks(kind, text)


@pytest.mark.parametrize("kind", ["why", "where", "who", "what"])
def test_of_other_kinds_nothing_is_ever_lacking(kind: AnswerType) -> None:
    assert not lacks(kind, "")


def test_a_number_or_a_name_of_the_question_answers_nothing() -> None:
    assert not holds("how_many", "The 41 men went ashore.", "How many of the 41 men drowned?")
    assert not holds("who", "The prize of Orrismouth was given.", "Who won the prize of Orrismouth?")
