"""Reads the layers of settings (flags, environment, file) and remembers where each value came from.

Connects to nothing, prints nothing. Order, strongest first: flag, ``INTERLOCK_SECTION__KEY``,
``PORT``, file, default. The rule: nothing is skipped in silence; a name nobody knows is a problem,
not a comment.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.config.advice import advice
from app.config.environment import read_environment
from app.config.keys import keys
from app.config.layers import Layer, leaves
from app.config.problems import ConfigError, Problem, explain, origin_of
from app.config.settings import Settings, broken_relations


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, where each value that is not a default came from, and what looks unwise."""

    settings: Settings
    origins: Mapping[str, str]
    advice: tuple[Problem, ...]


def load(
    path: Path | None = None,
    *,
    flags: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings.

    ``flags`` holds values of the command line by path (``{"server.port": 0}``; None: not given);
    ``env`` replaces the process environment. Raises ConfigError with every problem found.
    """
    return read(path, flags=flags, env=env).settings


def read(
    path: Path | None = None,
    *,
    flags: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> Loaded:
    """Like ``load``, with the origin of each value and advice. Raises ConfigError."""
    layers = (
        _flags(flags or {}),
        read_environment(os.environ if env is None else env),
        _file(path),
    )
    origins: dict[str, str] = {}
    for layer in reversed(layers):
        origins.update(layer.origins)
    problems = [problem for layer in layers for problem in layer.problems]
    try:
        settings = Settings.merged(*(layer.values for layer in layers))
    except ValidationError as error:
        found = [*explain(error, Settings, origins)]
        found += _relations_beside(found, layers, origins)
        raise ConfigError([*problems, *found]) from None
    if problems:
        raise ConfigError(problems)
    return Loaded(settings, origins, tuple(advice(settings, origins)))


def _flags(flags: Mapping[str, Any]) -> Layer:
    layer = Layer()
    for path, value in flags.items():
        if value is not None:
            layer.put(path, value, f"flag --{path.rpartition('.')[2]}")
    return layer


def _file(path: Path | None) -> Layer:
    if path is None:
        return Layer()
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        return _unreadable(path, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return _unreadable(path, "is not UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        return _unreadable(path, f"is not TOML: {error}")
    return Layer(table, dict.fromkeys((key for key, _ in leaves(table)), f"file {path}"))


def _unreadable(path: Path, text: str) -> Layer:
    return Layer(problems=[Problem(str(path), text)])


def _relations_beside(
    found: list[Problem], layers: tuple[Layer, ...], origins: Mapping[str, str]
) -> Iterator[Problem]:
    """Relations broken by values that are right by themselves: shown together with the rest."""
    wrong = {problem.path for problem in found}
    for path, text in broken_relations(_raw_reader(layers)):
        if path not in wrong:
            yield Problem(path, text, origin_of(path, origins))


def _raw_reader(layers: tuple[Layer, ...]) -> Callable[[str], int | None]:
    def value_of(path: str) -> int | None:
        section, key = path.split(".")
        tables = [table for layer in layers if isinstance(table := layer.values.get(section), dict)]
        given = next((table[key] for table in tables if key in table), keys()[path].default)
        return given if type(given) is int else None

    return value_of
