"""What compliance answers at the verdict port. Every module here is loaded by the app's ``ready``."""

from importlib import import_module
from pkgutil import iter_modules


def register() -> None:
    """Load them all."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
