"""Shows settings: with their sources, as a commented file, as a schema, as a list of variables.

Prints nothing and reads nothing. The rule: a secret never leaves here in clear.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr

from app.config.keys import Key, keys, sections
from app.config.layers import leaves
from app.config.load import Loaded
from app.config.problems import origin_of
from app.config.settings import Settings

MASK = "********"
HEAD = """\
Every setting with its default. Made from the code: `interlock config default`.

Times end in _ms and are milliseconds. A value is taken from the command line, else from the
environment (INTERLOCK_SECTION__KEY; secrets also INTERLOCK_SECTION__KEY_FILE), else from the
file given with --config, else from here. Queues, agents and presences: see example.toml.\
"""


def show(loaded: Loaded, *, changed: bool = False) -> Iterator[tuple[str, str, str]]:
    """Each setting as (path, value, source); only those that are not defaults if ``changed``."""
    for path, value in _values(loaded.settings):
        source = origin_of(path, loaded.origins) if path in loaded.origins else ""
        if source or not changed:
            yield path, masked(path, value), source or "default"


def masked(path: str, value: Any) -> str:
    """The value as it would stand in the file, without what is secret in it."""
    if isinstance(value, SecretStr):
        return literal(MASK if value.get_secret_value() else "")
    key = keys().get(path)
    if key and key.secret:
        shown = re.sub(r"(?<=://).*@|(?<=password=)[^&]*", _mask, str(value))
        # The path of a webhook is its password.
        return literal(re.sub(r"^(https?://[^/?#]+).+", rf"\1/{MASK}", shown))
    return literal(value)


def _mask(found: re.Match[str]) -> str:
    return f"{MASK}@" if found[0].endswith("@") else MASK


def literal(value: Any) -> str:
    """``value`` in the notation of TOML."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(k)} = {literal(v)}" for k, v in value.items() if v is not None)
        return "{ " + ", ".join(pairs) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, SecretStr):
        return literal(value.get_secret_value())
    if isinstance(value, Path):
        return literal(str(value))
    return json.dumps(value, ensure_ascii=False)


def schema() -> str:
    """The JSON Schema of the file."""
    document = Settings.model_json_schema()
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "Interlock settings"
    return json.dumps(document, indent=2, ensure_ascii=False)


def variables() -> list[str]:
    """Every environment variable that is read."""
    names = []
    for key in keys().values():
        names.append(key.variable)
        if key.secret:
            names.append(key.variable + "_FILE")
    return [*names, "PORT", "INTERLOCK_CONFIG"]


def default_file() -> str:
    """The commented file with every key: what ``config/default.toml`` holds."""
    lines = [f"# {line}".rstrip() for line in HEAD.splitlines()]
    for name, model in sections().items():
        lines += ["", *_comment(str(model.__doc__)), f"[{name}]"]
        for key in keys().values():
            if key.path.startswith(f"{name}."):
                lines += _entry(key)
    return "\n".join(lines) + "\n"


def _values(settings: Settings) -> Iterator[tuple[str, Any]]:
    for section in sections():
        table = getattr(settings, section)
        for name in type(table).model_fields:
            yield f"{section}.{name}", getattr(table, name)
    for kind in ("queues", "agents", "presences"):
        for name, one in getattr(settings, kind).items():
            values = leaves(asdict(one), f"{kind}.{name}.")
            yield from ((path, value) for path, value in values if value is not None)


def _entry(key: Key) -> list[str]:
    words = " | ".join(map(str, get_args(key.kind))) if key.unit == "word" else key.unit
    name = key.path.partition(".")[2]
    return [*_comment(f"({words}) {key.reason}"), f"{name} = {literal(key.default)}"]


def _comment(text: str) -> list[str]:
    text = " ".join(text.split())
    return textwrap.wrap(text, 96, initial_indent="# ", subsequent_indent="# ")
