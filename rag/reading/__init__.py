"""Hits → what they say: which sentence answers, whether there is an answer at all, whether a source bears out a claim."""
