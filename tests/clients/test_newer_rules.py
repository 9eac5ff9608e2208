"""The clients' newer calls against a real server: what they say is what it understands."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.clients.agent import AgentClient
from app.clients.http import ApiClient, ApiRefused
from tests.waiting import poll_until

from .server import ADMIN_KEY, Server

FILE = """
[presences.mail-only]
name = "Mail only"
presence = "available"
channels = ["mail"]

[queues.q]
name = "Q"
no_answer.presence = "mail-only"

[agents.anna]
name = "Anna"
queues = { q = 1 }
capacity = { chat = 3 }
pull = true
"""


async def test_presences_picking_silence_history_and_undo(tmp_path: Path) -> None:
    async with (
        Server(tmp_path, FILE) as server,
        ApiClient(server.base, ADMIN_KEY) as api,
        AgentClient(server.base, ADMIN_KEY, "anna", api=api) as anna,
    ):
        (mail_only,) = (await api.presences())["presences"]
        assert (mail_only["id"], mail_only["channels"]) == ("mail-only", ["mail"])
        assert (await anna.set_presence("mail-only")).ok
        await poll_until(lambda: anna.view.custom_presence == "mail-only")
        assert anna.view.channels == []
        for id_ in ("c1", "c2"):
            await api.create_conversation("q", id=id_)
        assert (await anna.pull("q", "c2")).conversation == "c2"
        assert (await anna.pull("q")).conversation == "c1"
        assert (await anna.note_activity("c1", idle=True)).ok
        await poll_until(lambda: anna.view.conversations.get("c1", {}).get("idle"))
        assert (await api.note_activity("c1"))["idle"] is False
        await poll_until(lambda: not anna.view.conversations["c1"]["idle"])
        assert (await anna.set_presence("away", "lunch", after_work=True)).ok
        await poll_until(lambda: anna.view.plan is not None)
        for id_ in ("c1", "c2"):
            assert (await anna.complete(id_)).ok
        await poll_until(lambda: anna.view.presence == "away" and anna.view.plan is None)
        assert (await api.agent_offers("anna"))["offers"] == [], "picked, never offered"
        assert "closed" in (await api.explain("c1"))["sentence"]
        await api.put_presence("lunch", {"name": "Lunch"})
        newest = (await api.config_history(limit=1))["changes"][0]
        assert (newest["id"], newest["action"]) == ("lunch", "created")
        assert await api.config_change(newest["version"]) == newest
        assert (await api.undo_config(newest["version"]))["action"] == "removed"
        with pytest.raises(ApiRefused) as refused:
            await api.undo_config(newest["version"])
        assert refused.value.code == "changed_since"
        await api.delete_presence("mail-only")
