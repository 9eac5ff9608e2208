"""The web application: the route table of ``wire.routes``, each call bound to its handler.

MUST refuse to be built when a route has no handler or a handler no route, so that the served
documents are always the whole truth.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.routing import Route as HttpRoute
from starlette.websockets import WebSocket

from app.edge import (
    health,
    http_agents,
    http_audit,
    http_board,
    http_changes,
    http_conversations,
    http_format,
    http_history,
    http_incidents,
    http_keys,
    http_presences,
    http_quarantine,
    http_queues,
    http_supervision,
    http_users,
)
from app.edge.assets import PAGES, WORKER, Assets, find_static, home, load_assets
from app.edge.call import Call, Edge, bearer_of, prepare
from app.edge.calls import CallPace
from app.edge.http_provider import BACK, ProviderPages
from app.edge.identity import Identity
from app.edge.limits import CallLimits
from app.edge.metrics import Metrics
from app.edge.origin import OriginGuard, Origins
from app.edge.pace import loop_s
from app.edge.problems import HANDLERS as PROBLEM_HANDLERS
from app.edge.proxies import Proxies
from app.edge.scoping import serve_scoped
from app.edge.settings import EdgeSettings, LimitSettings
from app.edge.wrapping import ROUTE_KEY, Wrapping
from app.shell.hub import Hub
from app.shell.router import Router
from app.wire.route import Route
from app.wire.routes import ROUTES
from app.wire.scope import RULES

PACKAGE: Final = "interlock-offers"
Handler = Callable[[Call], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

HANDLERS: Final[dict[str, Handler]] = {
    "create_conversation": http_conversations.create_conversation,
    "list_conversations": http_conversations.list_conversations,
    "get_conversation": http_conversations.get_conversation,
    "get_timeline": http_conversations.get_timeline,
    "explain_conversation": http_conversations.explain_conversation,
    "cancel_conversation": http_conversations.act_on_conversation,
    "move_conversation": http_conversations.act_on_conversation,
    "assign_conversation": http_conversations.act_on_conversation,
    "requeue_conversation": http_conversations.act_on_conversation,
    "release_conversation": http_conversations.act_on_conversation,
    "priority_conversation": http_conversations.act_on_conversation,
    "close_conversation": http_conversations.act_on_conversation,
    "activity_conversation": http_conversations.act_on_conversation,
    "list_queues": http_queues.list_queues,
    "get_queue": http_queues.get_queue,
    "put_queue": http_queues.put_queue,
    "delete_queue": http_queues.delete_queue,
    "pause_queue": http_queues.switch_queue,
    "resume_queue": http_queues.switch_queue,
    "drain_queue": http_queues.switch_queue,
    "list_agents": http_agents.list_agents,
    "get_agent": http_agents.get_agent,
    "put_agent": http_agents.put_agent,
    "set_membership": http_agents.set_membership,
    "delete_agent": http_agents.delete_agent,
    "set_agent_presence": http_agents.set_agent_presence,
    "list_agent_offers": http_agents.list_agent_offers,
    "list_presences": http_presences.list_presences,
    "get_presence": http_presences.get_presence,
    "put_presence": http_presences.put_presence,
    "delete_presence": http_presences.delete_presence,
    "list_changes": http_changes.list_changes,
    "get_change": http_changes.get_change,
    "undo_change": http_changes.undo_change,
    "list_quarantine": http_quarantine.list_quarantine,
    "requeue_quarantined": http_quarantine.requeue_quarantined,
    "discard_quarantined": http_quarantine.discard_quarantined,
    "list_incidents": http_incidents.list_incidents,
    "get_incident": http_incidents.get_incident,
    "acknowledge_incident": http_incidents.acknowledge_incident,
    "report_incident": http_incidents.report_incident,
    "sign_out_agent": http_supervision.sign_out_agent,
    "get_repairs": http_supervision.get_repairs,
    "freeze_repairs": http_supervision.freeze_repairs,
    "thaw_repairs": http_supervision.thaw_repairs,
    "list_broadcasts": http_supervision.list_broadcasts,
    "send_broadcast": http_supervision.send_broadcast,
    "withdraw_broadcast": http_supervision.withdraw_broadcast,
    "get_format": http_format.get_format,
    "finalize_format": http_format.finalize_format,
    "get_board": http_board.get_board,
    "get_wall": http_board.get_wall,
    "get_estimates": http_history.get_estimates,
    "get_history": http_history.get_history,
    "get_history_csv": http_history.get_history_csv,
    "get_audit": http_audit.get_audit,
    "get_audit_csv": http_audit.get_audit_table,
    "get_audit_ndjson": http_audit.get_audit_table,
    "create_ticket": http_keys.create_ticket,
    "sign_in": http_keys.sign_in,
    "get_session": http_keys.get_session,
    "get_sign_in_ways": http_keys.get_sign_in_ways,
    "sign_out": http_keys.sign_out,
    "list_keys": http_keys.list_keys,
    "create_key": http_keys.create_key,
    "limit_key": http_keys.limit_key,
    "rotate_key": http_keys.rotate_key,
    "revoke_key": http_keys.revoke,
    "list_users": http_users.list_users,
    "put_user": http_users.put_user,
    "set_user_password": http_users.set_user_password,
    "delete_user": http_users.delete_user,
    "healthz": health.healthz,
    "readyz": health.readyz,
    "metrics": health.metrics,
    "version": health.version,
    "openapi": health.openapi_document,
    "asyncapi": health.asyncapi_document,
}


class SocketEndpoint(Protocol):
    """What serves ``/ws``."""

    async def endpoint(self, socket: WebSocket) -> None:
        """Serve one socket."""
        ...


def build_app(
    router: Router,
    hub: Hub,
    identity: Identity,
    sockets: SocketEndpoint,
    settings: EdgeSettings,
    metrics: Metrics,
    *,
    assets: Assets | None = None,
    version: str | None = None,
    lifespan: Lifespan | None = None,
) -> Starlette:
    """The application; without ``assets`` the pages are looked for beside the package."""
    assert {route.name for route in ROUTES} == set(HANDLERS), "each route has its handler"
    assert {route.name for route in ROUTES} == set(RULES), "each route says what a scope sees"
    edge = Edge(
        router=router,
        hub=hub,
        identity=identity,
        metrics=metrics,
        assets=assets
        or load_assets(find_static(Path(__file__).parents[1]), settings.server.notes_origin),
        origins=Origins((*settings.server.allowed_origins, settings.server.public_url)),
        format=settings.format,
        body_bytes_max=settings.limits.body_bytes_max,
        version=version or installed_version(),
        has_address=bool(settings.server.public_url),
    )
    provider = ProviderPages(identity, settings.server.public_url)
    app = Starlette(
        routes=[
            *_calls(edge, _pace(settings.limits, metrics)),
            *_pages(edge, provider),
            WebSocketRoute("/ws", sockets.endpoint),
        ],
        middleware=[
            Middleware(Proxies, trusted=settings.server.trusted_proxies),
            Middleware(Wrapping, metrics=edge.metrics),
            Middleware(OriginGuard, origins=edge.origins),
        ],
        exception_handlers=PROBLEM_HANDLERS,
        lifespan=lifespan,
    )
    # A redirect would be built from the Host header.
    app.router.redirect_slashes = False
    return app


def installed_version() -> str:
    """The version of the installed package; a working copy that is not installed has none."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return "0+unknown"


