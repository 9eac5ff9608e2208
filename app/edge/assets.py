"""The browser pages, read once into memory: immutable, compressed, and never a path into a folder.

A request is answered from a dictionary, so no path can leave it. MUST NOT be asked for anything
that belongs to one user: everything here may be cached by anyone. Our own scripts and styles travel
without comments and indentation; each line keeps its number, so that a stack trace fits the source.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.edge.problems import problem
from app.wire.codes import Problem

PAGES: Final = ("login", "agent", "board")
PREFIX_MARK: Final = b"__STATIC__"
NOTES_MARK: Final = b"__NOTES__"
_EMBEDDED: Final = ("login", "agent")
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types lit-html interlock-worker"
)
WORKER: Final = "notification_worker.js"
"""Served at the root, so that it may look after the pages there; it needs nothing at all."""
_WORKER_CSP: Final = "default-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_SERVED: Final = frozenset(
    {".js", ".css", ".svg", ".png", ".woff2", ".map", ".txt", ".webmanifest"}
)
_GZIP_FROM: Final = 128
_COMMENT: Final = re.compile(r"/\*.*?\*/|^[ \t]*//[^\n]*", re.DOTALL | re.MULTILINE)
_MARGIN: Final = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)
_MISSING: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Interlock</title>
<h1>The pages are not installed</h1>
<p>This server was installed without its browser pages, or without their libraries. The API and
the sockets work. To add the pages, install again where npm can be reached, without
INTERLOCK_UI=skip.</p>
"""


@dataclass(slots=True, frozen=True)
class Asset:
    """One file, plain and compressed (None when that does not help)."""

    body: bytes
    packed: bytes | None
    media: str
    etag: str


class Assets:
    """All files of the pages under one version; empty when the pages are not installed."""

    def __init__(self, files: Mapping[str, bytes], around: str = "") -> None:
        """``files`` by their path below ``static/``; ``around``: the origin of the one page that
        may embed the agents' page and takes its notes.
        """
        self._around = around.rstrip("/")
        digest = hashlib.sha256()
        for name in sorted(files):
            digest.update(f"{name}\n{len(files[name])}\n".encode() + files[name])
        self.version = digest.hexdigest()[:12]
        # Relative, so that the pages also work below a path that a proxy puts before them.
        prefix = f"static/{self.version}/".encode()
        self._pages = {
            page: _asset(f"{page}.html", self._filled(files[f"{page}.html"], prefix))
            for page in PAGES
            if f"{page}.html" in files
        }
        self._files = {name: _asset(name, body) for name, body in files.items()}

    @property
    def installed(self) -> bool:
        """Whether there are pages to serve."""
        return len(self._pages) == len(PAGES)

    def page(self, request: Request, name: str) -> Response:
        """One page, or words that say why there is none."""
        if not self.installed:
            return HTMLResponse(_MISSING, 404)
        policy = CSP
        if self._around and name in _EMBEDDED:
            policy = CSP.replace("frame-ancestors 'none'", f"frame-ancestors {self._around}")
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": policy}
        return _respond(request, self._pages[name], headers)

    def _filled(self, page: bytes, prefix: bytes) -> bytes:
        return page.replace(PREFIX_MARK, prefix).replace(NOTES_MARK, self._around.encode())

    def worker(self, request: Request) -> Response:
        """The script that takes clicks on notifications; its address never changes, so it is asked
        for again."""
        asset = self._files.get(f"js/{WORKER}")
        if asset is None:
            return problem(Problem.NOT_FOUND, "The pages are not installed.")
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _WORKER_CSP}
        return _respond(request, asset, headers)

    def file(self, request: Request, version: str, path: str) -> Response:
        """One file of this version; another version's are gone."""
        asset = self._files.get(path)
        if asset is None or version != self.version:
            return problem(Problem.NOT_FOUND, "Load the page again.")
        return _respond(request, asset, {"Cache-Control": "public, max-age=31536000, immutable"})


def load_assets(root: Path | None, around: str = "") -> Assets:
    """Read everything below ``root`` that a browser needs; None or an incomplete one: no pages."""
    if root is None or not (root / "vendor" / "complete").is_file():
        return Assets({})
    return Assets(
        {
            name: lean(name, path.read_bytes())
            for path in sorted(root.rglob("*"))
            if path.is_file() and (path.suffix in _SERVED or path.parent == root)
            if path.suffix in _SERVED or path.stem in PAGES
            for name in (path.relative_to(root).as_posix(),)
        },
        around,
    )


def lean(name: str, body: bytes) -> bytes:
    """A script or style of ours without what only readers of the source need; others as they are.

    MUST keep the number of each line. The house style keeps ``/*`` and a line that begins with
    ``//`` out of strings and templates.
    """
    if Path(name).suffix not in (".js", ".css") or name.startswith("vendor/"):
        return body
    bare = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), body.decode())
    return _MARGIN.sub("", bare).encode()


def find_static(package: Path) -> Path | None:
    """Where the pages are: inside the installed ``package``, or beside it in a working copy."""
    for root in (package / "static", package.parent / "static"):
        if (root / "login.html").is_file():
            return root
    return None


def home() -> Response:
    """The agents' page is the front door."""
    return RedirectResponse("agent", 307)


def _asset(name: str, body: bytes) -> Asset:
    suffix = Path(name).suffix
    media = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0) if len(body) >= _GZIP_FROM else None
    if packed is not None and len(packed) >= len(body):
        packed = None
    return Asset(body, packed, media, f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def _respond(request: Request, asset: Asset, headers: dict[str, str]) -> Response:
    headers = {**headers, "ETag": asset.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    accepted = request.headers.get("accept-encoding", "")
    if asset.packed is not None and "gzip" in accepted:
        return Response(
            asset.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=asset.media
        )
    return Response(asset.body, headers=headers, media_type=asset.media)
