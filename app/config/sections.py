"""Every setting of the server but queues and agents: its default, unit and reason.

Holds no logic. The rule: a key's docstring is the only place where its reason is written; the
schema and ``config/default.toml`` are made from it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from app.config.kinds import (
    Bytes,
    Count,
    CountOrNone,
    HookUrl,
    Id,
    Issuer,
    Ms,
    MsOrNone,
    Network,
    Origin,
    OriginOrEmpty,
    PerSecond,
    Port,
    RoleOf,
    Secret,
    Text,
    TextPath,
    Unit,
)


class Section(BaseModel):
    """One table of the file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True
    )


class Server(Section):
    """Where the server listens and how it stops."""

    host: Text = "127.0.0.1"
    """Loopback only until you decide otherwise; 0.0.0.0 for all interfaces."""
    port: Port = 8080
    """The environment variable PORT is honoured too, as platforms set it."""
    gateways: CountOrNone = 0
    """Processes that hold the sockets, each on a core of its own: for more than 10,000 sockets, or
    when one core is too little for them. 0: this process holds them."""
    backlog: Count = 4_096
    """Connections the kernel holds before they are accepted, sized for all agents coming back at
    once; net.core.somaxconn caps it in silence (see `interlock doctor`)."""
    allowed_origins: Annotated[tuple[Origin, ...], Unit("list of addresses")] = ()
    """Pages elsewhere that may open a socket or use the API from a browser. The server's own
    address and public_url always may; nothing else, or any page could act for whoever is signed
    in."""
    public_url: OriginOrEmpty = ""
    """The address people type when a proxy stands in front. Empty: the address listened on."""
    trusted_proxies: Annotated[tuple[Network, ...], Unit("list of addresses and networks")] = ()
    """The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: from anybody else they
    are ignored, for who is not named could call himself anybody. Without the name of a proxy that
    ends TLS, cookies lack Secure and all clients have its address."""
    tls_cert: TextPath = ""
    """The server's own TLS: a PEM file with the certificate and what stands between it and the
    root. It is read again when it changes and on SIGHUP; open sockets stay. Empty: plain HTTP,
    for a proxy in front that ends TLS."""
    tls_key: TextPath = ""
    """The PEM file of its key, without a passphrase, readable for the server's user."""
    notes_origin: OriginOrEmpty = ""
    """The customer system that embeds the agent page (in a frame, on the same site) and is given
    the agents' notes, see README. Empty: nobody may embed it, and there are no notes."""
    drain_ms: MsOrNone = 10_000
    """At a stop, clients are told to come back one after another over this time (5,000 sockets at
    500 a second). The supervisor of the process must wait longer before it kills."""

    @model_validator(mode="after")
    def _certified(self) -> Self:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("tls_cert and tls_key go together: set both, or none of them")
        return self


class Workspace(Section):
    """The unit of ownership: one writer decides for all its queues and agents."""

    id: Id = "default"
    """Part of every key in the store. Another id is another, empty workspace."""


class Auth(Section):
    """Who may speak."""

    admin_key: Secret = SecretStr("")
    """The bootstrap key with the role admin; make the others with `interlock key create`. Keep it
    out of this file: INTERLOCK_AUTH__ADMIN_KEY or INTERLOCK_AUTH__ADMIN_KEY_FILE."""
    session_ttl_ms: Ms = 43_200_000
    """How long a sign-in in the browser lasts: twelve hours, longer than any shift."""
    ticket_ttl_ms: Ms = 30_000
    """From asking for a socket ticket to the first frame: long enough for a slow phone, too short
    to be worth stealing."""
    local_users: bool = False
    """Whether people may have a name and a password here (`interlock user add`), for small
    installations without an identity provider. Needs the extra users."""
    oidc_issuer: Issuer = ""
    """The identity provider (OpenID Connect) whose tokens are taken, exactly as it names itself:
    https://id.example.com/realms/x. Empty: none. Needs the extra oidc."""
    oidc_client_id: Text = ""
    """This server's name at the provider."""
    oidc_client_secret: Secret = SecretStr("")
    """Its secret there, for the sign-in page. Empty: a public client, which PKCE guards alone."""
    oidc_audience: Text = ""
    """What tokens for the API are issued for (claim aud). Empty: the client id."""
    oidc_role_claim: Text = "roles"
    """The claim with the holder's roles or groups; dots lead inward: realm_access.roles."""
    oidc_roles: Annotated[tuple[RoleOf, ...], Unit("list of value=role")] = ()
    """Which of them is which role here: ["cc-leads=supervisor", "cc-agents=agent"]. What is not
    named grants nothing, and so does a claim that is missing."""
    oidc_agent_claim: Text = "interlock_agent"
    """The claim with the id of the agent that the holder is. Take one that people cannot change by
    themselves."""
    oidc_queues_claim: Text = ""
    """The claim with the queues that a supervisor is limited to ("*": everywhere). Empty: nobody is
    limited; otherwise who has none is refused."""
    oidc_session_ttl_ms: Ms = 28_800_000
    """How long a sign-in through the provider lasts at most: a shift. The provider cannot end it
    here, so it is shorter than one with a key, which can be revoked."""

    @model_validator(mode="after")
    def _provided(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_roles):
            raise ValueError("oidc_issuer needs oidc_client_id and oidc_roles beside it")
        return self


