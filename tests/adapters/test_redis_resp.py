"""The bytes of the writer's connection: what goes out, and replies cut at every possible place."""

from __future__ import annotations

import pytest

from app.adapters.redis.resp import ErrorReply, ProtocolBroken, Reply, ReplyReader, pack

STREAM = (
    b"+OK\r\n:42\r\n$-1\r\n$0\r\n\r\n$11\r\none\r\ntwo\x00\xff!\r\n"
    b"-READONLY You can't\r\n$2\r\nOK\r\n"
)
REPLIES: list[Reply] = [
    b"OK",
    b"42",
    None,
    b"",
    b"one\r\ntwo\x00\xff!",
    ErrorReply("READONLY", "READONLY You can't"),
    b"OK",
]


@pytest.mark.parametrize("size", range(1, len(STREAM) + 1))
def test_replies_are_the_same_however_they_are_cut(size: int) -> None:
    reader = ReplyReader()
    parts = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert [reply for part in parts for reply in reader.feed(part)] == REPLIES


@pytest.mark.parametrize(
    "broken", [b"*1\r\n$1\r\nx\r\n", b"$x\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"\r\n"]
)
def test_what_is_no_reply_is_not_guessed_at(broken: bytes) -> None:
    with pytest.raises(ProtocolBroken):
        list(ReplyReader().feed(broken))


def test_a_command_is_packed_with_lengths_in_bytes() -> None:
    packed = pack(b"SET", "\N{SNOWMAN}".encode(), b"\r\n")
    assert packed == b"*3\r\n$3\r\nSET\r\n$3\r\n\xe2\x98\x83\r\n$2\r\n\r\n\r\n"
