"""Reads settings from environment variables, ``PORT`` and secret files.

Checks names and files, not values. The rule: a variable with our prefix and two underscores that
names no key is a problem, so that a spelling mistake does not run with the default. Empty counts
as not set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.config.keys import PREFIX, Key, keys
from app.config.layers import Layer
from app.config.problems import Problem, nearest

FILE = "_FILE"


def read_environment(environment: Mapping[str, str]) -> Layer:
    """The values set by ``environment``; what cannot be read is among the layer's problems."""
    layer = Layer()
    known = {key.variable: key for key in keys().values()}
    if environment.get("PORT"):
        layer.put("server.port", _value(keys()["server.port"], environment["PORT"]), "env PORT")
    for name, text in environment.items():
        if not text or not name.startswith(PREFIX) or "__" not in name:
            continue
        if key := known.get(name):
            layer.put(key.path, _value(key, text), f"env {name}")
        elif (key := known.get(name.removesuffix(FILE))) and key.secret:
            _put_from_file(layer, key, name, environment)
        else:
            layer.problems.append(Problem(name, _unknown(name, known), "env"))
    return layer


def _put_from_file(layer: Layer, key: Key, name: str, environment: Mapping[str, str]) -> None:
    if environment.get(key.variable):
        text = f"{key.variable} is set too; unset one of them"
        layer.problems.append(Problem(name, text, "env"))
        return
    path = Path(environment[name])
    try:
        layer.put(key.path, path.read_text("utf-8").strip(), f"env {name}")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        text = f"cannot read {path}: {reason}; create it or unset the variable"
        layer.problems.append(Problem(name, text, "env"))


def _value(key: Key, text: str) -> Any:
    """The text as the kind of value ``key`` has, or as it stands, for the types to refuse."""
    if key.is_list:
        return _list(text)
    if key.kind is int and text.strip().lstrip("+-").isdecimal():
        return int(text)
    return text


def _list(text: str) -> Any:
    if not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _unknown(name: str, known: Mapping[str, Key]) -> str:
    section = name.removeprefix(PREFIX).split("__")[0].lower()
    if section in ("queues", "agents", "presences"):
        return f"{section} are set in the file or through the API, not by variables"
    if name.endswith(FILE) and name.removesuffix(FILE) in known:
        return f"only secrets can come from a file; set {name.removesuffix(FILE)}"
    near = nearest(name, known)
    return "no such setting" + (f", did you mean {near}?" if near else "; see `config env`")
