"""From one version of a record to the one before: what lets a new build write an older format.

Pure functions on the plain fields of a body; they may change and return their argument. The rule:
down and then up again (``upcasters``) gives the same fields, or ``NotInFormat`` is raised because
the event says something that the older version has no words for. MUST NOT drop what was said. Kept
for as long as the older format is written, and no longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

DOWNCASTERS: Final[Mapping[tuple[int, int], Any]] = MappingProxyType({})
"""(record type, version) -> what makes the version before of it."""
