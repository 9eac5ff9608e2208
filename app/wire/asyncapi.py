"""``/asyncapi.json``: the WebSocket's frames, built from the types that read and describe them.

MUST NOT describe anything by hand that the types know.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, get_args

import msgspec

from app.wire import frames
from app.wire.codes import CLOSE_MEANING
from app.wire.documents import REF_TEMPLATE, Document
from app.wire.server_frames import AGENT_PUSHES, REPLIES, SUPERVISOR_PUSHES

SUBPROTOCOL: Final = "interlock.v1"


def asyncapi(version: str) -> Document:
    """The AsyncAPI 3.0 document of release ``version``."""
    agent = (frames.Hello, *get_args(frames.AgentFrame))
    supervisor = (frames.Hello, *get_args(frames.SupervisorFrame))
    types = list(dict.fromkeys((*agent, *supervisor, *REPLIES, *AGENT_PUSHES, *SUPERVISOR_PUSHES)))
    schemas, components = msgspec.json.schema_components(types, ref_template=REF_TEMPLATE)
    messages = {
        kind.__name__: _message(kind, schema) for kind, schema in zip(types, schemas, strict=True)
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Interlock",
            "version": version,
            "description": "JSON text frames in three shapes: command (client), reply and push "
            "(server). The first frame is hello, within 5 seconds.",
        },
        "defaultContentType": "application/json",
        "servers": {"plain": _server("ws"), "tls": _server("wss")},
        "channels": {
            "socket": {
                "address": "/ws",
                "servers": [{"$ref": "#/servers/plain"}, {"$ref": "#/servers/tls"}],
                "description": f"Subprotocol {SUBPROTOCOL}. {_close_codes()}",
                "messages": {name: {"$ref": _message_ref(name)} for name in messages},
                "bindings": {"ws": {"method": "GET"}},
            }
        },
        "operations": {
            "agentSays": _operation("receive", "What an agent's client sends.", agent),
            "agentHears": _operation("send", "What it hears.", (*REPLIES, *AGENT_PUSHES)),
            "supervisorSays": _operation("receive", "What a supervisor's sends.", supervisor),
            "supervisorHears": _operation("send", "What it hears.", (*REPLIES, *SUPERVISOR_PUSHES)),
        },
        "components": {
            "schemas": components,
            "messages": messages,
            "securitySchemes": {
                "ticket": {
                    "type": "apiKey",
                    "in": "user",
                    "description": "A ticket, good once: the field ticket of the first frame, "
                    "hello. POST /v1/tickets with Authorization: Bearer KEY and the body "
                    '{"role": "agent", "agent": "anna"} or {"role": "supervisor"} answers '
                    '{"ticket": …}. The socket is opened with the subprotocol interlock.v1; no '
                    "header or cookie opens one.",
                }
            },
        },
    }


def _server(protocol: str) -> Document:
    """The server that this document was read from; it does not know by which name."""
    return {
        "host": "{host}",
        "protocol": protocol,
        "description": "The host that serves this document.",
        "variables": {"host": {"default": "127.0.0.1:8080", "description": "Name and port."}},
        "security": [{"$ref": "#/components/securitySchemes/ticket"}],
    }


def _message(kind: Any, schema: Any) -> Document:
    return {
        "name": kind.__struct_config__.tag,
        "title": kind.__name__,
        "summary": _first_sentences(kind),
        "payload": schema,
    }


def _first_sentences(kind: Any) -> str:
    """The first paragraph of what is said of a type, without the marks of the code."""
    first = (kind.__doc__ or "").partition("\n\n")[0]
    return " ".join(first.replace("``", "`").split())


def _operation(action: str, summary: str, kinds: Iterable[Any]) -> Document:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/socket/messages/{kind.__name__}"} for kind in kinds],
    }


def _message_ref(name: str) -> str:
    return f"#/components/messages/{name}"


def _close_codes() -> str:
    codes = "; ".join(f"{code.value} {meaning}" for code, meaning in CLOSE_MEANING.items())
    return f"Close codes: {codes}. 4000-4499: come back; 4500-4999: do not by yourself."
