"""Figures for Prometheus: the ``Meter`` of the shell, and what the edge counts itself.

Every name is declared here once, with its labels; counting an undeclared one is a fault and raises
KeyError. MUST stay bounded: no label holds an id that strangers can make up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.wire.causes import CAUSES

QUEUES_MAX: Final = 200
"""Queues with a line of their own; the rest is summed up under ``other``."""
MATCHABLE_QUEUES_MAX: Final = 50
"""The same for the figure that only a queue in trouble has."""
LOOP_LOOK_S: Final = 0.25
REFUSALS: Final = (
    "sockets_max",
    "sockets_per_agent",
    "sockets_per_supervisor",
    "sockets_per_address",
    "new_sockets_per_user",
    "admissions_per_s",
    "connections_max",
    "strangers_max",
    "strangers_per_address",
    "hello_ms",
    "header_ms",
    "header_bytes_max",
    "body_ms",
    "body_bytes_max",
    "frame_bytes_max",
    "frames_per_s",
    "calls_per_s",
    "program_calls_per_s",
    "outbox_frames_max",
    "outbox_bytes_max",
    "send_deadline_ms",
    "connection_silent",
    "handshake",
    "malformed",
    "origin",
    "ticket",
)
"""Settings of the section ``limits``, and rules: what a refusal can be for."""
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

COUNTERS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "commands_total": ("Commands decided, by type and result.", ("type", "result")),
    "overloaded_total": ("Commands refused because too many waited.", ()),
    "engine_faults_total": ("Commands that stopped the engine.", ()),
    "step_downs_total": ("Times the workspace was given up.", ("reason",)),
    "append_trouble_total": ("Appends that got no clear answer.", ("kind",)),
    "tail_repaired_total": ("Lost tails of the log written again from memory.", ()),
    "tail_lost_total": ("Lost tails that were not remembered: the workspace stopped.", ()),
    "foreign_records_total": ("Records put aside that no owner of the log wrote.", ()),
    "pushes_total": ("Pushes told to agents, by type.", ("type",)),
    "format_shadow_total": ("Events tried in the next stored format.", ("result",)),
    "canary_failed_total": ("Rounds of the canary without an offer.", ()),
    "resumes_total": ("Sessions that came back.", ("mode",)),
    "sockets_lost_total": ("Sockets given up by the server.", ("reason",)),
    "sockets_closed_total": ("Sockets closed, by code.", ("code",)),
    "frames_refused_total": ("Frames that could not be taken.", ("code",)),
    "misroute_prevented_total": ("Offers held back by the last check.", ()),
    "incidents_total": ("Incidents opened, by cause.", ("cause",)),
    "repairs_total": ("Repairs by the watchdog.", ("cause", "result")),
    "escalations_total": ("Incidents for which a person was called.", ("cause",)),
    "matchable_total": ("Conversations that could be offered: offers made, and stalls.", ()),
    "matchable_in_time_total": ("Of these, offers pushed within 2 s of being possible.", ()),
    "webhook_messages_total": ("Messages of the webhook, by what became of them.", ("result",)),
    "webhook_failures_total": ("Tries of the webhook without a good answer.", ()),
    "refusals_total": (
        "Connections, sockets, frames and calls refused, by the setting (or rule) against them.",
        ("reason",),
    ),
    "gateway_ends_total": ("Gateway processes that ended by themselves.", ("gateway",)),
    "http_requests_total": ("HTTP answers.", ("route", "method", "status")),
}
DISTRIBUTIONS: Final[dict[str, tuple[str, tuple[float, ...]]]] = {
    "append_seconds": ("Time until an append was durable.", _SECONDS),
    "batch_records": ("Events in one append.", (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)),
    "http_seconds": ("Time to the end of an HTTP answer.", _SECONDS),
    "offer_seconds": ("From beginning to wait to the push, if matchable at once.", _SECONDS),
    "canary_seconds": ("From entering to an offer on a socket, of the canary.", _SECONDS),
    "loop_lag_seconds": ("How late the event loop was.", _SECONDS),
}
GAUGES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "ready": ("1 when work may be sent here.", ()),
    "epoch": ("Epoch of the ownership, 0 without.", ()),
    "sockets": ("Live sockets.", ("role",)),
    "tasks": ("Tasks of the event loop: some for each socket, else always the same.", ()),
    "gateway_streams": ("Sockets and requests that a gateway passes on now.", ("gateway",)),
    "conversations": ("Conversations of a queue.", ("queue", "state")),
    "oldest_wait_seconds": ("The longest wait in a queue.", ("queue",)),
    "oldest_matchable_wait_seconds": (
        "The longest wait in a queue while somebody in it could be offered; 0 as it should be.",
        ("queue",),
    ),
    "incidents_open": ("Incidents that are not over.", ("cause",)),
    "quarantined": ("Conversations set aside.", ()),
    "repairs_frozen": ("1 while a person has frozen the watchdog's repairs.", ()),
    "entered": ("Conversations ever entered.", ()),
    "ended": ("Conversations ever ended.", ()),
    "offers_made": ("Offers ever made.", ()),
    "offers_today": ("Offers of the UTC day, by what became of them.", ("outcome",)),
    "agents": ("Agents configured.", ()),
    "tls_expires_at_seconds": ("When the server's own certificate ends; 0 without one.", ()),
}


class Metrics:
    """One registry. Fulfils ``app.shell.meter.Meter``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters = {
            name: Counter(f"interlock_{name}", words, labels, registry=self.registry)
            for name, (words, labels) in COUNTERS.items()
        }
        self._distributions = {
            name: Histogram(f"interlock_{name}", words, buckets=steps, registry=self.registry)
            for name, (words, steps) in DISTRIBUTIONS.items()
        }
        self._gauges = {
            name: Gauge(f"interlock_{name}", words, labels, registry=self.registry)
            for name, (words, labels) in GAUGES.items()
        }
        # A counter that first shows up as 1 has not increased, for who looks at rates.
        for cause in CAUSES:
            for name in ("incidents_total", "escalations_total"):
                self._counters[name].labels(cause=cause)
        for result in ("delivered", "refused", "gave_up", "dropped"):
            self._counters["webhook_messages_total"].labels(result=result)
        for reason in REFUSALS:
            self._counters["refusals_total"].labels(reason=reason)

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""
        counter = self._counters[name]
        (counter.labels(**labels) if labels else counter).inc(value)

    def observe(self, name: str, value: float) -> None:
        """Add one value to a distribution."""
        self._distributions[name].observe(value)

    def show(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)

    def show_figures(self, figures: Mapping[str, Any]) -> None:
        """Set the gauges that are read off the state: see ``wire.figures_view``."""
        for name in ("entered", "ended", "offers_made", "agents", "quarantined", "repairs_frozen"):
            self.show(name, figures[name])
        for cause, count in figures["incidents_open"].items():
            self.show("incidents_open", count, cause=cause)
        for outcome, count in figures["offers_today"].items():
            self.show("offers_today", count, outcome=outcome)
        for name in ("conversations", "oldest_wait_seconds", "oldest_matchable_wait_seconds"):
            self._gauges[name].clear()
        ranked = sorted(figures["queues"], key=lambda row: -row["oldest_matchable_wait_ms"])
        for row in ranked[:MATCHABLE_QUEUES_MAX]:
            wait_s = row["oldest_matchable_wait_ms"] / 1000
            self.show("oldest_matchable_wait_seconds", wait_s, queue=row["id"])
        for row in _bounded(figures["queues"]):
            self.show("oldest_wait_seconds", row["oldest_wait_ms"] / 1000, queue=row["id"])
            for state in ("waiting", "offered", "assigned", "wrapping"):
                self.show("conversations", row.get(state, 0), queue=row["id"], state=state)

    def text(self) -> bytes:
        """All of it in the text format of Prometheus."""
        return generate_latest(self.registry)


async def watch_loop(metrics: Metrics) -> None:
    """Measure how late the event loop is, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOP_LOOK_S
        await asyncio.sleep(LOOP_LOOK_S)
        metrics.observe("loop_lag_seconds", max(0.0, loop.time() - due))


def _bounded(queues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The queues with most to tell, and one row for all others."""
    if len(queues) <= QUEUES_MAX:
        return queues
    ranked = sorted(queues, key=lambda row: (-row["oldest_wait_ms"], -row.get("waiting", 0)))
    rest = ranked[QUEUES_MAX:]
    states = ("waiting", "offered", "assigned", "wrapping")
    other = {state: sum(row.get(state, 0) for row in rest) for state in states}
    oldest_ms = max(row["oldest_wait_ms"] for row in rest)
    return [*ranked[:QUEUES_MAX], {"id": "other", "oldest_wait_ms": oldest_ms, **other}]
