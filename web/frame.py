"""What stands on the page before anything is asked: the masthead, the welcome, the wait, the reader, the keys."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from rag.archive.rows import Counts
from web.markup import in_words, many

WELCOME = (
    '<section class="dl-welcome"><p>Ask, and the answer is put together from sentences that stand in the archive. '
    "Each carries a number; the number leads to the article, with the sentence marked in it. What the archive doesn’t hold, "
    "Dateline doesn’t answer.</p></section>"
)
# A part of the page each; what is in the others than the first is made by a script of their own, when they are opened.
_TABS = (("", "Ask"), ("archive", "Archive"), ("evaluation", "Evaluation"))
TABS = (
    '<nav id="dl-tabs" aria-label="Parts of Dateline">'
    + "".join(f'<a href="?{tab and f"tab={tab}"}" data-tab="{tab}">{name}</a>' for tab, name in _TABS)
    + "</nav>"
)
SHELF, STOCK = '<div id="dl-shelf"></div>', '<div id="dl-stock"></div>'  # the two columns of the archive tab
RUNS = '<div id="dl-runs"></div>'  # the evaluation tab
# Shown in the answer's place from the moment of asking, so that no old answer stands under a new question.
WAIT = '<section id="dl-wait" class="dl-answer"><h2></h2><p class="dl-note" role="status"></p></section>'
TURNS = (
    '<nav id="dl-turns" aria-label="This conversation" hidden><ol></ol><button type="button" id="dl-anew" class="dl-plain">'
    "Begin a new conversation</button></nav>"
)
EARLIER = (
    '<details id="dl-earlier" hidden><summary>Earlier questions</summary><ul></ul><p class="dl-foot">Kept in this browser only. '
    '<button type="button" id="dl-forget" class="dl-plain">Forget them</button></p></details>'
)
READER = (
    '<section id="dl-reader" aria-label="The article" hidden><div class="dl-bar"><button type="button" id="dl-close" '
    'class="dl-plain">← Sources</button><span id="dl-where" role="status"></span>'
    '<button type="button" class="dl-plain" data-step="-1" aria-label="previous citation">↑</button>'
    '<button type="button" class="dl-plain" data-step="1" aria-label="next citation">↓</button></div>'
    '<div id="dl-page" tabindex="0" role="region" aria-label="Text of the article"></div></section>'
)
_KEYS = (
    ("/", "ask a question"),
    ("j, k", "next, previous citation"),
    ("Enter", "on a number: read its article"),
    ("Esc", "close the article, the card, or stop the search"),
    ("?", "these keys"),
)
OVERLAYS = (
    '<div id="dl-peek" role="tooltip" hidden></div>'
    '<dialog id="dl-help" aria-labelledby="dl-help-head"><h2 id="dl-help-head">Keys</h2><dl>'
    + "".join(f"<dt><kbd>{key}</kbd></dt><dd>{does}</dd>" for key, does in _KEYS)
    + '</dl><button type="button" id="dl-help-close" class="dl-plain">Close</button></dialog>'
    '<p class="dl-foot dl-keys"><button type="button" id="dl-keys" class="dl-plain">Keys</button></p>'
)


def masthead(counts: Counts) -> str:
    """Return the top of the page: the name and, under it, what the archive holds."""
    held = [many(counts.articles, "article"), many(counts.outlets, "outlet")]
    if counts.oldest and counts.newest:
        held.append(" – ".join(in_words(moment.date()) for moment in (counts.oldest, counts.newest)))
    line = "".join(f"<span>{each}</span>" for each in held)
    return (
        '<header class="dl-head"><h1>Dateline</h1><p class="dl-motto">Answers from a news archive, the proof beside '
        f'them</p><p class="dl-line">{line}</p></header>'
    )


def examples_html(questions: Sequence[str]) -> str:
    """Return links that ask each question; nothing where there are none."""
    links = "".join(f'<a href="?{escape(urlencode({"q": each}))}">{escape(each)}</a>' for each in questions)
    return f'<nav id="examples" aria-label="Examples">{links}</nav>' if links else ""
