"""The figures as lines for people and as one value for programs.

MUST NOT compute: it lays out what ``summary`` and ``runs`` hold. Prints nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.simulation.runs import Pool
from app.simulation.summary import FORMULAS, Compared, Mean, percent
from app.simulation.tally import AgentFigures

AGENTS_SHOWN = 40
BASE, OTHER, DIFFERENCE = "as it is", "what if", "difference"
CLEAR = "*"
"""A difference whose 95 % interval leaves 0 out."""


def figure_lines(rows: Iterable[Compared], *, two: bool) -> Iterator[str]:
    """The table of figures; ``two``: with what if beside it, and ``CLEAR`` where that is clear."""
    head = ["", BASE, OTHER, DIFFERENCE] if two else ["", BASE]
    table = [[*head, ""]]
    for row in rows:
        unit = row.figure.unit
        cells = [row.figure.label, _cell(row.base, unit)]
        if two:
            cells += [_cell(row.other, unit), _cell(row.difference, unit, signed=True)]
        clear = row.difference is not None and row.difference.clear
        table.append([*cells, CLEAR if clear else ""])
    return _laid_out(table)


def formula_lines(target_ms: int | None) -> Iterator[str]:
    """What the variants of service level divide."""
    target = f"{target_ms / 1_000:g} s" if target_ms is not None else "the target of its queue"
    yield f"In time: within {target}. Service level, by variant:"
    table = [[f"  {name.replace('_', ' ')}", text] for name, text in FORMULAS.items()]
    yield from (f"{name.ljust(26)}{text}" for name, text in table)


def agent_lines(base: Pool, other: Pool | None = None) -> Iterator[str]:
    """Who served how much: by agent, or by group where there are too many to read."""
    pools = [base] if other is None else [base, other]
    many = max(len(pool.agents) for pool in pools) > AGENTS_SHOWN
    sides = [pool.by_group() if many else pool.agents for pool in pools]
    head = ["group" if many else "agent"]
    for name in (BASE, OTHER)[: len(pools)]:
        head += [f"{name}: served", "share", "occupancy"]
    table = [head]
    for id_ in dict.fromkeys(id_ for side in sides for id_ in side):
        cells = [id_]
        for pool, side in zip(pools, sides, strict=True):
            cells += _work(side.get(id_), side.values(), pool.runs)
        table.append(cells)
    return _laid_out(table)


def _work(own: AgentFigures | None, all_: Iterable[AgentFigures], runs: int) -> list[str]:
    if own is None:
        return ["-", "-", "-"]
    total = sum(one.served for one in all_)
    return [
        f"{own.served / runs:,.0f}" if runs == 1 else f"{own.served / runs:,.1f}",
        _plain(100 * own.served / total if total else None, "%"),
        _plain(percent(own.occupancy()), "%"),
    ]


def as_value(
    name: str, seeds: Sequence[int], rows: Iterable[Compared], base: Pool, other: Pool | None
) -> dict[str, Any]:
    """Everything for ``--json``: times in seconds, shares in percent."""
    sides = {"as_it_is": base} if other is None else {"as_it_is": base, "what_if": other}
    return {
        "name": name,
        "seeds": list(seeds),
        "target_s": None if base.target_ms is None else base.target_ms / 1_000,
        "figures": {row.figure.key: _figure_value(row) for row in rows},
        "agents": {side: _agents_value(pool) for side, pool in sides.items()},
    }


def _figure_value(row: Compared) -> dict[str, Any]:
    value: dict[str, Any] = {"unit": row.figure.unit or "count", "as_it_is": _mean_value(row.base)}
    if row.other is not None or row.difference is not None:
        value |= {"what_if": _mean_value(row.other), "difference": _mean_value(row.difference)}
    return value


def _mean_value(mean: Mean | None) -> dict[str, float | None] | None:
    return None if mean is None else {"mean": mean.value, "half_width_95": mean.half_width}


def _agents_value(pool: Pool) -> dict[str, Any]:
    return {
        id_: {
            "group": pool.groups[id_] or None,
            "served": one.served / pool.runs,
            "declined": one.declined / pool.runs,
            "missed": one.missed / pool.runs,
            "work_s": one.work_ms / 1_000 / pool.runs,
            "busy_s": one.busy_ms / 1_000 / pool.runs,
            "occupancy": percent(one.occupancy()),
            "utilization": percent(one.utilization()),
        }
        for id_, one in pool.agents.items()
    }


def _cell(mean: Mean | None, unit: str, *, signed: bool = False) -> str:
    if mean is None:
        return "-"
    text = _plain(mean.value, unit, signed=signed, one_run=mean.half_width is None)
    if mean.half_width is not None:
        text += f" ± {_plain(mean.half_width, '')}"
    return text


def _plain(value: float | None, unit: str, *, signed: bool = False, one_run: bool = False) -> str:
    if value is None:
        return "-"
    digits = 0 if one_run and not unit else 1
    sign = "+" if signed else ""
    unit = " points" if signed and unit == "%" else f" {unit}" if unit else ""
    return f"{value:{sign},.{digits}f}{unit}"


def _laid_out(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """First column to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        first, *rest = row
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
