"""Time zones as people name them: abbreviations and cities. An abbreviation means the wall clock of its place.

"3pm EST" said in July means New York time to nearly everybody, so EST is New York's clock, not UTC-5.
"""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_PLACES = {
    "Europe/London": "gmt bst london british uk england edinburgh",
    "Europe/Dublin": "dublin irish",
    "Europe/Lisbon": "wet west lisbon",
    "Europe/Berlin": "cet cest mez mesz berlin german germany munich hamburg frankfurt cologne european",
    "Europe/Paris": "paris french france", "Europe/Madrid": "madrid barcelona spanish",
    "Europe/Rome": "rome milan italian", "Europe/Vienna": "vienna", "Europe/Zurich": "zurich geneva swiss",
    "Europe/Amsterdam": "amsterdam dutch", "Europe/Brussels": "brussels", "Europe/Copenhagen": "copenhagen",
    "Europe/Stockholm": "stockholm swedish", "Europe/Oslo": "oslo", "Europe/Warsaw": "warsaw",
    "Europe/Prague": "prague", "Europe/Budapest": "budapest", "Europe/Athens": "eet eest athens greek",
    "Europe/Helsinki": "helsinki", "Europe/Kyiv": "kyiv kiev", "Europe/Istanbul": "istanbul turkish",
    "Europe/Moscow": "msk moscow", "Asia/Dubai": "dubai gst", "Asia/Kolkata": "ist mumbai delhi bangalore indian india",
    "Asia/Jerusalem": "tel_aviv jerusalem israel", "Asia/Singapore": "sgt singapore", "Asia/Hong_Kong": "hkt hong_kong",
    "Asia/Shanghai": "beijing shanghai china chinese", "Asia/Tokyo": "jst tokyo japan japanese",
    "Asia/Seoul": "kst seoul", "Asia/Manila": "manila philippine", "Asia/Bangkok": "bangkok",
    "Asia/Jakarta": "jakarta", "Asia/Karachi": "karachi", "Asia/Dhaka": "dhaka",
    "Australia/Sydney": "aest aedt aet sydney", "Australia/Melbourne": "melbourne", "Australia/Brisbane": "brisbane",
    "Australia/Perth": "awst perth", "Pacific/Auckland": "nzst nzdt auckland wellington",
    "America/New_York": "est edt et eastern new_york nyc boston washington east_coast miami",
    "America/Toronto": "toronto", "America/Chicago": "cst cdt ct central chicago texas dallas",
    "America/Denver": "mst mdt mt mountain denver", "America/Phoenix": "phoenix arizona",
    "America/Los_Angeles": "pst pdt pt pacific los_angeles san_francisco seattle west_coast california",
    "America/Vancouver": "vancouver", "America/Sao_Paulo": "brt sao_paulo", "America/Mexico_City": "mexico_city",
    "America/Argentina/Buenos_Aires": "buenos_aires", "Pacific/Honolulu": "hst hawaii honolulu",
    "Africa/Johannesburg": "sast johannesburg cape_town", "Africa/Lagos": "lagos", "Africa/Nairobi": "nairobi",
    "Africa/Cairo": "cairo", "UTC": "utc z zulu",
}  # fmt: skip
NAMES: dict[str, str] = {name.replace("_", " "): zone for zone, names in _PLACES.items() for name in names.split()}
"""Lower-case name to IANA zone."""
_SHORT = (
    "gmt bst wet cet cest mez mesz eet eest msk ist sgt hkt jst kst aest aedt aet awst nzst nzdt est edt et cst cdt ct "
    "mst mdt mt pst pdt pt hst sast utc z zulu eastern central mountain pacific brt gst"
)
SHORT = frozenset(_SHORT.split())
"""Names that need no "time" after them."""


def zone_named(name: str) -> tzinfo:
    """The zone behind a name of NAMES."""
    return ZoneInfo(NAMES[name])


def offset_zone(sign: int, hours: int, minutes: int) -> tzinfo | None:
    """The zone of "UTC+5:30", or None where no clock is set so."""
    if hours > 14 or minutes > 59:
        return None
    return timezone(sign * timedelta(hours=hours, minutes=minutes))
