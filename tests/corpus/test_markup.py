"""Inline markup that carries meaning, in text fields and in pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.extract import Extracted, extract
from corpus.markup import plain
from corpus.raw import RawDocument

FILLER = "<p>" + "The tram depot on Elm Street was painted blue last spring, and the council paid for it. " * 4 + "</p>"

INLINE = [
    ("The fine is <del>40</del> 60 crowns.", "The fine is 60 crowns."),
    ("The fine is <s>40</s><ins>60</ins> crowns.", "The fine is 60 crowns."),
    ("The fine <strike>was raised</strike> stands.", "The fine stands."),
    ("Noon <span style='color:red; text-decoration: line-through'>Friday</span> Saturday.", "Noon Saturday."),
    ("Noon <span class='note line-through'>Friday</span> Saturday.", "Noon Saturday."),
    ("Less CO<sub>2</sub> and H<sub>2</sub>O, more PM<sub>2.5</sub>.", "Less CO2 and H2O, more PM2.5."),
    ("A speed of V<sub>max</sub> here.", "A speed of V_max here."),
    ("Some 10<sup>6</sup> grains of 10<sup>-3</sup> grams.", "Some 10^6 grains of 10^-3 grams."),
    ("A park of 5 km<sup>2</sup> and 30 m<sup>3</sup>.", "A park of 5 km\u00b2 and 30 m\u00b3."),
    ("On the 21<sup>st</sup> of May.", "On the 21st of May."),
    ("Built in 1994<sup>3</sup> by hand.", "Built in 1994 by hand."),
    ("The mayor left.<sup>[4]</sup> Nobody came.<sup>12</sup> Rain fell.", "The mayor left. Nobody came. Rain fell."),
    ("The mayor<sup>4</sup> left early<sup>*</sup>.", "The mayor left early."),
    ("The mayor<sup>4</sup>left.", "The mayor left."),
    ("Sold 300<sup><a href='#n7'>7</a></sup> cars.", "Sold 300 cars."),
    ("Sold 300<a href='#n7'><sup>7</sup></a> cars.", "Sold 300 cars."),
    ("Made by Lumo<sup>TM</sup> of Ca<sup>2+</sup>.", "Made by Lumo\u2122 of Ca2+."),
    ("A ride of 2<sup>1</sup>/<sub>2</sub> miles.", "A ride of 2 1/2 miles."),
    ("She said <q>we never <q>won</q> it</q> again.", "She said \u201cwe never \u2018won\u2019 it\u201d again."),
    ("She said <q>\u201cNo\u201d</q> again.", "She said \u201cNo\u201d again."),
]


@pytest.mark.parametrize(("markup", "expected"), INLINE)
def test_inline_markup_in_a_record(markup: str, expected: str) -> None:
    assert plain(markup) == expected


@pytest.mark.parametrize(("markup", "expected"), INLINE)
def test_inline_markup_in_a_page(markup: str, expected: str) -> None:
    page = (
        f"<html><head><title>Depot</title></head><body><article>{FILLER}<p>{markup}</p>{FILLER}</article></body></html>"
    )
    found = extract(RawDocument("a", None, "html", page))
    assert isinstance(found, Extracted)
    assert expected in found.article.text.split("\n")


CELLS = (
    "<p>First<br>second</p><ul><li>Oak</li><li>Elm</li></ul>"
    "<table><tr><th>Tree</th><td>Age</td></tr><tr><th>Ash</th><td>90</td></tr></table>"
)


def test_lines_items_and_cells_do_not_run_together() -> None:
    assert plain(CELLS) == "First\nsecond\n\nOak\nElm\n\nTree Age\nAsh 90"
    page = f"<html><body><article>{FILLER}{CELLS}{FILLER}</article></body></html>"
    found = extract(RawDocument("a", None, "html", page))
    assert isinstance(found, Extracted)
    words = found.article.text.split()
    assert [word for word in words if word in ("First", "second", "Oak", "Tree", "Age", "Ash", "90")] == [
        "First", "second", "Oak", "Tree", "Age", "Ash", "90",
    ]  # fmt: skip


@pytest.mark.parametrize("piece", ["<div>", "<sup>1</sup>", "x<del>y</del>", "<q>", "10<sup>", "<!-- "])
def test_a_megabyte_of_one_element_is_read_before_the_time_limit_of_tests(piece: str) -> None:
    assert "Start." in plain("<p>Start.</p>" + piece * (1_000_000 // len(piece)) + "End.")


PIECES = ["<sup>", "</sup>", "<sub>", "<q>", "</q>", "<del>", "</del>", "<p>", "<br>", "10", "word", "&lt;", "<", "[3]"]


@given(st.lists(st.sampled_from(PIECES)))
def test_no_markup_upsets_the_reader(pieces: list[str]) -> None:
    assert "<p" not in plain("".join(pieces) + "<p>End.")
