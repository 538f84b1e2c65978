"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DbConfig(AppConfig):
    """Renews the application role's grants after every migration."""

    name = "flowlet.db"
    label = "flowlet_db"

    def ready(self) -> None:
        from flowlet.db import grants

        post_migrate.connect(grants.after_migrate, dispatch_uid="flowlet.db.grants")
