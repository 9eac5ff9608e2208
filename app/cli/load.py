"""The command ``load``: options go in, a result comes out as text, JSON and a page.

Measures nothing: ``app.load`` does.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from app.cli import load_options as options
from app.cli.exits import Exit, fail
from app.cli.options import KeyOption

if TYPE_CHECKING:
    from app.load.plan import Plan

BOARDS = 100
CROWDED = 0.8


def load(
    scenario: options.What,
    agents: options.Agents = 100,
    rate: options.Rate = 5.0,
    seconds: options.Seconds = "60s",  # type: ignore[assignment]
    url: options.Url = None,
    key: KeyOption = None,
    burst: options.Burst = 1,
    day: options.Day = None,
    ring: options.Ring = 2.0,
    work: options.Work = 10.0,
    decline: options.Decline = 0.03,
    queues: options.Queues = 10,
    supervisors: options.Boards = None,
    processes: options.Processes = None,
    fsync: options.StoreFsync = options.Fsync.ALWAYS,
    gateways: options.Gateways = 0,
    drain: options.Drain = "60s",  # type: ignore[assignment]
    p99: options.P99 = 0.0,
    seed: options.Seed = 1,
    json_file: options.JsonFile = None,
    report: options.Report = None,
) -> None:
    """Load a server from outside with agents, conversations and trouble, and judge it.

    Exit codes: 0 every promise held, 1 one was broken (or --p99), 2 usage, 3 no server or a client
    process that failed. `interlock doctor --sockets N` checks the machine before.
    """
    if url and not key:
        fail(Exit.USAGE, ["no key: set INTERLOCK_AUTH__ADMIN_KEY or give --key"])
    if url and scenario is options.Scenario.DEPLOY:
        fail(Exit.USAGE, ["deploy stops the server: it is for one of its own, without --url"])
    from app.load.plan import SOCKETS_PER_PROCESS, People, Plan

    if supervisors is None:
        supervisors = BOARDS if scenario is options.Scenario.BOARD else 0
    many = processes or -(-(agents + supervisors) // SOCKETS_PER_PROCESS)
    plan = Plan(
        scenario=scenario.value,
        agents=agents,
        rate=rate,
        seconds=seconds,
        burst=burst,
        day=_arrivals(day, seconds),
        queues=queues,
        supervisors=supervisors,
        processes=many,
        people=People(ring_s=ring, work_s=work, decline=decline),
        drain_s=drain,
        p99_ms=p99,
        seed=seed,
    )
    _warn(plan, max(1, gateways) if not url else plan.processes)
    own = {"fsync": fsync.value, "gateways": gateways}
    result = _run(plan, url or "", (key or "") if url else "", own)
    _write(result, json_file, report)
    if not result["ok"]:
        raise typer.Exit(Exit.REFUSED)


def _write(result: dict[str, Any], json_file: Path | None, report: Path | None) -> None:
    if json_file is not None:
        import orjson

        json_file.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    if report is not None:
        from app.load.report import page

        report.write_text(page(result), encoding="utf-8")


def _arrivals(day: Path | None, seconds: float) -> tuple[float, ...]:
    if day is None:
        return ()
    from app.load.arrivals import of_day

    try:
        return of_day(day.read_text(encoding="utf-8").splitlines(), seconds)
    except ValueError as error:
        fail(Exit.USAGE, [f"{day}: {error}"])


def _warn(plan: Plan, holders: int) -> None:
    """Say before what would spoil the run; what makes it impossible ends it. ``holders``: so many
    processes share the sockets.
    """
    from app.cli import machine
    from app.cli.finding import Level

    if plan.occupancy > CROWDED:
        typer.echo(
            f"the arrivals ask for {plan.occupancy:.0%} of all agents' time: queues will grow, and "
            "what is measured is waiting for people; more --agents, or less --ring and --work",
            err=True,
        )
    files = machine.open_files(-(-plan.sockets // holders))
    if files.level is Level.PROBLEM:
        for line in files.lines():
            typer.echo(line, err=True)
        fail(Exit.REFUSED, ["this machine does not allow so many sockets in one process"])


def _run(plan: Plan, url: str, key: str, own: dict[str, Any]) -> dict[str, Any]:
    from rich.console import Console

    from app.load.crew import ClientFailed
    from app.load.own_server import StartFailed
    from app.load.run import CannotLoad, load
    from app.load.screen import conclude, screen

    console = Console()
    where = url or "a server of its own"
    console.print(
        f"{plan.scenario}: {plan.agents:,} agents, {plan.arrivals_per_s:g} conversations a second, "
        f"{plan.seconds:g} s, {plan.processes} client processes, on {where}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    try:
        with screen(console) as show:
            result = asyncio.run(load(plan, url=url, key=key, show=show, **own))
    except (CannotLoad, ClientFailed, StartFailed, TimeoutError) as error:
        fail(Exit.START_UP_FAILED, [str(error) or "not ready in time"])
    except KeyboardInterrupt:
        fail(Exit.REFUSED, ["stopped; what it had put on the server is taken away"])
    conclude(console, result)
    return result
