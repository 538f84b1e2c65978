"""Why somebody did something, as it is kept: in the audit and beside what was done."""

from typing import Final

from flowlet.core.errors import Invalid

LONGEST: Final = 500


class ReasonTooLong(Invalid):
    """What is kept as a reason has a longest length; nothing of it is cut away unseen."""

    code, title = "reason.too_long", "The reason is too long"


def kept(reason: str, *, most: int = LONGEST, param: str = "reason") -> str:
    """The words without spaces at their ends. Raises ReasonTooLong for more than ``most`` characters."""
    reason = reason.strip()
    if len(reason) > most:
        raise ReasonTooLong(f"Say it in {most} characters; these are {len(reason)}.", param=param, most=most)
    return reason
