"""Bodies, methods, health, figures and pages: what every caller meets, whoever they are."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.edge.assets import Assets, find_static, load_assets
from app.edge.metrics import MATCHABLE_QUEUES_MAX, QUEUES_MAX
from app.shell.limits import RouterLimits
from app.wire.documents import openapi
from tests.edge.front import Front, open_front, refused, said

JSON = {"Content-Type": "application/json"}


def padded(size: int) -> bytes:
    body = b'{"queue": "q"'
    return body + b" " * (size - len(body) - 1) + b"}"


async def test_64_kib_pass_and_one_byte_more_is_413(front: Front) -> None:
    await front.node.furnish(agents=0)
    post = front.api.post
    said(await post("/v1/conversations", content=padded(65_536), headers=JSON), 201)
    over = await post("/v1/conversations", content=padded(65_537), headers=JSON)
    refused(over, 413, "too_large")


@pytest.mark.parametrize(("kib", "closed"), [(80, False), (2_000, True)])
async def test_a_body_without_a_length_is_counted(front: Front, kib: int, closed: bool) -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(kib):
            read += 1
            yield b" " * 1_024

    answer = await front.api.post("/v1/conversations", content=chunks(), headers=JSON)
    refused(answer, 413, "too_large")
    assert (answer.headers.get("connection") == "close") == closed
    assert (read < kib) == closed, "a caller who never ends is given up"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x"])
async def test_another_content_type_is_refused(front: Front, kind: str) -> None:
    headers = {"Content-Type": kind}
    answer = await front.api.post("/v1/conversations", content=b"{}", headers=headers)
    refused(answer, 415, "unsupported_media_type")


async def test_json_with_a_charset_or_without_a_type_is_fine(front: Front) -> None:
    await front.node.furnish(agents=0)
    content = '{"queue": "q", "subject": "Grüße"}'.encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    said(await front.api.post("/v1/conversations", content=content, headers=headers), 201)
    said(await front.api.post("/v1/conversations", content=content), 201)


async def test_methods_are_answered_for_every_path(front: Front) -> None:
    nobody = front.client()
    for path, method, allow in (
        ("/healthz", "PUT", "GET, HEAD, OPTIONS"),
        ("/v1/tickets", "GET", "POST, OPTIONS"),
        ("/v1/conversations", "PATCH", "POST, GET, HEAD, OPTIONS"),
        ("/v1/conversations", "BREW", "POST, GET, HEAD, OPTIONS"),
        ("/v1/queues/q", "POST", "GET, PUT, DELETE, HEAD, OPTIONS"),
    ):
        answer = await nobody.request(method, path)
        refused(answer, 405, "method_not_allowed")
        assert set(answer.headers["allow"].split(", ")) == set(allow.split(", "))
    options = await nobody.options("/v1/board")
    assert options.status_code == 204 and "GET" in options.headers["allow"]
    assert "access-control-allow-origin" not in options.headers
    for path in ("/v1/nothing", "/v1/board/", "/nothing", "/static/x/y.js"):
        refused(await nobody.get(path), 404, "not_found")
    assert (await nobody.post("/login")).status_code == 405


async def test_a_head_is_a_get_without_a_body(front: Front) -> None:
    for path in ("/healthz", "/v1/board"):
        assert (await front.api.head(path)).status_code == 200
    assert (await front.client().head("/v1/board")).status_code == 401


async def test_a_fault_of_ours_is_a_problem_without_detail(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(front.node.router, "read", broken)
    answer = await front.api.get("/v1/board")
    refused(answer, 500, "internal")
    assert "secret" not in answer.text


async def test_readiness_names_its_reasons(front: Front) -> None:
    view = said(await front.client().get("/readyz"))
    assert view["ready"] and view["reasons"] == [] and view["epoch"] == 1
    front.node.router.draining = True
    view = said(await front.client().get("/readyz"), 503)
    assert view["reasons"] == ["draining"]


async def test_version_and_documents_are_for_anyone(front: Front) -> None:
    nobody = front.client()
    assert said(await nobody.get("/version")) == {"version": "test", "protocol": "interlock.v1"}
    assert said(await nobody.get("/openapi.json")) == openapi("test")
    assert said(await nobody.get("/asyncapi.json"))["asyncapi"] == "3.0.0"


async def figures(front: Front) -> dict[tuple[str, ...], float]:
    answer = await front.client().get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name.removeprefix("interlock_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_figures_come_from_the_state_and_from_counting(front: Front) -> None:
    await front.node.furnish()
    await front.enter("c1")
    await front.enter("c2")
    await front.api.get("/v1/conversations/none")
    seen = await figures(front)
    wanted = {
        ("ready",): 1,
        ("entered",): 2,
        ("offers_made",): 1,
        ("offers_today", "made"): 1,
        ("conversations", "q", "waiting"): 1,
        ("conversations", "q", "offered"): 1,
        ("misroute_prevented_total",): 0,
        ("http_requests_total", "POST", "/v1/conversations", "201"): 2,
        ("http_requests_total", "GET", "/v1/conversations/{id}", "404"): 1,
    }
    assert wanted.items() <= seen.items()
    text = (await front.client().get("/metrics")).text
    assert "c1" not in text and "none" not in text


async def test_a_queue_that_is_gone_leaves_the_figures(front: Front) -> None:
    await front.node.furnish(agents=0)
    assert ("conversations", "q", "waiting") in await figures(front)
    said(await front.api.delete("/v1/queues/q"), 204)
    assert ("conversations", "q", "waiting") not in await figures(front)


async def test_many_queues_do_not_make_many_lines(front: Front) -> None:
    rows = [
        {"id": f"q{n}", "oldest_wait_ms": n, "oldest_matchable_wait_ms": n, "waiting": 1}
        for n in range(QUEUES_MAX + 50)
    ]
    sums = ("entered", "ended", "offers_made", "agents", "quarantined", "repairs_frozen")
    state = dict.fromkeys(sums, 0)
    tables = {"offers_today": {}, "incidents_open": {}, "queues": rows}
    front.metrics.show_figures({**state, **tables})
    text = front.metrics.text().decode()
    waiting = re.findall(r'conversations\{queue="(\w+)",state="waiting"\} ([\d.]+)', text)
    assert len(waiting) == QUEUES_MAX + 1 and ("other", "50.0") in waiting
    assert ("q0", "1.0") not in waiting and ("q249", "1.0") in waiting
    matchable = re.findall(r'oldest_matchable_wait_seconds\{queue="(\w+)"\}', text)
    assert len(matchable) == MATCHABLE_QUEUES_MAX and "q249" in matchable


def test_what_is_not_declared_cannot_be_counted() -> None:
    from app.edge.metrics import Metrics

    with pytest.raises(KeyError):
        Metrics().count("made_up_total")


async def test_what_the_shell_counts_is_declared() -> None:
    names = set()
    for path in Path(__file__).parents[2].glob("app/**/*.py"):
        names |= set(re.findall(r'eter\.(?:count|observe)\(\s*"(\w+)"', path.read_text()))
    from app.edge.metrics import COUNTERS, DISTRIBUTIONS

    assert names and names <= set(COUNTERS) | set(DISTRIBUTIONS)


PAGES = {
    "login.html": b'<link href="__STATIC__css/base.css">',
    "agent.html": b'<script src="__STATIC__js/agent.js"></script>',
    "board.html": b"board",
    "js/agent.js": b"export const words = 1;\n" * 100,
    "css/base.css": b"body{}",
}


async def test_pages_and_files_are_served_from_memory() -> None:
    assets = Assets(PAGES)
    async with open_front(assets=assets) as front:
        nobody = front.client()
        page = await nobody.get("/agent")
        prefix = f"static/{assets.version}/"
        assert page.text == f'<script src="{prefix}js/agent.js"></script>'
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["cache-control"] == "no-cache"
        csp = page.headers["content-security-policy"]
        assert "default-src 'none'" in csp and "trusted-types lit-html" in csp
        assert "unsafe" not in csp
        for name in ("referrer-policy", "cross-origin-opener-policy", "x-content-type-options"):
            assert page.headers[name]
        script = await nobody.get(f"/{prefix}js/agent.js")
        assert script.content == PAGES["js/agent.js"]
        assert script.headers["content-encoding"] == "gzip"
        assert script.headers["content-type"].startswith("text/javascript")
        assert "immutable" in script.headers["cache-control"]
        plain = await nobody.get(f"/{prefix}js/agent.js", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        cached = {"If-None-Match": page.headers["etag"]}
        assert (await nobody.get("/agent", headers=cached)).status_code == 304
        assert (await nobody.get("/")).headers["location"] == "agent"
        for path in ("other/js/agent.js", f"{assets.version}/../app.py", f"{assets.version}/"):
            refused(await nobody.get(f"/static/{path}"), 404, "not_found")


async def test_without_pages_the_server_says_so(front: Front) -> None:
    page = await front.client().get("/login")
    assert page.status_code == 404 and "not installed" in page.text
    assert page.headers["content-type"].startswith("text/html")


def test_pages_are_read_from_the_folder_with_their_libraries(tmp_path: Path) -> None:
    root = tmp_path / "static"
    for name, body in PAGES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(body)
    (root / "package.json").write_text("{}")
    assert find_static(tmp_path / "app") == root
    assert find_static(tmp_path) == root
    assert find_static(tmp_path / "a" / "b") is None
    assert not load_assets(root).installed, "no libraries, no pages"
    (root / "vendor").mkdir()
    (root / "vendor" / "complete").write_text("x")
    assets = load_assets(root)
    assert assets.installed and set(assets._files) == set(PAGES)
    assert load_assets(root).version == assets.version
    (root / "css/base.css").write_bytes(b"p{}")
    assert load_assets(root).version != assets.version
    packed = assets._files["js/agent.js"].packed
    assert packed is not None and gzip.decompress(packed) == PAGES["js/agent.js"]


async def test_an_overloaded_inbox_is_said() -> None:
    async with open_front(limits=RouterLimits(inbox_max=0)) as front:
        answer = await front.api.put("/v1/queues/q", json={"name": "Q"})
        refused(answer, 503, "overloaded")
        assert answer.headers["retry-after"] == "1"
