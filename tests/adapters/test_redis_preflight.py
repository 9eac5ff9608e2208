"""What a server promises, as its real settings say; and the settings that are refused."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from app.adapters.redis import RedisStore, StoreUnfit
from app.adapters.redis.preflight import server_name
from app.ports import Durability
from tests.adapters.machine import PROGRAMS, Machine, program

pytestmark = pytest.mark.parametrize("name", PROGRAMS)


async def promise(machine: Machine, *allow: str, user: str = "") -> Durability:
    async with aclosing(RedisStore(f"unix://{user}{machine.socket}", allow=allow)) as store:
        return await store.durability()


@pytest.mark.parametrize("level", ["always", "everysec", "no"])
async def test_the_level_is_the_one_in_force(name: str, level: str) -> None:
    with Machine(program(name), appendfsync=level) as machine:
        said = await promise(machine)
        assert said.level == level
        assert said.detail.lower().startswith(name)


async def test_the_trap_of_rewrites_is_told(name: str) -> None:
    with Machine(program(name), no_appendfsync_on_rewrite="yes") as machine:
        assert "rewrite" in (await promise(machine)).detail


async def test_without_append_only_file_it_is_unfit_unless_allowed(name: str) -> None:
    with Machine(program(name), appendonly="no") as machine:
        with pytest.raises(StoreUnfit, match="append-only file is off") as unfit:
            await promise(machine, "eviction")
        assert unfit.value.override == "no_aof"
        assert "appendonly" in unfit.value.remedy
        assert (await promise(machine, "no_aof")).level == "memory"


async def test_a_server_that_evicts_is_unfit_unless_allowed(name: str) -> None:
    with Machine(program(name), maxmemory_policy="allkeys-lru") as machine:
        with pytest.raises(StoreUnfit, match="allkeys-lru") as unfit:
            await promise(machine, "no_aof")
        assert unfit.value.override == "eviction"
        assert (await promise(machine, "eviction")).level == "always"


async def test_a_server_that_denies_config_is_not_guessed_at(name: str) -> None:
    with Machine(program(name)) as machine:
        machine.say("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-config")
        assert (await promise(machine, user="app:pw@")).level == "unknown"
        machine.say("CONFIG", "SET", "appendonly", "no")
        with pytest.raises(StoreUnfit, match="append-only file is off"):
            await promise(machine, user="app:pw@")


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"redis_version": "7.0.0"}, "Redis 7.0.0"),
        ({"redis_version": "8.2.1"}, "Redis 8.2.1"),
        ({"redis_version": "7.2.4", "valkey_version": "9.1.2"}, "Valkey 9.1.2"),
        ({"redis_version": "7.2.4", "valkey_version": "7.2.5"}, "Valkey 7.2.5"),
    ],
)
def test_new_servers_are_fit(name: str, info: dict[str, str], said: str) -> None:
    assert server_name(info) == said


def test_old_servers_are_unfit(name: str) -> None:
    with pytest.raises(StoreUnfit, match=r"Redis 6\.2\.14 is too old") as unfit:
        server_name({"redis_version": "6.2.14"})
    assert unfit.value.override is None
