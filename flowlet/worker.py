"""How our workers outlive a Redis that goes away: named in the settings, imported by worker processes only.

Celery closes the connection it lost twice. A channel that was waiting for work is only half closed by the first attempt, and the
second wants to give tasks that are still running back to a server whose address has been forgotten by then: an AttributeError, which
nobody expects there, and it ended the whole worker. The same error came when a task ended after the connection it had come by.
"""

from functools import partial
from typing import Any

from celery.worker import consumer
from kombu import Connection
from kombu.transport import redis
from redis.exceptions import ConnectionError as ConnectionLost

LONGEST_PAUSE = 3
"""Seconds between two attempts to reach Redis; Celery's own would grow to half a minute, in which events wait for nothing."""


class Channel(redis.Channel):
    """Says that its connection is lost in the words that Celery waits for.

    A task that was running stays unacknowledged: it ends where it runs, and may run once more.
    """

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise ConnectionLost("The connection of this channel was lost.")
        return super()._connparams(asynchronous=asynchronous)


# Not by the setting ``broker_transport``: with that, kombu no longer sees in a ``rediss://`` address that TLS is meant.
redis.Transport.Channel = Channel


class Consumer(consumer.Consumer):
    """Tries to reach Redis again every few seconds, for as long as it takes."""

    def ensure_connected(self, conn: Connection) -> Connection:
        """The connection, once there is one."""
        conn.ensure_connection = partial(conn.ensure_connection, interval_start=1, interval_step=1, interval_max=LONGEST_PAUSE)
        return super().ensure_connected(conn)
