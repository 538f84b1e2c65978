"""Celery: three queues on Redis, which carries hints to work and never the only copy of anything."""

from typing import Any

from kombu import Exchange, Queue

QUEUES = ("critical", "default", "batch")
# Task names (their last word tells what sort of work it is) to queues; what is not named here is "default".
ROUTES = {
    "*.relay*": {"queue": "critical"},
    "*.deliver*": {"queue": "critical"},
    "*.expire*": {"queue": "critical"},
    "*.sweep*": {"queue": "critical"},
    "*.settle*": {"queue": "batch"},
    "*.close*": {"queue": "batch"},
    "*.seal*": {"queue": "batch"},
    "*.verify*": {"queue": "batch"},
    "*.snapshot*": {"queue": "batch"},
    "*.rebuild*": {"queue": "batch"},
    "*.export*": {"queue": "batch"},
    "*.report*": {"queue": "batch"},
    "*.screen_change*": {"queue": "batch"},
    "*.try_rule*": {"queue": "batch"},
}


def celery_settings(*, redis_url: str) -> dict[str, Any]:
    """Celery's settings.

    A task is acknowledged when it has run (it may run twice, never get lost while Redis lives); a worker that dies gives it back at
    once, one that hangs after ``visibility_timeout`` seconds. Only JSON travels. Results are not kept.
    """
    return {
        "broker_url": redis_url,
        "task_queues": tuple(Queue(name, Exchange("flowlet"), routing_key=name) for name in QUEUES),
        "task_default_queue": "default",
        "task_default_exchange": "flowlet",
        "task_default_routing_key": "default",
        "task_create_missing_queues": False,
        "task_routes": (ROUTES,),
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_consumer": "flowlet.worker:Consumer",
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": 3600,
            "queue_order_strategy": "priority",
            "socket_connect_timeout": 2,
            "socket_timeout": 30,
            "socket_keepalive": True,
            "retry_on_timeout": True,
            "health_check_interval": 25,
            "max_retries": 1,
        },
        "task_publish_retry": False,
        "timezone": "UTC",
        "enable_utc": True,
        "beat_max_loop_interval": 5,
        "task_soft_time_limit": 1500,
        "task_time_limit": 1800,
    }