def _pace(limits: LimitSettings, metrics: Metrics) -> CallPace:
    people, programs = limits.calls_per_s, limits.program_calls_per_s
    bound = CallLimits(people, limits.calls_burst, programs, limits.program_calls_burst)
    return CallPace(bound, metrics, loop_s)


def _calls(edge: Edge, pace: CallPace) -> list[BaseRoute]:
    by_path: dict[str, dict[str, Route]] = {}
    for route in ROUTES:
        by_path.setdefault(route.path, {})[route.method] = route
    return [
        _call(path, _endpoint(edge, pace, path, by_method)) for path, by_method in by_path.items()
    ]


def _call(path: str, endpoint: Endpoint) -> BaseRoute:
    """One path for all methods: the endpoint knows what to answer to a wrong one."""
    call = HttpRoute(path, endpoint)
    call.methods = set()
    return call


def _endpoint(edge: Edge, pace: CallPace, path: str, by_method: dict[str, Route]) -> Endpoint:
    """One function for all methods of a path: a wrong one is answered with the right ones."""
    known = [*by_method, *(["HEAD"] if "GET" in by_method else []), "OPTIONS"]
    allowed = ", ".join(known)

    async def serve(request: Request) -> Response:
        request.scope[ROUTE_KEY] = path
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allowed})
        route = by_method.get(method)
        if route is None:
            raise HTTPException(405, headers={"Allow": allowed})
        if edge.identity.outside is not None:
            await prepare(edge.identity, bearer_of(request))
        call = Call(edge, request, route)
        pace.check(call.principal)
        return await serve_scoped(HANDLERS[route.name], call)

    return serve


def _pages(edge: Edge, provider: ProviderPages) -> list[BaseRoute]:
    def page(name: str) -> Any:
        async def serve(request: Request) -> Response:
            request.scope[ROUTE_KEY] = f"/{name}"
            return edge.assets.page(request, name)

        return serve

    async def front(request: Request) -> Response:
        request.scope[ROUTE_KEY] = "/"
        return home()

    async def worker(request: Request) -> Response:
        request.scope[ROUTE_KEY] = f"/{WORKER}"
        return edge.assets.worker(request)

    async def there(request: Request) -> Response:
        request.scope[ROUTE_KEY] = "/login/provider"
        return await provider.there(request)

    async def back(request: Request) -> Response:
        request.scope[ROUTE_KEY] = BACK
        return await provider.back(request)

    async def file(request: Request) -> Response:
        request.scope[ROUTE_KEY] = "/static"
        params = request.path_params
        return edge.assets.file(request, params["version"], params["path"])

    return [
        HttpRoute("/", front),
        HttpRoute("/login/provider", there),
        HttpRoute(BACK, back),
        *(HttpRoute(f"/{name}", page(name)) for name in PAGES),
        HttpRoute(f"/{WORKER}", worker),
        HttpRoute("/static/{version}/{path:path}", file),
    ]
