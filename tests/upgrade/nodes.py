"""Servers of two releases as processes on one store; each is started, waited for and ended here.

MUST NOT import the server: what a node does is learnt from the outside.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import poll_until_blocking

ROOT = Path(__file__).resolve().parents[2]
ADMIN_KEY = "upgrade-admin-key-0123456789abcdef"
LISTENING = re.compile(r"^listening on (http://\S+)$")
LONG_S = 40.0


@dataclass(frozen=True)
class Build:
    """One release: how its command line is run, and where (never where another ``app`` lies)."""

    name: str
    words: tuple[str, ...]
    home: Path

    def environment(self) -> dict[str, str]:
        """This one without foreign settings."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("INTERLOCK_")}
        env.pop("PORT", None)
        env.pop("PYTHONPATH", None)
        return env | {"INTERLOCK_AUTH__ADMIN_KEY": ADMIN_KEY}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        return subprocess.run(
            [*self.words, *words],
            cwd=self.home,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
        )


TODAY = Build("today", (sys.executable, "-m", "app.main"), ROOT)


class Node:
    """One ``interlock serve``."""

    def __init__(self, build: Build, config: Path, log: Path) -> None:
        self.build, self._log = build, log
        command = [*build.words, "serve", "--host", "127.0.0.1", "--port", "0"]
        with log.open("a") as errors:
            self._process = subprocess.Popen(
                [*command, "--config", str(config)],
                cwd=build.home,
                env=build.environment(),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.base = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                if heard := LISTENING.match(line.strip()):
                    self.base = heard[1]

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def serves(self) -> str:
        """Wait until it owns the workspace; its address."""

        def up() -> str:
            assert self.alive, f"{self.build.name} ended: {self.said()}"
            return self.base

        return str(poll_until_blocking(up, f"{self.build.name} serves", within_s=LONG_S))

    def waits(self) -> None:
        """Wait until it stands in line behind the owner."""

        def in_line() -> bool:
            assert self.alive, f"{self.build.name} ended: {self.said()}"
            return "; waiting" in self.said()

        poll_until_blocking(in_line, f"{self.build.name} waits", within_s=LONG_S)

    def said(self) -> str:
        """What it wrote to its standard error."""
        return self._log.read_text()

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        return self._process.wait(LONG_S)

    def stop(self) -> int:
        """Ask it to end; the exit code."""
        if self.alive:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self.ended()
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self.ended()
