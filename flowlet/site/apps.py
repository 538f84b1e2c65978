"""App configuration."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The roof: loads every app's pages and composes the home page."""

    name = "flowlet.site"
    label = "flowlet_site"

    def ready(self) -> None:
        """Bind ``shared_task`` to our Celery application, register all pages, then the home page's own panels."""
        from flowlet import celery  # noqa: F401
        from flowlet.backoffice.registration import load_pages

        load_pages()
        from flowlet.site import home  # noqa: F401
