"""What every test shares: the event loop, Hypothesis's profile, and the rule about skips.

Holds nothing of one layer: fixtures live beside the tests that use them. A missing tool is a skip
with a reason at home; where ``INTERLOCK_REQUIRE_BROWSER``, ``…_REDIS`` or ``…_PROXIES`` is set, as
in CI, the same skip is a failure, so that a green run has run everything.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
from collections.abc import Callable, Generator, Mapping
from importlib import import_module
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "interlock",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("interlock")

REQUIRED = {
    "INTERLOCK_REQUIRE_BROWSER": re.compile(r"chrom|browser", re.IGNORECASE),
    "INTERLOCK_REQUIRE_PROXIES": re.compile(r"proxy program", re.IGNORECASE),
    "INTERLOCK_REQUIRE_REDIS": re.compile(r"redis|valkey", re.IGNORECASE),
}
"""Variable -> what the reason of a skip names when that tool is missing."""


@pytest.fixture(scope="module", autouse=True)
def looked_at_once() -> None:
    """What earlier tests left is not looked at by every collection of this module's garbage."""
    gc.freeze()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run tests on the loop that the server runs on; a deeper conftest may name another."""
    uvloop = find_spec("uvloop") and import_module("uvloop")
    return {"server": uvloop.new_event_loop if uvloop else asyncio.new_event_loop}


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    for variable, names_tool in REQUIRED.items():
        if os.environ.get(variable) and names_tool.search(reason):
            report.outcome = "failed"
            report.longrepr = f"{reason} ({variable} is set, so this skip is a failure)"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip for want of a required tool into a failure."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same for a module that skips as a whole."""
    report = yield
    _refuse_skip(report)
    return report
