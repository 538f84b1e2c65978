"""Loads the pages that apps declare: every app of ours may have an ``admin`` package, and it registers itself on the site."""

from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule


def load_pages() -> None:
    """Import the ``admin`` package of every app of ours. Third-party apps are left alone: their stock pages are not wanted."""
    for config in apps.get_app_configs():
        installed = "site-packages" in config.path or "dist-packages" in config.path
        if not installed and module_has_submodule(config.module, "admin"):
            import_module(f"{config.name}.admin")
