"""What the command refuses before it starts anything."""

from __future__ import annotations

import pytest

from tests.cli_runner import no_settings_from_outside, run, unused_port

__all__ = ["no_settings_from_outside", "unused_port"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("thunder", "thunder"),
        ("steady --for never", "no time like"),
        ("steady --for 0s", "no time like"),
        ("steady --url http://127.0.0.1:9", "no key"),
        ("deploy --url http://127.0.0.1:9 --key k", "one of its own"),
    ],
)
def test_a_wrong_word_is_a_usage_error(words: str, said: str) -> None:
    ended = run("load", *words.split(), env={"COLUMNS": "200"})
    assert ended.exit_code == 2
    assert said in ended.output


def test_too_many_sockets_for_one_process_are_refused_before_the_start() -> None:
    ended = run("load", "steady", "--agents", "100000", "--for", "1s")
    assert ended.exit_code == 1
    assert "open files" in ended.output


def test_a_server_that_is_not_there_is_a_failed_start(unused_port: int) -> None:
    url = f"http://127.0.0.1:{unused_port}"
    words = "load steady --agents 1 --rate 1 --for 1s --key k --url"
    ended = run(*words.split(), url)
    assert ended.exit_code == 3
    assert ended.exception is None or isinstance(ended.exception, SystemExit)
