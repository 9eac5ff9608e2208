"""Makes frames out of a served description, right ones and wrong ones, by one chance.

Pure. A frame comes with whether it has to be answered: it is one object with a name of its own, and
no pong, which never is.
"""

from __future__ import annotations

import json
import random
from typing import Any, Final

Json = dict[str, Any]
Data = str | bytes
VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    2**31,
    2**53,
    2**63,
    2**64,
    -(2**63) - 1,
    10**40,
    0.5,
    1e308,
    "",
    " ",
    "x",
    "a" * 128,
    "a" * 129,
    "a" * 3_000,
    "none",
    "available",
    "interlock.canary",
    "__proto__",
    "\u0000",
    "\u202e",
    "\ud800",
    "😀",
    "*",
    "../..",
    "{x}",
    "$.x",
    "\r\nSet-Cookie: x",
    "'; DROP TABLE x; --",
    [],
    {},
    [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]],
    [1, "x", None],
    {"": ""},
    {"id": "x"},
    {"chat": -1},
    {"__class__": "x"},
)
RIGHT, WRONG_VALUE, WRONG_TEXT = 0.35, 0.45, 0.19
"""How often; the rest closes the socket: bytes, no UTF-8, too large."""
OWN: Final = ("hello", "pong")


class Grammar:
    """The commands of a served ``/asyncapi.json``."""

    def __init__(self, document: Json, chance: random.Random) -> None:
        self._schemas: Json = document["components"]["schemas"]
        self.chance = chance
        found = [
            (name, schema)
            for schema in self._schemas.values()
            for name in self._types(schema)
            if "ref" in schema.get("required", ()) and name not in OWN
        ]
        self.commands: list[tuple[str, Json]] = found

    def frame(self, role: str, ref: str, ids: dict[str, list[str]]) -> tuple[Data, bool]:
        """One frame, and whether it has to be answered. ``ids``: values for fields of a name."""
        kind, schema = self.chance.choice(self.commands)
        made = {**self._object(schema, ids), "type": kind, "ref": ref}
        dice = self.chance.random()
        if dice < RIGHT:
            return json.dumps(made), True
        if dice < RIGHT + WRONG_VALUE:
            name = self.chance.choice([*(key for key in made if key != "ref"), "colour"])
            text = json.dumps({**made, name: self.chance.choice(VALUES)})
            # Half of a character is no JSON to everybody, and its answer has no name then.
            return text, "\\ud800" not in text
        if dice < RIGHT + WRONG_VALUE + WRONG_TEXT:
            return self.spoil(json.dumps(made))
        return self._fatal(json.dumps(made)), False

    def spoil(self, text: str) -> tuple[Data, bool]:
        """The text with something wrong in it; whether it is answered is anybody's guess."""
        at = self.chance.randrange(len(text))
        other = chr(self.chance.choice((0, 10, 34, 44, 58, 91, 92, 93, 123, 125, 160, 0x2028)))
        spoilt = (
            text[:at],
            text[at:],
            text[:at] + other + text[at:],
            text[:at] + other + text[at + 1 :],
            text + text,
            text[:-1] + ', "type": "seen"}',
            text[:-1] + ', "x": ' + "9" * 3_000 + "}",
            text[:-1] + ', "x": ' + "[" * 1_500 + "]" * 1_500 + "}",
            "[" + text + "]",
            " " * 500 + text + "\n" * 500,
            text.replace(":", ": ").replace(",", " ,"),
            text.replace('"', "'"),
        )
        return self.chance.choice(spoilt), False

    def _fatal(self, text: str) -> Data:
        raw = text.encode()
        at = self.chance.randrange(len(raw))
        ends: tuple[Data, ...] = (
            raw[:at] + b"\xff" + raw[at:],
            raw[:at] + b"\xed\xa0\x80" + raw[at:],
            text[:-1] + " " * 70_000 + "}",
        )
        return self.chance.choice(ends)

    def _types(self, schema: Json) -> list[str]:
        kind = schema.get("properties", {}).get("type", {})
        return [kind["const"]] if "const" in kind else list(kind.get("enum", ()))

    def _object(self, schema: Json, ids: dict[str, list[str]]) -> Json:
        required, made = schema.get("required", ()), {}
        for name, kind in schema.get("properties", {}).items():
            if name in required or self.chance.random() < 0.4:
                known = ids.get(name)
                made[name] = self.chance.choice(known) if known else self._value(kind)
        return made

    def _value(self, kind: Json) -> Any:
        while "$ref" in kind:
            kind = self._schemas[kind["$ref"].rpartition("/")[2]]
        if "anyOf" in kind:
            return self._value(self.chance.choice(kind["anyOf"]))
        if "enum" in kind or "const" in kind:
            return self.chance.choice(kind.get("enum", [kind.get("const")]))
        match kind.get("type"):
            case "integer" | "number":
                low = int(kind.get("minimum", 0))
                return self.chance.randint(low, int(kind.get("maximum", low + 1_000)))
            case "boolean":
                return self.chance.random() < 0.5
            case "null":
                return None
            case "array":
                return [self._value(kind["items"])] if "items" in kind else []
            case "object":
                return self._object(kind, {})
        return "x" * self.chance.choice((1, 3, min(40, int(kind.get("maxLength", 40)))))
