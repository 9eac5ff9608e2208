"""What looks like a mistake in opening hours.

MUST NOT compute a calendar: only what can be told from the settings alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.settings import QueueSettings
from app.wire.lint.ground import info, warning
from app.wire.views import View


def hours_warnings(settings: QueueSettings) -> Iterator[View]:
    """Hours that never begin, and a door that shuts without a word to whoever comes then."""
    hours = settings.hours
    if hours.weekly and not any(hours.weekly.values()):
        message = "No day has a span: the queue never opens. Leave weekly out for always open."
        yield warning("hours_never_open", "$.hours.weekly", message)
    if has_hours(settings) and not any(rule.when == "closed" for rule in settings.overflow):
        message = "Who comes while it is closed waits until it opens: no overflow rule for closed."
        yield info("closed_without_overflow", "$.hours", message)


def has_hours(settings: QueueSettings) -> bool:
    """Whether the queue is ever closed."""
    return bool(settings.hours.weekly or settings.hours.holidays)
