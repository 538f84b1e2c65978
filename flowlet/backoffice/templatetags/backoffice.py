"""Filters of the back office's templates."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def thousands(value: Any) -> str:
    """A whole number in groups of three: 1,234,567."""
    return f"{int(value):,}"
