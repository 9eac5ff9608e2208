"""Every rule of RFC 6455 that a server keeps, by the list of cases of the Autobahn test suite.

A socket that has not said hello answers its first message and closes with 4506, which shows what
was read without any sign-in; everything that is no WebSocket is closed with the code of the RFC.
Sections have the numbers of that list. Compression (12, 13) is not spoken: RSV1 is a fault.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..conformance.process import Server
from .raw import BINARY, CLOSE, CONT, PING, PONG, TEXT, Raw, frame

READ = 4506
PROTOCOL, NO_TEXT, TOO_BIG = 1002, 1007, 1009
GONE = 1006
WORD = "κόσμε-😀"
MOST = 65_536


@dataclass(frozen=True)
class Case:
    """What is sent, piece by piece; the close code; pongs and the ``ref`` that come before it."""

    name: str
    pieces: tuple[bytes, ...]
    code: int
    pongs: tuple[bytes, ...] = ()
    ref: str | None = None


def message(size: int = 0, ref: str = WORD) -> bytes:
    """A message that is understood, blown up to ``size`` bytes."""
    said = json.dumps({"type": "nothing", "ref": ref}, ensure_ascii=False).encode()
    return said[:-1] + b" " * (size - len(said)) + b"}"


def byte_wise(data: bytes) -> tuple[bytes, ...]:
    """The same, a byte at a time."""
    return tuple(data[at : at + 1] for at in range(len(data)))


def parts(data: bytes, size: int) -> list[bytes]:
    """A text message in fragments of this many bytes."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return [
        frame(CONT if at else TEXT, piece, fin=at == len(pieces) - 1)
        for at, piece in enumerate(pieces)
    ]


def close(code: int, reason: bytes = b"") -> bytes:
    """A close frame."""
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def understood(name: str, *pieces: bytes, pongs: tuple[bytes, ...] = ()) -> Case:
    """A case in which the message arrives whole."""
    return Case(name, pieces, READ, pongs, WORD)


def framing() -> Iterable[Case]:
    """1: messages of every kind of length, in one piece and in many."""
    for size in (0, 125, 126, 127, 128, 16_384, 65_535, MOST):
        if size == 0 or size > 60:
            yield understood(f"text {size}", frame(TEXT, message(size)))
    yield understood("text by bytes", *byte_wise(frame(TEXT, message())))
    for size in (0, 125, 126, 128, 65_535):
        yield Case(f"binary {size}", (frame(BINARY, b"\xfe" * size),), READ)
    yield Case("empty text", (frame(TEXT),), READ)
    yield Case("unmasked", (frame(TEXT, message(), masked=False),), PROTOCOL)


def pings() -> Iterable[Case]:
    """2: pings are answered with their own payload, pongs with nothing."""
    end, whole = frame(TEXT, message()), frame(PING, b"y" * 125)
    for payload in (b"", b"hello", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"x" * 125):
        yield understood(f"ping {len(payload)}", frame(PING, payload), end, pongs=(payload,))
    yield Case("ping 126", (frame(PING, b"x" * 126),), PROTOCOL)
    yield understood("ping by bytes", *byte_wise(whole), end, pongs=(b"y" * 125,))
    yield understood("pong", frame(PONG), end)
    yield understood("pong with payload", frame(PONG, b"unasked"), end)
    mixed = (frame(PONG, b"unasked"), frame(PING, b"asked"))
    yield understood("pong and ping", *mixed, end, pongs=(b"asked",))
    ten = [b"%d" % n for n in range(10)]
    yield understood("ten pings", *(frame(PING, one) for one in ten), end, pongs=tuple(ten))
    packed = b"".join(frame(PING, one) for one in ten)
    yield understood("ten pings at once", packed, end, pongs=tuple(ten))


def reserved() -> Iterable[Case]:
    """3 and 4: bits and opcodes that mean nothing."""
    for rsv in range(1, 8):
        for opcode in (TEXT, BINARY, PING, CLOSE):
            yield Case(f"rsv {rsv} on {opcode}", (frame(opcode, b"", rsv=rsv),), PROTOCOL)
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"x"):
            yield Case(f"opcode {opcode} {payload!r}", (frame(opcode, payload),), PROTOCOL)