class Limits(Section):
    """What one client may cost. Beyond these it pays itself, not the others."""

    frame_bytes_max: Bytes = 16_384
    """One frame from an agent; commands are small. Larger: closed with 1009."""
    board_frame_bytes_max: Bytes = 65_536
    """One frame from a supervisor."""
    frames_per_s: PerSecond = 20
    """Steady rate of frames per socket; a person clicks less, a loop more. Beyond: 4408."""
    frames_burst: Count = 40
    """Frames that may come at once, as after a reconnect."""
    body_bytes_max: Bytes = 65_536
    """One HTTP body. Larger: 413."""
    body_ms: Ms = 20_000
    """From the head of a request to the end of its body: 64 KiB at 26 kbit/s. Later: 408."""
    header_bytes_max: Bytes = 16_384
    """The head of one request: address, cookies and all. Larger: 400."""
    header_ms: Ms = 10_000
    """A new connection must have said what it wants within this time, and so must each further
    request from its first byte on; who drips a head byte by byte holds a place for nothing."""
    hello_ms: Ms = 5_000
    """A new socket must say who it is within this time; until then it costs and gives nothing."""
    strangers_max: Count = 2_000
    """Connections without a request and sockets without a hello. Beyond, the one that has been
    silent longest goes (1013), never the one who comes: a crowd of them keeps nobody away."""
    strangers_per_address: CountOrNone = 1_000
    """The same from one address. Behind a proxy that is not named in server.trusted_proxies all
    have its address, so it is no less than half of all."""
    connections_max: Count = 12_000
    """All connections of this process, sockets and others, about 10 KiB each before a session.
    Beyond, an idle or silent one goes; is there none, the newcomer. Keep it above sockets_max."""
    outbox_frames_max: Count = 256
    """Frames waiting for a slow agent before it is closed with 4009; it resumes without loss."""
    outbox_bytes_max: Bytes = 262_144
    """The same, in bytes."""
    board_outbox_bytes_max: Bytes = 1_048_576
    """The same for a board; its changes are merged first, so only a dead one gets there."""
    send_deadline_ms: Ms = 5_000
    """A write that blocks this long means a frozen reader, which the transport itself never
    notices."""
    frozen_reader_ms: Ms = 10_000
    """Who acknowledges nothing for this long is cut off by the kernel (TCP_USER_TIMEOUT): closing
    waits for him otherwise, for a quarter of an hour."""
    unsent_bytes_max: Bytes = 131_072
    """So much of what a reader does not take is held by the kernel (TCP_NOTSENT_LOWAT), which by
    itself holds up to 4 MiB for each, out of sight of every other limit."""
    sockets_per_agent: Count = 4
    """Two tabs and a phone, with one to spare."""
    sockets_per_supervisor: CountOrNone = 1_000
    """Boards of one sign-in or key: screens on walls share one. Beyond: 1013."""
    sockets_per_address: CountOrNone = 0
    """Sockets from one address, signed in or not. None by default: a whole centre may sit behind
    one address. Beyond: 1013."""
    new_sockets_per_user: Count = 20
    """An agent or a sign-in may open so many within new_sockets_window_ms: all tabs after a
    restart, a phone on a train. A page in a loop opens hundreds. Beyond: 4408."""
    new_sockets_window_ms: Ms = 10_000
    """The time over which they are counted."""
    admissions_per_s: CountOrNone = 500
    """Sessions begun in a second, and as many at once. After a restart everybody comes back in one
    moment; the others wait for their turn, so that those who are in get their offers meanwhile."""
    admission_wait_ms: Ms = 5_000
    """The longest wait for that turn, well below the patience of a page. Beyond: 1013, and the
    client comes back by itself, later."""
    calls_per_s: CountOrNone = 50
    """HTTP calls of one person: of a browser's sign-in, or the key of an agent or a wallboard.
    Beyond: 429 with Retry-After."""
    calls_burst: Count = 200
    """Calls that may come at once, as when pages open."""
    program_calls_per_s: CountOrNone = 500
    """The same for one program: a key of role ingest or supervisor. 1.8 million conversations an
    hour; a retry loop gone wrong makes more. Keys of role admin are not held up: who must put
    something right needs them."""
    program_calls_burst: Count = 1_000
    """Calls that may come at once."""
    sockets_max: Count = 10_000
    """All sockets of this process, or of each gateway, about 37 KiB each. Beyond: refused. More
    files than that must be allowed to be open (see `interlock doctor`)."""
    inbox_max: Count = 10_000
    """Commands waiting for the router. Beyond: refused as overload, at once and with nothing done,
    for a late answer is worth less than none."""


