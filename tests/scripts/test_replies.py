"""The measuring of recorded replies, on one of our own."""

import json
from pathlib import Path

import pytest

from scripts.replies import main

TEXT = "The ferry Gannet sank on Friday off Hexley because a hatch was open. Its captain had asked for a tow."
ROW = {
    "id": "a",
    "question": "Why did the Gannet sink?",
    "passages": [{"text": TEXT, "title": "Ferry sinks", "source": "The Beacon", "url": "https://beacon.example/ferry"}],
    "reply": "The ferry Gannet sank on Friday off Hexley because a hatch was open [1]. It sank 900 times [1].",
    "sentences": [
        {
            "text": "The ferry Gannet sank on Friday off Hexley because a hatch was open [1].",
            "supported": True,
            "twin": {"text": "The ferry Gannet sank on Monday off Hexley for 900 days [1].", "fault": "date"},
        }
    ],
}
QUESTION = {
    "id": "a",
    "answer": "a hatch",
    "kind": "reason_stated",
    "article_url": "https://beacon.example/ferry",
    "quotes": ["because a hatch was open"],
}


def test_the_figures_of_one_reply(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replies, questions = tmp_path / "replies.jsonl", tmp_path / "questions.jsonl"
    refusal = {**ROW, "id": "b", "question": "Why did the\u2028Gannet sink?", "reply": "NOT IN CORPUS", "sentences": []}
    replies.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in (ROW, refusal)), encoding="utf-8")
    questions.write_text(json.dumps(QUESTION), encoding="utf-8")
    assert main([str(replies), "--questions", str(questions), "--reader", "none", "--pace", "1000"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["refusals_kept"] == 1 and told["each_sentence"]["by_fault"] == {"date": "0/1"}
    assert told["each_sentence"]["true_kept"] == 1 and told["each_sentence"]["twins_shown"] == 0
    assert told["answers"] == {"asked": 1, "answer_in_reply": 1.0, "answer_in_shown": 1.0}
    assert told["reasons"] == {"asked": 1, "kind_and_quote_right": 1.0}
    assert told["time"]["sentences"] == 2 and told["time"]["shown_after_ms"]["p50"] > 0
