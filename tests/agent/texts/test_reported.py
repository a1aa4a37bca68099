"""Reported speech in the words people use, and how it is written to the person it is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.texts.reported import direct

ASKED = (
    ("ask her", "if she can join", "Can you join?"),
    ("ask him", "whether he could come at four", "Could you come at four?"),
    ("ask Olga", "if she'd like to come along", "Would you like to come along?"),
    ("ask Jon", "if he'd be free on Friday", "Would you be free on Friday?"),
    ("ask Jon", "if he's coming on Friday", "Are you coming on Friday?"),
    ("ask Jon", "if he's got the keys", "Have you got the keys?"),
    ("ask Jon", "if he's been paid", "Have you been paid?"),
    ("ask them", "if they've received the parcel", "Have you received the parcel?"),
    ("ask them", "whether they'll need a car", "Will you need a car?"),
    ("ask the Webers", "if they're bringing the kids", "Are you bringing the kids?"),
    ("ask her", "if she wants to see a film", "Do you want to see a film?"),
    ("ask Olga", "if she got my mail", "Did you get my mail?"),
    ("ask Olga", "whether she saw the offer", "Did you see the offer?"),
    ("ask Olga", "if she has a key", "Do you have a key?"),
    ("ask Olga", "if she has seen the plan", "Have you seen the plan?"),
    ("ask Olga", "if she had time to look at it", "Did you have time to look at it?"),
    ("ask Max", "if he still has the drill", "Do you still have the drill?"),
    ("ask Max", "if he paid the invoice", "Did you pay the invoice?"),
    ("ask Max", "whether he thought about it", "Did you think about it?"),
    ("ask Max", "if he studied the contract", "Did you study the contract?"),
    ("ask Max", "if he did the dishes", "Did you do the dishes?"),
    ("ask Max", "if he doesn't mind", "Don't you mind?"),
    ("ask Max", "whether or not he is coming", "Are you coming?"),
    ("ask Max", "whether he is coming or not", "Are you coming?"),
    ("ask Max", "if I can borrow his ladder", "Can I borrow your ladder?"),
    ("ask Max", "if my car is ready", "Is my car ready?"),
    ("ask Max", "if we should wait for him", "Should we wait for you?"),
    ("ask Max", "if that works for him", "Does that work for you?"),
    ("ask Max", "whether to bring wine", "Should I bring wine?"),
    (
        "ask the museum",
        "whether dogs are allowed and if the café opens before ten",
        "Are dogs allowed and does the café open before ten?",
    ),
    ("ask Violeta", "if there's still a place", "Is there still a place?"),
    ("ask Violeta", "whether the grant form arrived", "Did the grant form arrive?"),
    ("ask Violeta", "if it's too late", "Is it too late?"),
    ("ask Violeta", "if Tuesday works", "Does Tuesday work?"),
    ("ask Olga", "if Max can bring his drill", "Can Max bring his drill?"),
    ("ask Olga", "if my brother can bring his tent", "Can my brother bring his tent?"),
    ("ask her", "if we owe them anything", "Do we owe them anything?"),
    ("ask her", "if he told her", "Did he tell you?"),
    ("ask her", "whether the frobnicator zorps nicely", "Can you tell me if the frobnicator zorps nicely?"),
    ("ask Max and Anna", "if they can come", "Can you come?"),
)
WONDERED = (
    ("ask her", "when she can come", "When can you come?"),
    ("ask her", "when she lands", "When do you land?"),
    ("ask Petra", "what time the train leaves", "What time does the train leave?"),
    ("ask Petra", "what time the train from Berlin arrives", "What time does the train from Berlin arrive?"),
    ("ask Petra", "what the weather is like in Sofia", "What is the weather like in Sofia?"),
    ("ask Petra", "what she needs", "What do you need?"),
    ("ask Petra", "what we should bring", "What should we bring?"),
    ("ask Petra", "what to bring", "What should I bring?"),
    ("ask Petra", "where to meet", "Where should I meet?"),
    ("ask Petra", "where the keys are", "Where are the keys?"),
    ("ask Petra", "where she put the keys", "Where did you put the keys?"),
    ("ask Petra", "why he left early", "Why did you leave early?"),
    ("ask Petra", "who won", "Who won?"),
    ("ask Petra", "who is coming", "Who is coming?"),
    ("ask Petra", "who she invited", "Who did you invite?"),
    ("ask Petra", "who has the projector", "Who has the projector?"),
    ("ask Petra", "which bus goes there", "Which bus goes there?"),
    ("ask Petra", "which dates suit her", "Which dates suit you?"),
    ("ask Petra", "which documents I need", "Which documents do I need?"),
    ("ask Petra", "how much it costs", "How much does it cost?"),
    ("ask Petra", "how many people are coming", "How many people are coming?"),
    ("ask Petra", "how many vegetarians they have down for us", "How many vegetarians do you have down for us?"),
    ("ask Petra", "how long it takes", "How long does it take?"),
    ("ask Petra", "how late the shop is open", "How late is the shop open?"),
    ("ask Petra", "how she is", "How are you?"),
    ("ask Petra", "what happened", "What happened?"),
    ("ask Petra", "what this means", "What does this mean?"),
    ("ask Petra", "whose coat it is", "Whose coat is it?"),
)  # fmt: skip
REQUESTED = (
    ("ask Olga", "to send me the plan", "Please send me the plan."),
    ("tell him", "to call me back", "Please call me back."),
    ("tell Rashid", "not to worry", "Please don't worry."),
    ("tell Rashid", "to not be late", "Please don't be late."),
    ("tell Jon", "to please lock the door", "Please lock the door."),
    ("tell Jon", "to come at four and not to forget the keys", "Please come at four and don't forget the keys."),
    ("tell Jon", "to delete the old files, archive the rest and send me the list",
     "Please delete the old files, archive the rest and send me the list."),
    ("ask Trond", "to answer her by noon", "Please answer her by noon."),
    ("remind her", "to send them", "Please remember to send them."),
    ("ask her", "to bring her passport", "Please bring your passport."),
    ("ask Olga", "to bring her brother with her", "Please bring your brother with you."),
    ("ask Olga", "to let me know when she arrives", "Please let me know when you arrive."),
    ("ask Olga", "to tell Max he can use his bike", "Please tell Max he can use his bike."),
    ("invite Rufus", "to come and see the puppies", "Would you like to come and see the puppies?"),
    ("have Lorraine", "send me the minutes", "Please send me the minutes."),
    ("ask Renata", "for the wifi password", "Could you send me the wifi password?"),
    ("ask her", "for her recipe", "Could you send me your recipe?"),
    ("ask her", "for help with the move", "Could you help me with the move?"),
    ("ask her", "for a lift", "Could you give me a lift?"),
    ("ask reception", "for it", "Could you send it to me?"),
    ("email Axa", "asking for a copy", "Could you send me a copy?"),
    ("email Ezra", "asking him if he has time", "Do you have time?"),
)  # fmt: skip
TOLD = (
    ("let him know", "that my train was cancelled", "My train was cancelled."),
    ("let her know", "that she is invited", "You are invited."),
    ("tell Jon", "he should ask Clara", "You should ask Clara."),
    ("tell Ferdinand", "the budget is approved but he must cut travel", "The budget is approved but you must cut "
                                                                        "travel."),
    ("tell Marisa", "I'll call her", "I'll call you."),
    ("tell UNCLE BERT", "I CAN PICK HIM UP", "I CAN PICK YOU UP."),
    ("mail Ximena that", "I found her scarf", "I found your scarf."),
    ("remind Mr Oyelaran", "that his invoice is overdue", "Your invoice is overdue."),
    ("tell my son's teacher", "he forgot his inhaler", "He forgot his inhaler."),
    ("inform the class teacher", "that he is not coming today", "He is not coming today."),
    ("tell Olga", "they're sorted", "They're sorted."),
    ("tell Olga", "Max is ill and he can't come", "Max is ill and he can't come."),
    ("tell the Webers", "that the heating is off and that there's a baby in the flat",
     "The heating is off and there's a baby in the flat."),
    ("tell dana", "i'll be late, i think", "I'll be late, I think."),
    ("tell Ana", "no", "No."),
    ("tell Ana", "why I was absent: my train broke down", "Why I was absent: my train broke down."),
    ("thank Auntie Jo", "for the parcel", "Thank you for the parcel."),
    ("thank her", "for her help", "Thank you for your help."),
    ("mail them", "thanking them for the tents", "Thank you for the tents."),
    ("apologise to Mrs Haddad", "for missing the appointment", "I'm sorry for missing the appointment."),
    ("congratulate Sota", "on passing the bar", "Congratulations on passing the bar."),
    ("wish Aleksandra", "a speedy recovery", "I wish you a speedy recovery."),
    ("remind everybody", "about the rehearsal tomorrow", "Just a reminder about the rehearsal tomorrow."),
    ("warn the neighbours", "about the water being cut off", "Just a warning about the water being cut off."),
    ("warn Gustavo", "that we start late", "We start late."),
    ("let the group know", "about the new place", "It is about the new place."),
    ("tell Olga", "thanks for the flowers!", "Thanks for the flowers!"),
)  # fmt: skip


@pytest.mark.parametrize(("before", "said", "written"), ASKED + WONDERED + REQUESTED + TOLD)
def test_reported_speech_is_written_to_the_person(before: str, said: str, written: str) -> None:
    assert direct(said, plural=" and " in before or "Webers" in before, before=before) == written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("if she can join", "Can you join?"),
        ("that he has one more day", "You have one more day."),
        ("to call me", "Please call me."),
        ("for the VAT number", "Could you send me the VAT number?"),
        ("about the quote", "It is about the quote."),
        ("for seeing my mother so quickly", "For seeing my mother so quickly."),
        ("her order is ready", "Your order is ready."),
        ("what time it starts", "What time does it start?"),
    ],
)
def test_it_does_without_knowing_how_the_message_was_announced(said: str, written: str) -> None:
    assert direct(said) == written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ('if she read "what he said to her"', 'Did you read "what he said to her"?'),
        ("to sing “if she knew”", "Please sing “if she knew”."),
        ("that the code is 'i and she'", "The code is 'i and she'."),
    ],
)
def test_quoted_parts_are_never_touched(said: str, written: str) -> None:
    assert direct(said, before="ask her") == written


def test_there_are_enough_cases() -> None:
    assert len(ASKED + WONDERED + REQUESTED + TOLD) >= 90


@given(st.text(max_size=60), st.text(max_size=30), st.booleans())
def test_any_words_give_a_text(said: str, before: str, plural: bool) -> None:
    assert isinstance(direct(said, plural, before), str)


_WORDS = st.sampled_from(
    [
        "if",
        "to",
        "that",
        "for",
        "she",
        "he",
        "her",
        "they",
        "them",
        "who",
        "what",
        "did",
        "is",
        '"a"',
        "and",
        "i",
        "I",
        "Max's",
        "not",
        "with",
        "'s",
        ",",
        "the",
        "can",
    ]
)


@given(st.lists(_WORDS, max_size=12).map(" ".join))
def test_any_order_of_common_words_gives_a_text(said: str) -> None:
    assert isinstance(direct(said), str)
