"""Settings: read from defaults, file, environment and flags; checked; explained.

Does not decide, connect or log, and reads nothing at import. Imports the standard library,
pydantic and, alone of the application, ``app.domain.settings``: the ``queues``, ``agents`` and
``presences`` tables become those types. The rule: every wrong key is reported at once, by its path,
with the remedy.
"""

from app.config.load import Loaded, load, read
from app.config.problems import ConfigError, Problem
from app.config.settings import Settings

__all__ = ["ConfigError", "Loaded", "Problem", "Settings", "load", "read"]
