"""The numbers of reading a question that can be tuned: one frozen value, passed in; `dataclasses.replace` makes another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuestionWeights:
    """Words here are words that carry meaning, if not said. Chosen by reading the development halves' questions."""

    outlets: int = 6  # outlets at most that a question is put to, with a search for each; nobody compares more
    outlet_words: int = 6  # words of any kind in an outlet's name at most
    clause: int = 3  # words that a clause has at least; a shorter one asks what the whole question asks
    behind: int = 5  # words before the first outlet from which on outlets are named behind what they said
    side: int = 2  # words that each of two sides has at least; "compare it with 2023" holds nothing against anything
    beside: int = 7  # days preferred next to one that is asked about with "before" or "after": the news around it
