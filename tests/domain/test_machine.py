"""The random histories of ``machine_run``, in a process of their own.

Hypothesis draws some of its values from the modules that are loaded, so within a whole run of the
tests other histories would be tried than alone, and what is found could not be found again.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_random_histories_keep_every_promise() -> None:
    program = Path(__file__).with_name("machine_run.py")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(program)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-8_000:]
    assert "1 passed" in done.stdout
