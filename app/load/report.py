"""The result of a run as one HTML page: verdict, figures, charts. Everything is in the file.

MUST NOT judge: it shows what ``result`` says. The rule: nothing from outside, no script, and every
text of a run is escaped.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

from app.load.charts import Line, chart
from app.load.plan import SCENARIOS
from app.load.screen import NAMES

Json = dict[str, Any]

STYLE = """
:root{color-scheme:light dark;--ink:#111827;--soft:#6b7280;--line:#e5e7eb;--page:#fff;--bad:#b91c1c;
--good:#15803d;--warn:#b45309}
@media(prefers-color-scheme:dark){:root{--ink:#e5e7eb;--soft:#9ca3af;--line:#374151;--page:#111827;
--bad:#f87171;--good:#4ade80;--warn:#fbbf24}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:960px;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.verdict{font-size:1.1rem;font-weight:600}.bad{color:var(--bad)}.good{color:var(--good)}
.warn{color:var(--warn)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}th{font-weight:500;color:var(--soft)}
figure{margin:1rem 0}figcaption span{margin-left:1rem;color:var(--soft)}
figcaption i{display:inline-block;width:.8em;height:.2em;margin-right:.3em;vertical-align:middle}
svg{width:100%;height:auto}svg path{fill:none;stroke-width:1.5}
svg .g{stroke:var(--line)}svg text{font-size:11px;fill:var(--soft)}
svg .e{text-anchor:end}svg .m{text-anchor:middle}
svg .k line{stroke:var(--soft);stroke-dasharray:2 3}
small{color:var(--soft)}
"""


def page(result: Json) -> str:
    """The whole page."""
    plan = result["plan"]
    scenario = plan["scenario"]
    began = datetime.fromtimestamp(result["began_at"] / 1_000, UTC)
    where = "a server of its own" if result["own_server"] else result["url"]
    subtitle = (
        f"{SCENARIOS[scenario]}: {plan['agents']:,} agents, {plan['supervisors']:,} supervisors, "
        f"{plan['rate']:g} conversations a second for {plan['seconds']:g} s on {where}, "
        f"{began:%Y-%m-%d %H:%M} UTC"
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>interlock load {escape(scenario)}</title><style>{STYLE}</style>"
        f"<h1>interlock load {escape(scenario)}</h1><small>{escape(subtitle)}</small>"
        f"{_verdict(result)}<h2>Times</h2>{_times(result)}{_phases(result)}"
        f"<h2>Over time</h2>{_charts(result)}<h2>Counted</h2>{_counts(result)}"
        f"<p><small>{escape(METHOD)}</small></p></html>\n"
    )


METHOD = (
    "Measured from outside. Every time counts from when the thing was meant to happen, not from "
    "when a client got round to it, so that a server that stalls is not measured less often "
    "(coordinated omission). Percentiles are at most 1/64 too high. How late the client processes "
    "were themselves is among the charts."
)


def _verdict(result: Json) -> str:
    if result["ok"]:
        parts = ['<p class="verdict good">Every promise held.</p>']
    else:
        parts = ['<p class="verdict bad">Promises were broken.</p><ul class="bad">']
        parts += [f"<li>{escape(text)}</li>" for text in result["faults"]]
        parts.append("</ul>")
    for text in result["client"]["bottleneck"]:
        parts.append(f'<p class="warn">The client was the bottleneck: {escape(text)}</p>')
    parts += ["<ul>", *(f"<li>{escape(text)}</li>" for text in result["facts"]), "</ul>"]
    return "".join(parts)


def _times(result: Json) -> str:
    rows = [(NAMES.get(name, name), one) for name, one in result["latency_ms"].items()]
    rows.append(("how late the client was", result["client"]["lag_ms"]))
    return _table(rows)


def _phases(result: Json) -> str:
    rows = [
        (f"{NAMES.get(name, name)}, {phase}", one)
        for phase, by in result["phases"].items()
        for name, one in by.items()
    ]
    return f"<h2>By phase</h2>{_table(rows)}" if rows else ""


def _table(rows: list[tuple[str, Json]]) -> str:
    heads = {"p50": "p50", "p90": "p90", "p99": "p99", "p999": "p99.9", "max": "max"}
    head = "".join(f"<th>{name} ms</th>" for name in heads.values())
    body = "".join(
        f"<tr><td>{escape(name)}</td><td>{one['count']:,}</td>"
        + "".join(f"<td>{one[key]:,.1f}</td>" for key in heads)
        + "</tr>"
        for name, one in rows
    )
    return f"<table><tr><th></th><th>count</th>{head}</tr>{body}</table>"


def _charts(result: Json) -> str:
    points, marks = result["points"], result["marks"]

    def line(name: str, *path: str) -> Line:
        return Line(name, [(point["t"], _at(point, path)) for point in points])

    roles = sorted({role for point in points for role in point["rss"]})
    cpu = sorted({role for point in points for role in point["cpu"]})
    return "".join(
        (
            chart(
                "From the intended arrival to the offer",
                "ms",
                [line("p99", "offer_p99"), line("p50", "offer_p50")],
                marks,
                logarithmic=True,
            ),
            chart(
                "From the accept to its answer",
                "ms",
                [line("p99", "accept_p99"), line("p50", "accept_p50")],
                marks,
                logarithmic=True,
            ),
            chart(
                "Throughput",
                "a second",
                [line(name, name) for name in ("arrivals", "offers", "assigned", "completed")],
                marks,
            ),
            chart("Sockets", "open and certain", [line("sockets", "firm")], marks),
            chart("Conversations under way", "count", [line("under way", "unfinished")], marks),
            chart("Memory", "MiB", [line(role, "rss", role) for role in roles], marks),
            chart("CPU", "cores", [line(role, "cpu", role) for role in cpu], marks),
            chart("How late the client was", "ms", [line("p99", "client_lag_p99")], marks),
        )
    )


def _at(point: Json, path: tuple[str, ...]) -> float | None:
    value: Any = point
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, int | float) else None


def _counts(result: Json) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{count:,}</td></tr>"
        for name, count in result["counts"].items()
    )
    return f"<table>{rows}</table>"
