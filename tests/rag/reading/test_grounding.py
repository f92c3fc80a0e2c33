"""A classifier of the hub judges claims: which of its labels counts, and that all of a long source is read."""

from concurrent.futures import ThreadPoolExecutor
from math import exp
from typing import Any

import pytest

from rag.config import Config
from rag.errors import ModelError, UsageError
from rag.reading.grounding import GroundingModel
from rag.reading.reader import load_checker
from rag.reading.verify import JOINED, support

CLAIM = "The bridge was mended."
HOLT, RAIN = "Ines Holt mended the bridge.", "Rain fell on the mayor."


def share(odds: float) -> float:
    return 1 / (1 + exp(-odds))


@pytest.mark.parametrize(
    ("labels", "favours"),
    [
        (("contradiction", "entailment", "neutral"), 1),
        (("ENTAILMENT", "NEUTRAL", "CONTRADICTION"), 0),
        (("not_entailment", "entailment"), 1),
        (("Refutes", "Not enough info", "Supports"), 2),
        (("hallucinated", "consistent"), 1),
        (("fine", "hallucinated"), 0),
    ],
)
def test_the_label_that_means_supported_is_found(tiny: Any, labels: tuple[str, ...], favours: int) -> None:
    judge = GroundingModel(str(tiny.classifier(*labels, favours=favours)))
    holds, fails = judge.probabilities([(CLAIM, HOLT), (CLAIM, RAIN)])
    assert holds == pytest.approx(exp(2) / (exp(2) + len(labels) - 1), abs=1e-3)  # logits: 2 for it, 0 for the others
    assert fails == pytest.approx(exp(-2) / (exp(-2) + len(labels) - 1), abs=1e-3)


def test_one_score_is_log_odds(tiny: Any) -> None:
    holds, fails = GroundingModel(str(tiny.classifier("score", by=3.0))).probabilities([(CLAIM, HOLT), (CLAIM, RAIN)])
    assert (holds, fails) == (pytest.approx(share(3), abs=1e-3), pytest.approx(share(-3), abs=1e-3))


@pytest.mark.parametrize("labels", [("LABEL_0", "LABEL_1"), ("good", "bad"), ("entailment_a", "entailment_b")])
def test_labels_that_do_not_say_are_named_with_the_remedy(tiny: Any, labels: tuple[str, ...]) -> None:
    folder = tiny.classifier(*labels, favours=1)
    with pytest.raises(ModelError) as raised:
        GroundingModel(str(folder))
    assert str(raised.value) == (
        f"the judge {str(folder)!r} doesn't say which of its labels means supported; its labels are "
        f"{labels[0]}, {labels[1]}: name one, as in model:{folder}#{labels[0]}"
    )
    holds, fails = GroundingModel(f"{folder}#{labels[1]}").probabilities([(CLAIM, HOLT), (CLAIM, RAIN)])
    assert holds > 0.8 > 0.2 > fails
    with pytest.raises(ModelError, match=r"has no label nonsense; its labels are"):
        GroundingModel(f"{folder}#nonsense")


def test_a_long_source_is_read_to_its_end(tiny: Any) -> None:
    judge = GroundingModel(str(tiny.classifier("neutral", "entailment", favours=1)))
    long = "Rain fell on the ferry. " * 100
    assert judge.probabilities([(CLAIM, long), (CLAIM, long + HOLT), (CLAIM, HOLT + long)]) == pytest.approx(
        [share(-2), share(2), share(2)], abs=1e-3
    )


def test_one_word_that_is_not_grounded_spoils_a_claim(tiny: Any) -> None:
    judge = GroundingModel(str(tiny.marker("supported", "hallucinated")))
    assert judge.probabilities([("Rain fell.", RAIN), ("Holt fell in rain.", RAIN)]) == pytest.approx(
        [share(4), share(-4)], abs=0.01
    )


def test_nothing_is_borne_out_by_nothing(tiny: Any) -> None:
    judge = GroundingModel(str(tiny.classifier("entailment", "neutral")))
    assert judge.probabilities([]) == []
    assert judge.supports([("", HOLT), (CLAIM, " \n"), (CLAIM, "")]) == pytest.approx([0, 0, 0], abs=1e-9)
    assert judge.probabilities([("Why? " * 2_000, HOLT * 500), ("渡船", "\ud800 Holt")])[1] > 0.8


def test_even_odds_of_the_model_are_even_odds_of_the_check(tiny: Any) -> None:
    judge = GroundingModel(str(tiny.classifier("entailment", by=0.0)))
    assert judge.probabilities([(CLAIM, RAIN)]) == [0.5]
    assert judge.supports([(CLAIM, RAIN)]) == [pytest.approx(share(JOINED.cut))]
    believes = GroundingModel(str(tiny.classifier("entailment", by=4.0)))
    free = "The bridge has been repaired."
    assert support(free, HOLT, believes).verdict == "supported"
    assert support(free, RAIN, believes).verdict == "unsupported"


def test_several_threads_may_ask(tiny: Any) -> None:
    judge = GroundingModel(str(tiny.classifier("entailment", "neutral")))
    pairs = [(CLAIM, "Rain fell. " * n + HOLT) for n in range(24)]
    with ThreadPoolExecutor(6) as pool:
        assert all(each[0] > 0.8 for each in pool.map(lambda pair: judge.probabilities([pair]), pairs))


def test_a_judge_of_sentence_transformers_own_form(tiny: Any, tmp_path: Any) -> None:
    from sentence_transformers import CrossEncoder

    plain = tiny.classifier("score", by=3.0)
    CrossEncoder(str(plain)).save_pretrained(str(tmp_path / "modular"))
    assert (tmp_path / "modular" / "modules.json").exists()
    pairs = [(CLAIM, HOLT), (CLAIM, RAIN)]
    assert GroundingModel(str(tmp_path / "modular")).probabilities(pairs) == pytest.approx(
        [share(3), share(-3)], abs=1e-3
    )


def test_the_settings_name_the_judge(tiny: Any, config: Config) -> None:
    folder = tiny.classifier("entailment", "neutral", favours=0, by=4.0)
    checker = load_checker(Config(cache=config.cache, reader="none", judge=f"model:{folder}"))
    assert checker and checker.supports([(CLAIM, HOLT)])[0] > 0.8
    assert load_checker(Config(cache=config.cache, reader="none")) is None
    with pytest.raises(UsageError, match=r"^judge = 'oracle' is not known; it takes built-in or model:NAME$"):
        load_checker(Config(cache=config.cache, judge="oracle"))


def test_no_encoder_without_a_head_is_a_judge(tiny: Any) -> None:
    with pytest.raises(ModelError, match=r"lacks trained weights .*; name a model made for entailment or grounding"):
        GroundingModel(f"{tiny.reader()}#LABEL_0")
