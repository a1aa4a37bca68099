"""Words for relatives and other people one has, and the words of a contact card that they stand for."""

from __future__ import annotations

from nearhand.agent.texts import folding

_SAME = (
    "mother mum mom mam mummy mommy mama mutter", "father dad daddy papa pa vater", "brother bro bruder",
    "sister sis schwester", "grandmother grandma granny gran nan nana oma", "grandfather grandpa granddad grandad opa",
    "son sohn", "daughter tochter", "child kid", "aunt auntie tante", "uncle onkel", "cousin", "niece", "nephew",
    "wife", "husband hubby", "spouse", "partner", "girlfriend", "boyfriend", "fiance fiancee", "ex",
    "boss manager supervisor superior chef", "colleague coworker", "assistant secretary", "friend mate", "best friend",
    "doctor gp physician", "landlord landlady", "roommate flatmate housemate", "neighbour neighbor", "teacher",
    "mother in law", "father in law", "brother in law", "sister in law", "godmother", "godfather", "babysitter nanny",
)  # fmt: skip
_WHOLE = {"best friend", "mother in law", "father in law", "brother in law", "sister in law"}
_WIDER = {
    "wife": "spouse partner", "husband": "spouse partner", "spouse": "wife husband partner",
    "partner": "spouse wife husband girlfriend boyfriend fiance fiancee", "girlfriend": "partner",
    "boyfriend": "partner", "child": "son daughter", "kid": "son daughter", "friend": "best friend",
}  # fmt: skip
_GROUPS = {
    "parents": "mother father parent", "grandparents": "grandmother grandfather grandparent",
    "siblings": "brother sister sibling", "children": "child son daughter", "kids": "child son daughter",
    "in laws": "mother in law|father in law",
}  # fmt: skip


def _split(text: str) -> list[str]:
    return text.split("|") if "|" in text else [text] if text in _WHOLE else text.split()


_KIN: dict[str, frozenset[str]] = {}
for _line in _SAME:
    for _word in _split(_line):
        _KIN[_word] = frozenset(_split(_line))
for _word, _more in _WIDER.items():
    _KIN[_word] |= frozenset().union(*(_KIN[each] for each in _split(_more)))


def relations(key: str) -> tuple[frozenset[str], bool]:
    """The words of a card that a said relation means, and whether it was said of several people ("my parents")."""
    if key in _GROUPS:
        return frozenset().union(*(_KIN.get(word, frozenset({word})) for word in _split(_GROUPS[key]))), True
    if key in _KIN:
        return _KIN[key], False
    one = folding.stem(key)
    return (_KIN[one], True) if one != key and one in _KIN else (frozenset({key}), False)
