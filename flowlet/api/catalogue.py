"""The catalogue of refusals: every ``DomainError`` that an app declares, with what it means."""

import inspect
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from django.apps import apps

from flowlet.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Entry:
    """One code of the catalogue: its usual HTTP status, its title and what to do about it."""

    code: str
    status: int
    title: str
    explanation: str


FIELD_CODES = {
    "field.required": "The field has to be there.",
    "field.null": "The field cannot be null.",
    "field.blank": "The text cannot be empty.",
    "field.empty": "The list cannot be empty.",
    "field.unknown": "There is no such field. Unknown fields are refused, not ignored.",
    "field.type": "The value has another JSON type than the field.",
    "field.not_a_list": "The value has to be a list.",
    "field.not_a_dict": "The value has to be an object.",
    "field.not_an_object": "Metadata is an object of texts.",
    "field.too_many": "Metadata has at most 50 names.",
    "field.name": "A name in metadata has 1 to 40 characters and no square brackets.",
    "field.value": "A value in metadata is a text of at most 500 characters.",
    "field.invalid": "The value has the wrong form.",
    "field.invalid_choice": "The value is not one of those the field takes.",
    "field.malformed_id": "The text is not a public id of the wanted kind.",
    "field.naive": "The moment lacks its offset from UTC.",
    "field.make_aware": "The moment does not exist in its time zone.",
    "field.overflow": "The day or moment lies outside the calendar.",
    "field.date": "A day was expected, not a moment.",
    "field.datetime": "A moment was expected, not a day.",
    "field.max_length": "The text or list is too long.",
    "field.min_length": "The text or list is too short.",
    "field.max_string_length": "The figure is too long.",
    "field.max_digits": "The figure has too many digits.",
    "field.max_decimal_places": "The figure has too many decimals.",
    "field.max_whole_digits": "The figure has too many digits before the point.",
    "field.max_value": "The number is too large.",
    "field.min_value": "The number is too small.",
}


_DECIDE = frozenset({"errors", "models", "selectors", "policies", "providers", "services", "registry"})


def _walk(base: type[DomainError]) -> list[type[DomainError]]:
    found = [base]
    for child in base.__subclasses__():
        found.extend(_walk(child))
    return found


def load() -> None:
    """Import what declares refusals, so that all are known: the ground, and the rooms of every own app that decide."""
    import flowlet.core

    _import_below(flowlet.core)
    for config in apps.get_app_configs():
        if "site-packages" not in config.path and config.module is not None:
            _import_below(config.module)


def _import_below(package: ModuleType) -> None:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        room = found.name.rpartition(".")[2]
        if room in _DECIDE or (package.__name__ == "flowlet.core" and room != "tests"):
            module = import_module(found.name)
            if found.ispkg:
                for inner in pkgutil.walk_packages(module.__path__, f"{found.name}."):
                    if "tests" not in inner.name.split("."):
                        import_module(inner.name)


@cache
def by_code() -> dict[str, Entry]:
    """All entries by code, sorted. The first class that carries a code (its base, if it has one) explains it."""
    load()
    found: dict[str, Entry] = {}
    for error in _walk(DomainError):
        if error is DomainError or error.code in found:
            continue
        found[error.code] = Entry(error.code, error.status, error.title, " ".join((inspect.getdoc(error) or "").split()))
    return dict(sorted(found.items()))
