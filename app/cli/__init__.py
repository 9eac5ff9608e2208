"""The command line: reads options, calls one function, turns its answer into an exit code.

Decides nothing: what a command does lives in ``app.main``, ``app.config`` or ``app.cli.checks``.
The rule: anything heavy is imported inside the command that needs it, so that ``interlock --help``
is quick.
"""

import typer

from app.cli import audit, campaign, config, drill, format, incident, key, quarantine, run, user
from app.cli.doctor import doctor
from app.cli.load import load
from app.cli.simulate import simulate
from app.cli.version import root, version

cli = typer.Typer(
    name="interlock",
    help="Offers waiting conversations to agents, and never stays blocked.",
    epilog="Exit codes: 0 ok, 1 refused, 2 usage, 3 start-up failed.",
    no_args_is_help=True,
    rich_markup_mode=None,
    # A pretty traceback prints local variables, and some of them are secrets.
    pretty_exceptions_enable=False,
)
cli.callback()(root)
cli.command()(run.serve)
cli.command()(run.demo)
cli.command()(run.replay)
cli.command()(simulate)
cli.command()(load)
cli.command(hidden=True)(run.follow)
cli.command(hidden=True)(run.gateway)
cli.add_typer(key.commands, name="key")
cli.add_typer(user.commands, name="user")
cli.add_typer(audit.commands, name="audit")
cli.add_typer(incident.commands, name="incident")
cli.add_typer(quarantine.commands, name="quarantine")
cli.add_typer(config.commands, name="config")
cli.add_typer(format.commands, name="format")
cli.add_typer(campaign.commands, name="campaign")
cli.add_typer(drill.commands, name="drill")
cli.command()(doctor)
cli.command()(version)

__all__ = ["cli"]
