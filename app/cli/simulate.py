"""The command ``simulate``: a day as it is and as it might have been, on a virtual clock.

Computes nothing: it reads options, asks ``app.simulation`` one question, and prints the answer.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from app.cli import simulate_options as options
from app.cli.exits import Exit, fail, settings_or_exit

if TYPE_CHECKING:
    from app.clients.day import Day
    from app.clients.figures import Figures
    from app.config import Settings
    from app.simulation.changes import Changes
    from app.simulation.scenario import Scenario
    from app.simulation.study import Answer

    Make = Callable[[int], Scenario]

MONTH = r"\d{4}-\d{2}"


def simulate(
    day: options.DayNamed = None,
    generate: options.Generate = None,
    data_set: options.DataSet = None,
    config: options.ConfigFile = None,
    agents: options.Agents = None,
    strategy: options.StrategyNamed = None,
    rings: options.Rings = None,
    capacity: options.Capacity = None,
    wrap_up: options.WrapUp = None,
    what_if: options.WhatIf = None,
    accept_delay: options.AcceptDelay = None,
    declines: options.Declines = None,
    misses: options.Misses = None,
    head_start: options.HeadStart = None,
    target: options.Target = None,
    seeds: options.Seeds = None,
    seed: options.Seed = 1,
    interval: options.Interval = 30.0,
    compare: options.Compare = True,
    chart: options.Chart = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask what a day would have been with more agents, another strategy, other rings.

    The engine of the server decides, on a virtual clock. Each what-if is printed beside the day as
    it is, with the difference.
    """
    from app.simulation.changes import ChangeInvalid
    from app.simulation.chart import ChartImpossible, check_chart, draw
    from app.simulation.study import Question, ask

    try:
        if chart is not None:
            check_chart(chart)
        title, make, published = _days(day, generate, data_set, config, head_start)
        make = _with_habits(make, _ms(accept_delay), declines, misses)
        changes = _changes(agents, strategy, rings, capacity, wrap_up, what_if)
        if changes is not None:
            title += f": what if {_said(agents, strategy, rings, capacity, wrap_up, what_if)}"
            if not compare:
                make, changes = _only(make, changes), None
        question = Question(
            make=make,
            changes=changes,
            seeds=range(seed, seed + (seeds or (options.SEEDS if generate else 1))),
            interval_ms=round(60_000 * interval),
            target_ms=_ms(target),
        )
        answer = ask(question)
        if chart is not None:
            draw(chart, title, answer.base, answer.other)
    except (ChangeInvalid, ChartImpossible) as error:
        fail(Exit.USAGE, [str(error)])
    if as_json:
        _print_value(title, question.seeds, answer)
    else:
        _print_tables(title, len(question.seeds), answer, published)


def _days(
    day: str | None,
    spec: Path | None,
    data_set: Path | None,
    config: Path | None,
    head_start: int | None,
) -> tuple[str, Make, Mapping[str, Figures]]:
    """What the days are called, how one is made, and the figures published for it."""
    from app.simulation.recorded import recorded
    from app.simulation.spec import SpecInvalid, read_spec
    from app.simulation.traffic import generated

    if (day is None) == (spec is None):
        fail(Exit.USAGE, ["give a DAY, or --generate SPEC.toml, and not both"])
    settings = _settings(config)
    queues = settings.queues if settings else {}
    agents = settings.agents if settings else {}
    if spec is not None:
        try:
            drawn = read_spec(spec, agents)
        except SpecInvalid as error:
            fail(Exit.REFUSED, [str(error)])
        return drawn.name, lambda seed: generated(drawn, seed, queues), {}
    known, published = _recorded_day(day or "", data_set)
    scenario = recorded(known, queues, agents, head_start_s=head_start)
    return known.name, lambda seed: scenario, published


def _recorded_day(name: str, data_set: Path | None) -> tuple[Day, Mapping[str, Figures]]:
    from app.clients.bank import find_data, read_bank_month
    from app.clients.day import DayInvalid
    from app.clients.day_source import choose_day

    try:
        if re.fullmatch(MONTH, name) and (data := find_data(data_set, os.environ)) is not None:
            return read_bank_month(data, name), {}
        return choose_day(name, data_set, os.environ)
    except DayInvalid as error:
        fail(Exit.REFUSED, [str(error)])
    except OSError as error:
        fail(Exit.REFUSED, [f"cannot read {error.filename}: {error.strerror}"])


def _settings(path: Path | None) -> Settings | None:
    return None if path is None else settings_or_exit(path, {}, Exit.REFUSED).settings


def _with_habits(
    make: Make, accept_delay_ms: int | None, declines: float | None, misses: float | None
) -> Make:
    from app.simulation.changes import with_habits

    return lambda seed: with_habits(
        make(seed), accept_delay_ms=accept_delay_ms, declines=declines, misses=misses
    )


def _only(make: Make, changes: Changes) -> Make:
    from app.simulation.changes import changed

    return lambda seed: changed(make(seed), changes)


def _changes(
    agents: list[str] | None,
    strategy: str | None,
    rings: str | None,
    capacity: list[str] | None,
    wrap_up: float | None,
    what_if: Path | None,
) -> Changes | None:
    """What is to be different; None: nothing. Raises ChangeInvalid."""
    from app.simulation import changes as read

    settings = _settings(what_if)
    found = read.Changes(
        headcounts=tuple(read.parse_headcount(text) for text in agents or ()),
        queues=settings.queues if settings else {},
        agents=settings.agents if settings else {},
        strategy=None if strategy is None else read.parse_strategy(strategy),
        rings=None if rings is None else read.parse_rings(rings),
        wrap_up_ms=_ms(wrap_up),
        capacity=read.parse_capacity(capacity or ()),
    )
    return None if found == read.Changes() else found


def _said(*given: Any) -> str:
    """The options for what if, as they were given."""
    names = ("agents", "strategy", "rings", "capacity", "wrap-up", "settings of")
    pairs = [(name, value) for name, value in zip(names, given, strict=True) if value is not None]
    return ", ".join(
        f"{name} {' '.join(value) if isinstance(value, list) else value}"
        for name, value in pairs
        if value != []
    )


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(1_000 * seconds)


def _print_value(title: str, seeds: Sequence[int], answer: Answer) -> None:
    from app.simulation.report import as_value

    value = as_value(title, seeds, answer.rows, answer.base, answer.other)
    typer.echo(json.dumps(value, indent=2))


def _print_tables(title: str, days: int, answer: Answer, published: Mapping[str, Figures]) -> None:
    from app.simulation.report import CLEAR, agent_lines, figure_lines, formula_lines

    two = answer.other is not None
    drawn = f", mean of {days} days ± half its 95 % interval" if days > 1 else ""
    if two and drawn:
        drawn += f" ({CLEAR}: the difference is clear)"
    typer.echo(f"{title}{drawn}\n")
    for part in (
        figure_lines(answer.rows, two=two),
        _published_lines(published),
        formula_lines(answer.base.target_ms),
        agent_lines(answer.base, answer.other),
    ):
        if lines := list(part):
            typer.echo("\n".join(lines) + "\n")


def _published_lines(published: Mapping[str, Figures]) -> Iterator[str]:
    """What is known of the day from elsewhere."""
    for name, figures in published.items():
        yield (
            f"{name}: {figures.served:,} served, {figures.soon:,} of them within 20 s, "
            f"average speed of answer {figures.mean_wait_s:.1f} s"
        )
