"""The ports on one Redis or Valkey: ``RedisStore``, and ``StoreUnfit``, what it refuses."""

from app.adapters.redis.preflight import StoreUnfit
from app.adapters.redis.store import RedisStore

__all__ = ["RedisStore", "StoreUnfit"]
