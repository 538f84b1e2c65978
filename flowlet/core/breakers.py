"""Circuit breakers: who does not answer is left alone for a while, by all processes together.

A breaker is one hash in Redis, moved by two Lua scripts on the server's clock. CLOSED: ``threshold`` failures in a row, the oldest not
older than ``window_seconds``, open it. OPEN: nobody calls for ``rest_seconds``. After that one caller at a time may try (a lease that
ends by itself): success closes, failure opens anew. If Redis is away, each process has a breaker of its own and a counter says so.
"""

import logging
import threading
import time
from dataclasses import dataclass, field

import redis
from django.conf import settings
from prometheus_client import Counter
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)
LOCAL = Counter("flowlet_outbound_breaker_local_total", "Asked a breaker of this process alone, because Redis was away", ["name"])
OPENED = Counter("flowlet_outbound_breaker_opened_total", "A breaker opened", ["name"])
TIMEOUT_SECONDS = 0.1
REDIS_REST_SECONDS = 5.0

# KEYS[1] the breaker; ARGV[1] milliseconds a trial may take. Answers {may call, milliseconds to wait}.
ASK = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local open_until = tonumber(redis.call('HGET', KEYS[1], 'open_until') or '0')
if open_until == 0 then return {1, 0} end
if open_until > now then return {0, open_until - now} end
local trial_until = tonumber(redis.call('HGET', KEYS[1], 'trial_until') or '0')
if trial_until > now then return {0, trial_until - now} end
redis.call('HSET', KEYS[1], 'trial_until', now + tonumber(ARGV[1]))
return {1, 0}
"""
# KEYS[1] the breaker; ARGV: 1 for success, threshold, window, rest (milliseconds). Answers 1 when this failure opened it.
TELL = """
if ARGV[1] == '1' then redis.call('DEL', KEYS[1]) return 0 end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'open_until', 'since', 'failures')
local open_until = tonumber(state[1] or '0')
if open_until > now then return 0 end
local since, failures = tonumber(state[2] or '0'), tonumber(state[3] or '0') + 1
if open_until == 0 and since < now - tonumber(ARGV[3]) then since, failures = now, 1 end
local opens = 0
if open_until > 0 or failures >= tonumber(ARGV[2]) then
  opens = 1
  redis.call('HSET', KEYS[1], 'open_until', now + tonumber(ARGV[4]), 'trial_until', 0)
end
redis.call('HSET', KEYS[1], 'since', since, 'failures', failures)
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[3]) + 10 * tonumber(ARGV[4]))
return opens
"""


class _Redis:
    """The shared connection, both scripts, and the rest that Redis gets after a failure."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scripts: dict[str, redis.commands.core.Script] = {}
        self._away_until = 0.0

    def run(self, script: str, *, key: str, args: list[object]) -> object | None:
        """The script's answer, or None when Redis cannot be asked."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return (self._scripts.get(script) or self._register(script))(keys=[key], args=args)
        except redis.RedisError as error:
            self._away_until = time.monotonic() + REDIS_REST_SECONDS
            log.warning("circuit breakers are local: Redis is away (%s)", type(error).__name__)
            return None

    def _register(self, script: str) -> "redis.commands.core.Script":
        with self._lock:
            if script not in self._scripts:
                client = redis.Redis.from_url(
                    settings.REDIS_URL,
                    socket_timeout=TIMEOUT_SECONDS,
                    socket_connect_timeout=TIMEOUT_SECONDS,
                    retry=Retry(NoBackoff(), 0),
                    health_check_interval=0,
                )
                self._scripts = {text: client.register_script(text) for text in (ASK, TELL)}
            return self._scripts[script]

    def forget(self) -> None:
        """Connect anew, at once."""
        self._scripts, self._away_until = {}, 0.0


shared = _Redis()


@dataclass(slots=True)
class Breaker:
    """One breaker. ``name`` says for whom; breakers of one name share their state over all processes."""

    name: str
    threshold: int = 5
    window_seconds: float = 60.0
    rest_seconds: float = 30.0
    trial_seconds: float = 30.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _failures: list[float] = field(default_factory=list, repr=False)
    _open_until: float = field(default=0.0, repr=False)

    def wait_seconds(self) -> float:
        """0 when a call may be made now, else how long nobody calls. A caller that is let in tells the outcome afterwards."""
        answer = shared.run(ASK, key=self._key, args=[int(self.trial_seconds * 1000)])
        if answer is not None:
            may, milliseconds = answer
            return 0.0 if may else max(milliseconds, 1) / 1000
        LOCAL.labels(name=self.name).inc()
        with self._lock:
            now = time.monotonic()
            if self._open_until > now:
                return self._open_until - now
            if self._open_until:  # one trial at a time
                self._open_until = now + self.trial_seconds
            return 0.0

    def tell(self, *, success: bool) -> None:
        """Say how a call ended: whether the other side gave an answer, not whether it was the wanted one."""
        args = [int(success), self.threshold, int(self.window_seconds * 1000), int(self.rest_seconds * 1000)]
        opened = shared.run(TELL, key=self._key, args=args)
        # The process's own count goes on beside, so that it is true when Redis leaves.
        opened_here = self._tell_here(success)
        if opened or (opened is None and opened_here):
            OPENED.labels(name=self.name).inc()
            log.warning("circuit breaker %s opened for %s s", self.name, self.rest_seconds)

    def reset(self) -> None:
        """Close it."""
        shared.run(TELL, key=self._key, args=[1, 1, 1, 1])
        with self._lock:
            self._failures, self._open_until = [], 0.0

    @property
    def _key(self) -> str:
        return f"breaker:{self.name}"

    def _tell_here(self, success: bool) -> bool:
        with self._lock:
            now = time.monotonic()
            if success:
                self._failures, self._open_until = [], 0.0
                return False
            self._failures = [moment for moment in self._failures if moment > now - self.window_seconds] + [now]
            if len(self._failures) < self.threshold and not self._open_until:
                return False
            self._open_until = now + self.rest_seconds
            return True
