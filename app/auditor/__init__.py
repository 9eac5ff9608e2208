"""A second pair of eyes on the log: its own model, its own rules, none of the engine's code.

Duty: be fed every event in its order and say which invariant was broken, in words. MUST NOT import
the engine, its state or its matching, so that a mistake made there is not repeated here; MUST NOT
raise on a bad log, for a violation is data. The rule that keeps it right: rather miss one than
report one that is none. Cost is linear in the log, memory is bounded by what is live.
"""

from app.auditor.auditor import Auditor, Violation

__all__ = ["Auditor", "Violation"]
