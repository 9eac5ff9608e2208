"""The made-up people of the demo: queues, agents, customers and what they write about.

Holds invented sample data and no behaviour. Nobody here is a real person or firm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

SEAT: Final = "you"
"""The agent who is left free for the person at the browser."""
SEAT_QUEUE: Final = "vip"


@dataclass(slots=True, frozen=True)
class SampleQueue:
    """``every_s``: mean time between arrivals; ``talk_s``: bounds of a talk's length."""

    id: str
    name: str
    channel: str
    every_s: float
    talk_s: tuple[float, float]
    subjects: tuple[str, ...]
    wrap_up_ms: int = 15_000
    timeout_ms: int = 20_000


QUEUES: Final = (
    SampleQueue(
        "billing",
        "Billing",
        "chat",
        16.0,
        (25.0, 80.0),
        (
            "Charged twice for October",
            "Where is my invoice?",
            "Card expired, how do I change it",
            "Refund not arrived after ten days",
            "VAT number is missing on the bill",
            "Please explain the second line",
        ),
    ),
    SampleQueue(
        "support",
        "Support",
        "chat",
        11.0,
        (30.0, 110.0),
        (
            "App closes when I open the map",
            "Cannot sign in since the update",
            "The scanner shows error 41",
            "No sound after pairing",
            "How do I move to a new phone?",
            "Export hangs at 80 percent",
            "Two of our users lost access",
        ),
    ),
    SampleQueue(
        "sales",
        "Sales",
        "call",
        24.0,
        (40.0, 120.0),
        (
            "Quote for 40 seats",
            "Difference between Team and Plus",
            "Can we pay once a year?",
            "Trial ends tomorrow",
        ),
        timeout_ms=15_000,
    ),
    SampleQueue(
        "mail",
        "Mail",
        "mail",
        20.0,
        (30.0, 90.0),
        (
            "Re: your order from Tuesday",
            "Request for my data under GDPR",
            "Change of address",
            "Feedback on the new layout",
            "Attachment was empty",
        ),
        wrap_up_ms=0,
        timeout_ms=45_000,
    ),
    SampleQueue(
        SEAT_QUEUE,
        "VIP",
        "chat",
        90.0,
        (30.0, 80.0),
        (
            "Our launch is in two hours",
            "Contract renewal, a quick question",
            "Urgent: orders are not coming in",
        ),
        timeout_ms=30_000,
    ),
)

AGENTS: Final[dict[str, dict[str, Any]]] = {
    "astrid": {"name": "Astrid Holm", "queues": {"billing": 1, "vip": 2}},
    "bilal": {"name": "Bilal Rahimi", "queues": {"support": 1, "billing": 2}},
    "chiara": {"name": "Chiara Monti", "queues": {"support": 1, "vip": 2}},
    "dumisani": {"name": "Dumisani Ndlela", "queues": {"sales": 1, "billing": 2}},
    "eun-ji": {"name": "Eun-ji Bae", "queues": {"support": 1, "mail": 2}},
    "farid": {"name": "Farid Haddad", "queues": {"mail": 1, "sales": 2}},
    "greta": {"name": "Greta Lindqvist", "queues": {"billing": 1, "support": 2}},
    "hugo": {"name": "Hugo Arnaud", "queues": {"sales": 1, "support": 2}},
    SEAT: {"name": "You", "queues": {"vip": 1, "support": 1, "billing": 1}},
}
CAPACITY: Final = {"chat": 2, "call": 1, "mail": 3}
UNITS: Final = 3

FIRST_NAMES: Final = [
    "Ada",
    "Benno",
    "Carmen",
    "Dilek",
    "Edvard",
    "Fiona",
    "Goran",
    "Hana",
    "Idris",
    "Jolanta",
    "Kofi",
    "Lucía",
    "Malik",
    "Nadja",
    "Olu",
    "Petra",
    "Quentin",
    "Rosa",
    "Stefan",
    "Tamar",
    "Ulla",
    "Viktor",
    "Wanda",
    "Ximena",
    "Yusuf",
    "Zofia",
]
LAST_NAMES: Final = [
    "Abara",
    "Brandt",
    "Castell",
    "Dragan",
    "Eskola",
    "Ferro",
    "Grubb",
    "Hajek",
    "Imani",
    "Jurado",
    "Kessler",
    "Lund",
    "Marek",
    "Nakai",
    "Oduya",
    "Pereira",
    "Quist",
    "Roth",
    "Sandoval",
    "Tervo",
    "Ujvari",
    "Vasquez",
    "Wolff",
    "Xu",
    "Yilmaz",
    "Zeman",
]
PLACES: Final = ("Aarhus", "Bergen", "Gdansk", "Ghent", "Lisbon", "Riga", "Turin", "Utrecht")
