"""A rate limit per key: the generic cell rate algorithm (ITU-T I.371), one Lua call on Redis, so that it is atomic.

If Redis is away the API keeps serving: the request is let in, a counter says so, and Redis is left alone for some seconds, so
that requests do not wait for it one by one. Headers follow draft-ietf-httpapi-ratelimit-headers.
"""

import logging
import threading
import time
from dataclasses import dataclass

import redis
from django.conf import settings
from prometheus_client import Counter
from redis.backoff import NoBackoff
from redis.retry import Retry

from flowlet.api.authentication import ApiKeyFacts
from flowlet.api.errors import RateLimited

log = logging.getLogger(__name__)
UNAVAILABLE = Counter("flowlet_api_rate_limit_unavailable_total", "Requests let in unlimited because Redis was away")
REFUSED = Counter("flowlet_api_rate_limited_total", "Requests refused by the rate limit")
TIMEOUT_SECONDS = 0.1
REST_SECONDS = 5.0

# KEYS[1] the key's theoretical arrival time; ARGV: microseconds between two requests, how many may come at once.
# Answers {1, requests left, microseconds until all is restored} or {0, microseconds to wait, microseconds until all is restored}.
GCRA = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval = tonumber(ARGV[1])
local arrival = tonumber(redis.call('GET', KEYS[1]) or '0')
if arrival < now then arrival = now end
local next_arrival = arrival + interval
local room = now + interval * tonumber(ARGV[2]) - next_arrival
if room < 0 then return {0, -room, arrival - now} end
redis.call('SET', KEYS[1], string.format('%.0f', next_arrival), 'PX', math.ceil((next_arrival - now) / 1000) + 1000)
return {1, math.floor(room / interval), next_arrival - now}
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a key's allowance after this request."""

    quota: int
    window_seconds: int
    remaining: int
    reset_seconds: int

    @property
    def policy_header(self) -> str:
        """``RateLimit-Policy``: so many requests in so many seconds."""
        return f'"default";q={self.quota};w={self.window_seconds}'

    @property
    def header(self) -> str:
        """``RateLimit``: so many left, all restored in so many seconds."""
        return f'"default";r={self.remaining};t={self.reset_seconds}'


class Limiter:
    """The shared connection pool, the script, and the rest that Redis gets after a failure."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._script: redis.commands.core.Script | None = None
        self._away_until = 0.0

    def _connect(self) -> "redis.commands.core.Script":
        with self._lock:
            if self._script is None:
                client = redis.Redis.from_url(
                    settings.REDIS_URL,
                    socket_timeout=TIMEOUT_SECONDS,
                    socket_connect_timeout=TIMEOUT_SECONDS,
                    retry=Retry(NoBackoff(), 0),
                    health_check_interval=0,
                )
                self._script = client.register_script(GCRA)
            return self._script

    def take(self, facts: ApiKeyFacts) -> Standing | None:
        """Count one request of the key; None when Redis cannot be asked. Raises RateLimited with ``retry_after_seconds``."""
        if self._away_until and time.monotonic() < self._away_until:
            UNAVAILABLE.inc()
            return None
        interval = max(1, 1_000_000 // facts.rate_per_second)
        try:
            script = self._script or self._connect()
            allowed, figure, reset = script(keys=[f"rate:{facts.key_id}"], args=[interval, facts.burst])
        except redis.RedisError as error:
            self._away_until = time.monotonic() + REST_SECONDS
            UNAVAILABLE.inc()
            log.warning("rate limit not applied: Redis is away (%s)", error)
            return None
        self._away_until = 0.0
        window = -(-facts.burst * interval // 1_000_000)
        reset_seconds = -(-reset // 1_000_000)
        if not allowed:
            REFUSED.inc()
            refusal = RateLimited(
                f"Wait {-(-figure // 1_000_000)} s; this key may send {facts.rate_per_second} requests a second.",
                retry_after_seconds=max(1, -(-figure // 1_000_000)),
            )
            refusal.standing = Standing(facts.burst, window, 0, reset_seconds)
            raise refusal
        return Standing(facts.burst, window, figure, reset_seconds)


limiter = Limiter()