def fragments() -> Iterable[Case]:
    """5: messages in pieces, and what may stand between them."""
    said, ping = message(), frame(PING, b"p")
    for size in (2, 7, len(said) - 1):
        yield understood(f"fragments of {size}", *parts(said, size))
    yield understood("all in one packet", b"".join(parts(said, 9)))
    first, second = parts(said, len(said) // 2 + 1)
    yield understood("ping between", first, ping, second, pongs=(b"p",))
    yield understood("pong between", first, frame(PONG, b"p"), second)
    yield understood("an empty one between", first, frame(CONT, fin=False), second)
    yield understood("an empty first", frame(TEXT, fin=False), frame(CONT, said))
    yield understood("an empty last", frame(TEXT, said, fin=False), frame(CONT))
    wrong: dict[str, tuple[bytes, ...]] = {
        "ping in fragments": (frame(PING, b"x", fin=False), frame(CONT, b"y")),
        "pong in fragments": (frame(PONG, b"x", fin=False), frame(CONT, b"y")),
        "close in fragments": (frame(CLOSE, b"", fin=False),),
        "a rest without a beginning": (frame(CONT, b"x"),),
        "a piece without a beginning": (frame(CONT, b"x", fin=False), frame(TEXT, said)),
        "a message within another": (first, frame(TEXT, said)),
        "two beginnings": (first, first),
        "binary within text": (first, frame(BINARY, b"x")),
    }
    for name, pieces in wrong.items():
        yield Case(name, pieces, PROTOCOL)


def utf8() -> Iterable[Case]:
    """6: text is UTF-8, wherever it is cut; what is none is closed with 1007."""
    said = message(ref=WORD)
    yield understood("cut within characters", *parts(said, 3))
    yield understood("bytes and fragments", *byte_wise(b"".join(parts(said, 2))))
    bad = {
        "alone": b"\x80",
        "cut off": b"\xf0\x9f\x98",
        "no byte of text": b"\xff",
        "overlong": b"\xc0\xaf",
        "overlong in three": b"\xe0\x80\xaf",
        "overlong in four": b"\xf0\x80\x80\xaf",
        "a surrogate": b"\xed\xa0\x80",
        "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
        "beyond the last": b"\xf4\x90\x80\x80",
        "five bytes": b"\xf8\x88\x80\x80\x80",
    }
    for name, data in bad.items():
        whole = b'{"type": "x' + data + b'"}'
        yield Case(name, (frame(TEXT, whole),), NO_TEXT)
        yield Case(f"{name}, in pieces", tuple(parts(whole, 3)), NO_TEXT)


def closing() -> Iterable[Case]:
    """7: the closing handshake, its codes and its reasons."""
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        yield Case(f"close {code}", (close(code),), code)
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535):
        yield Case(f"no code {code}", (close(code),), PROTOCOL)
    yield Case("close without a code", (frame(CLOSE),), 1005)
    yield Case("half a code", (frame(CLOSE, b"\x03"),), PROTOCOL)
    yield Case("a reason", (close(1000, "zum Schluß".encode()),), 1000)
    yield Case("the longest reason", (close(1000, b"x" * 123),), 1000)
    yield Case("too long a reason", (close(1000, b"x" * 124),), PROTOCOL)
    yield Case("a reason that is no text", (close(1000, b"\xce\xba\xff"),), NO_TEXT)
    yield Case("text after the close", (close(1000), frame(TEXT, message())), 1000)
    yield Case("ping after the close", (close(1000), frame(PING, b"late")), 1000)
    yield Case("two closes", (close(1000), close(1001)), 1000)
    began = frame(TEXT, b"x", fin=False)
    yield Case("close within a message", (began, close(1000)), PROTOCOL)


def sizes() -> Iterable[Case]:
    """9: what is too large is refused by its head, without waiting for the rest."""
    yield Case("a byte too many", (frame(TEXT, message(MOST + 1)),), TOO_BIG)
    yield Case("a claim of 2^40", (frame(TEXT, b"", length=1 << 40),), TOO_BIG)
    yield Case("a claim of 2^63 - 1", (frame(BINARY, b"", length=(1 << 63) - 1),), TOO_BIG)
    piece = b" " * 16_384
    many = [frame(CONT if at else TEXT, piece, fin=False) for at in range(5)]
    yield Case("too large in pieces", tuple(many), TOO_BIG)
    empty = [frame(TEXT, fin=False), *[frame(CONT, fin=False)] * 200]
    yield Case("pieces of nothing, for ever", (b"".join(empty),), 4408)
    yield Case("pings for ever", (b"".join([frame(PING)] * 200),), 4408)
    yield Case("pongs for ever", (b"".join([frame(PONG)] * 200),), 4408)
    yield Case("a compressed one", (frame(TEXT, b"\xaa\x56\x2a", rsv=4),), PROTOCOL)


SECTIONS: dict[str, Callable[[], Iterable[Case]]] = {
    "framing": framing,
    "pings": pings,
    "reserved": reserved,
    "fragments": fragments,
    "utf8": utf8,
    "closing": closing,
    "sizes": sizes,
}


async def fault_of(base: str, case: Case) -> str | None:
    """Run one case; what is wrong with what came of it."""
    async with await Raw.socket(base) as raw:
        await raw.write(*case.pieces)
        heard, code = await raw.all()
        if code != case.code:
            return f"{case.name}: closed with {code}, not {case.code}; before it {heard}"
        pongs = tuple(payload for opcode, payload in heard if opcode == PONG)
        if case.code != 4408 and pongs != case.pongs:
            return f"{case.name}: pongs {pongs}, not {case.pongs}"
        said = [json.loads(payload) for opcode, payload in heard if opcode == TEXT]
        refs = [reply["ref"] for reply in said if reply.get("ref") is not None]
        if refs != ([] if case.ref is None else [case.ref]):
            return f"{case.name}: answered {said}"
        try:
            await raw.write(close(1000))
            await raw.hung_up()
        except TimeoutError:
            return f"{case.name}: it did not hang up"
    return None


@pytest.mark.parametrize("section", SECTIONS)
async def test_the_rules_of_the_websocket_are_kept(target: Server, section: str) -> None:
    cases = list(SECTIONS[section]())
    assert len(cases) >= 8
    turns = asyncio.Semaphore(16)

    async def run(case: Case) -> str | None:
        async with turns:
            return await fault_of(target.base, case)

    faults = [fault for fault in await asyncio.gather(*map(run, cases)) if fault]
    assert not faults, "\n".join(faults)


def test_none_of_it_is_worth_a_trace_in_the_log(target: Server, ground: Path) -> None:
    """Or whoever sends such frames fills the disk."""
    assert target.alive()
    assert "Traceback" not in (ground / "stderr.log").read_text(encoding="utf-8")
