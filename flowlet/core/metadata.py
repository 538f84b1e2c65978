"""Partners' own notes on an object: texts under names, bounded so that they stay notes."""

from typing import Any

from flowlet.core.errors import Invalid

MAX_NAMES, MAX_NAME, MAX_VALUE = 50, 40, 500


class MalformedMetadata(Invalid):
    """Metadata is an object of at most 50 texts of up to 500 characters, under names of 1 to 40 characters without brackets."""

    code, title = "metadata.malformed", "The metadata has the wrong form"


def checked(value: Any, *, param: str = "metadata") -> dict[str, str]:
    """``value`` if it is metadata. Raises MalformedMetadata."""
    if not isinstance(value, dict):
        raise MalformedMetadata("Metadata is an object of texts.", param=param)
    if len(value) > MAX_NAMES:
        raise MalformedMetadata(f"Metadata has at most {MAX_NAMES} names.", param=param)
    for name, text in value.items():
        if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME or "[" in name or "]" in name or "\x00" in name:
            raise MalformedMetadata(f"A name has 1 to {MAX_NAME} characters and no square brackets.", param=param)
        if not isinstance(text, str) or len(text) > MAX_VALUE or "\x00" in text:
            raise MalformedMetadata(f"A value is a text of at most {MAX_VALUE} characters.", param=f"{param}.{name}")
    return dict(value)
