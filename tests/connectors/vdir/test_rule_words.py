"""Recurrence rules as a person would say them."""

from __future__ import annotations

import pytest

from nearhand.connectors.vdir.rule_words import in_words


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=WEEKLY;BYDAY=MO", "every Monday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=MO", "every 2 weeks on Monday and Thursday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=MONTHLY;BYMONTHDAY=1", "every month on the 1st"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "every month on the last Friday, 3 times"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4", "every year on 4 March"),
        ("FREQ=WEEKLY;BYDAY=TU,SU", "every Tuesday and Sunday"),
        ("FREQ=MONTHLY;BYMONTHDAY=2,13,23,-2,99", "every month on the 2nd, the 13th, the 23rd, day -2 and day 99"),
        ("FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=1", "every year in March and September on the 1st"),
        ("FREQ=WEEKLY;UNTIL=20270330T220000Z", "every week, until 30 Mar 2027"),
        ("FREQ=YEARLY;BYWEEKNO=20", "every year (BYWEEKNO=20)"),
        ("FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0", "every day at 08:00 and 20:00"),
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=6,18;BYMINUTE=45;COUNT=4", "every Monday at 06:45 and 18:45, 4 times"),
        ("FREQ=DAILY;BYHOUR=8,20", "every day (BYHOUR=8,20)"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_rule_is_said_in_words(rule: str, said: str) -> None:
    assert in_words(rule) == said
