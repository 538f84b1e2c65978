"""Refusals of messages."""

from typing import Any

from flowlet.core.errors import Invalid
from payments.providers.iso20022.scheme import Breach

SHOWN = 50


class BreaksScheme(Invalid):
    """A message would break its schema or its scheme's rules: ``breaches`` says where, ``details`` the first of them."""

    code, status, title = "iso20022.breaks_scheme", 422, "The message breaks the rules of its scheme"

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        self.breaches = breaches
        first = breaches[0]
        more = f", and {len(breaches) - 1} more" if len(breaches) > 1 else ""
        shown: list[dict[str, Any]] = [breach.as_dict() for breach in breaches[:SHOWN]]
        super().__init__(f"{first.path}: {first.message}{more}", breaches=shown)


class NotWritable(Invalid):
    """A text has characters that no XML document can hold."""

    code, title = "iso20022.not_writable", "The text has characters that cannot be written"


class TooManyPayments(Invalid):
    """More payments than one message takes; ``details`` says how many it does."""

    code, title = "iso20022.too_many_payments", "There are too many payments for one message"


class UnknownMessage(Invalid):
    """The document is not a message of the kinds that are read here."""

    code, title = "iso20022.unknown_message", "The document is not a message of this kind"


class UnreadableField(Invalid):
    """A field does not have its form; the message names line and field."""

    code, title = "iso20022.unreadable_field", "A field of the message cannot be read"


class IncompleteMessage(Invalid):
    """The message has other payments than its header says. Nothing of it is to be used."""

    code, title = "iso20022.incomplete_message", "The message does not hold what its header says"