class Session(Section):
    """How a lost connection is noticed and mended."""

    ping_every_ms: Ms = 10_000
    """The server asks for a sign of life from the page itself; that of the transport proves
    nothing."""
    lost_after_ms: Ms = 25_000
    """No answer for this long: the connection is lost. Two pings and a half."""
    grace_ms: MsOrNone = 20_000
    """After a lost connection the agent gets no new offers but keeps what it has: a slow page
    reload."""
    resume_frames: Count = 300
    """Pushes kept per session for a client that comes back. Missed more: it gets a snapshot."""
    resume_ms: MsOrNone = 120_000
    """How long they are kept."""


class Lease(Section):
    """Which node owns the workspace. For liveness only: every write is fenced by itself."""

    ttl_ms: Ms = 6_000
    """An owner silent this long may be replaced: the longest pause after a crash."""
    renew_ms: Ms = 2_000
    """Three chances within one ttl_ms."""


class Batch(Section):
    """How much is written to the log at once. More per write is cheaper, and later."""

    records_max: Count = 256
    """Events in one append."""
    bytes_max: Bytes = 262_144
    """Bytes in one append; a single larger event still goes, alone."""


class Retention(Section):
    """How long the server remembers."""

    ended_ms: Ms = 86_400_000
    """Ended conversations stay readable for a day, and a repeated id is recognised; then they are
    forgotten in memory, not in the log."""
    log_ms: Ms = 604_800_000
    """The log keeps at least a week of what happened (timelines, audit), if it is not too large."""
    log_bytes: Bytes = 4_294_967_296
    """Above this the oldest records go earlier, once two snapshots hold their effect."""
    history_days: Annotated[int, Field(strict=True, ge=1, le=62), Unit("days")] = 8
    """The course of the day (/v1/history, the board's charts) is kept so long: eight days hold the
    same weekday a week before. A few megabytes for 50 queues."""


class Audit(Section):
    """What the log says of who did something, besides what and why."""

    address: Annotated[Literal["hashed", "plain", "none"], Unit("word")] = "hashed"
    """From where: the log is never rewritten, so by default it holds a mark that is the same for
    the same address, made with a secret that is not in it. plain: the address itself, personal
    data for as long as the log is kept. Behind a proxy: see server.trusted_proxies."""


class Snapshots(Section):
    """Whole states beside the log, so that a start does not read it from its beginning.

    Taken by a process of its own, on another core, and read back before they count.
    """

    follower: bool = True
    """false: no second process, no snapshots, and a log that grows for ever."""
    records: Count = 100_000
    """A snapshot after so many records: a start reads at most twice as many."""
    every_ms: Ms = 600_000
    """And after this time when anything was written at all."""


class Watchdog(Section):
    """Looks for what stands still, and puts right what is safe to put right."""

    every_ms: Ms = 500
    """Between two looks; what is seen four times in a row is confirmed."""
    observe: list[str] = []
    """Causes that are only told, never repaired, as lost_wake_up; \"all\": none is repaired."""
    loop_blocked_ms: Ms = 2_000
    """The event loop stands still for so long: its stack is written to the log."""
    loop_exit_ms: Ms = 10_000
    """And for so long: the process ends, and whoever keeps it alive starts it anew."""
    auditor_silent_ms: Ms = 10_000
    """The follower's auditor gives a sign every two seconds; without one for so long (three times
    that while its process is being started again) an incident says that nobody checks the log."""
    canary_ms: MsOrNone = 10_000
    """Between two conversations of the canary, which goes the whole way to an offer on a socket of
    its own, so that a slow way is noticed when no customer is there. Counted nowhere."""


class Format(Section):
    """When a newer stored format may be put in force: `interlock format finalize`.

    Until then every record is also written in the new format, read back and thrown away, and the
    way back is the former build.
    """

    clean_ms: MsOrNone = 86_400_000
    """Shadow writes must have been clean for a day: its quiet hours and its busy ones."""
    clean_records: CountOrNone = 10_000
    """And over so many records: a day of about 1,500 conversations. Not a million, which a small
    centre would not see in months; every kind of record is tried before a release."""


class Webhook(Section):
    """Where somebody is told of incidents: opened, escalated, resolved. Empty: nobody is."""

    url: HookUrl = ""
    """Gets a signed POST for each. It may hold a token: prefer INTERLOCK_WEBHOOK__URL_FILE."""
    secret: Secret = SecretStr("")
    """Signs each message, so that the receiver knows it is ours: X-Interlock-Signature holds
    t=SECONDS,v1=HMAC-SHA256 of SECONDS.BODY. Needed with a url."""
    timeout_ms: Ms = 5_000
    """An answer later than this counts as none, and the message is sent again, 5 times in all."""
    events: Annotated[tuple[Literal["incident"], ...], Unit("list of words")] = ("incident",)
    """What is told."""

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.url and not self.secret.get_secret_value():
            raise ValueError(
                "a url needs a secret, or anybody could post in our name: "
                "set INTERLOCK_WEBHOOK__SECRET or INTERLOCK_WEBHOOK__SECRET_FILE"
            )
        return self


class Logging(Section):
    """What the process says on its standard output."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Unit("word")] = "info"
    """debug names every command and costs time."""
    format: Annotated[Literal["json", "console"], Unit("word")] = "console"
    """json for machines that collect, console for people."""
