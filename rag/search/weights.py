"""The numbers of the search that can be tuned: one frozen value, passed in; `dataclasses.replace` makes another."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.archive.lexical import WordWeights
from rag.question.weights import QuestionWeights


@dataclass(frozen=True, slots=True)
class SearchWeights:
    """Scores of an index are brought to [0, 1] before they are weighed; what the words weigh is 1 less dense less sentence.

    Fitted by hand on the development halves; docs/retrieval.md has what most are worth, by scripts/ablation.py.
    """

    depth: int = 100  # passages from each index
    exact: int = 3_000  # passages that a filter leaves, up to which all of them are compared: faster, and misses none
    dense: float = 0.15  # weight of the dense score; MultiHop-RAG's MRR .794, without .779, at .3 .779
    sentence: float = 0.2  # weight of the sentence nearest to the question; MRR .794, without .782
    clause: float = (
        0.7  # of the words' weight, what goes to a part's clause, not to the whole question; MRR .794, without .777
    )
    second_look: int = 100  # passages of a part whose sentences are looked at
    lead: float = 0.03  # score of a passage that begins an article; RealTime QA's MRR .620, without .614
    lead_ends: int = 600  # characters of an article, within which its lead begins
    period: float = 0.4  # score of an article of the period asked about; MRR .794, without .780
    period_fades: float = 4  # days outside of it after which that is down to a third
    recency: float = (
        0.2  # score of an article of the day of asking; RealTime QA's MRR .620, without this and `fresh` .597
    )
    half_life: float = 120  # days after which half of that is left
    fresh: float = 0.2  # score of the same once more, for the news of the week; RealTime QA's MRR .620, without .615
    fresh_half_life: float = 7  # days after which half of that is left
    any_outlet: int = 3  # where the question names outlets, the hits of each that come before those of any other
    per_article: int = 5  # hits of one article at most; MRR .794, at 3 .792
    shown: int = 200  # words that a hit shows at most, its passage and what stands around it; MRR .794, without .750
    reranked: int = 50  # hits that a reranker reads
    read: int = 10  # hits that the reader reads; 20 gave no more
    reading: float = 1.0  # weight of the probability that it gives them; RealTime QA's Hits@4 +.02, MRR +.02
    reranker: float = 0.5  # weight of its scores, best to worst, where 1 is where a hit stood, first to last
    question: QuestionWeights = field(default_factory=QuestionWeights)  # how the question is read
    words: WordWeights = field(default_factory=WordWeights)  # what counts beside the single words
