"""How times are really typed: slips, short forms and turns of phrase, put into the words that the grammar knows."""

from __future__ import annotations

import re

SPELLINGS = {
    wrong: right
    for right, row in {
        "tomorrow": "tmrw tmr tmw tomo tomoz tmoz tomoro tomorro morrow tomorrows", "today": "todays tday",
        "yesterday": "yday yest yesterdays", "wednesday": "wensday wednsday wendsday wedensday wensdays wenesday",
        "tonight": "tonite tnight", "february": "febuary feburary", "thursday": "thirsday",
        "saturday": "saterday", "weekend": "weeknd wknd wkend", "everyday": "everday", "until": "untill",
        "noon": "midday", "afternoon": "arvo", "afternoons": "arvos", "night": "nite", "nights": "nites",
        "next": "nxt nxet", "this": "thsi tihs", "the": "teh", "week": "wk", "weeks": "wks", "every": "evry evrey",
        "oclock": "oclok oclcok", "june": "jnue", "august": "agust", "minutes": "minuts mintues", "hour": "huor huore",
        "hours": "huors", "before": "afore befor bfore",
    }.items()
    for wrong in row.split()
}  # fmt: skip
"""Word to the word it stands for; only what can be nothing else."""

_DAY = "(?:mon|tues?|weds?|wednes|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?|tomorrow|tmrw|this|yesterday"
_TURNS = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"\bweek day(?=s?\b)", "weekday"),
        (r"\b2(?=(?:moro|day|nite|morrow)\b)", "to"),
        (r"\bb4\b", "before"),
        (r"\b([ap])\. ?m\b\.?", r"\1m"),
        (r"\bo ?'? ?clock\b", "oclock"),
        (r"\b(?:bang )?on the dot\b|\bon the nose\b", ""),
        (r"\bw ?/ ?[cb]\b|\bwc (?=\d)", "week commencing"),
        (rf"\bw ?/ ?e\b(?= (?:the )?(?:{_DAY})\b)", "week ending"),
        (r"\bw ?/ ?e\b(?= (?:the )?\d)", "weekending"),
        (r"\bw ?/ ?e\b", "weekend"),
        (rf"\b({_DAY})(,?) eves?\b", r"\1\2 evening"),
        (r"\btwelfth night\b", "twelfthnight"),
        (r"\b(today|tomorrow|morning|afternoon|evening|now) itself\b", r"\1"),
        (r"\b(?:our|my|local) time\b", ""),
        (r"\bany(?: old)? ?(?:time|hour)\b(?! (?:after|before|from|now))", ""),
        (r"\bbefore the (week|month|year)(?:'s| is) (?:out|over)\b", r"by the end of the \1"),
        (r"\bboth days\b", ""),
        (r"\bfirst thing (?:in the |on )?(each|every) morning\b", r"\1 day first thing"),
    )
)  # fmt: skip


def prepared(text: str) -> str:
    """The text in lower case and in plain words, still uncut."""
    low = " ".join(text.lower().split()).replace("\u2019", "'")
    for pattern, plain in _TURNS:
        low = pattern.sub(plain, low)
    low = re.sub(r"'s\b|s'(?=\s|$)|'", lambda m: "s" if m[0] == "s'" else "", low)
    low = re.sub(r"\bsome time\b", "", low)
    return re.sub(r"(?<=[a-z0-9])-?ish\b", " ish", low)
