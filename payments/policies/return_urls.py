"""Where payers come back to from their card's bank: pages of the partner's own."""

from urllib.parse import urlsplit

from flowlet.core.errors import Invalid
from payments.choices import PaymentKind

LONGEST = 2048
REFUSAL = "A return_url is an https address of at most 2,048 characters, with a host, and without user name or password."


def checked(text: str, *, kind: PaymentKind) -> str:
    """The address, "" for none. Raises Invalid for an address that is none, and for payments that nobody authenticates."""
    if not text:
        return ""
    if kind != PaymentKind.CARD_PAYMENT:
        raise Invalid("Only the payer of a card payment comes back from their bank.", param="return_url")
    if len(text) > LONGEST or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise Invalid(REFUSAL, param="return_url")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Invalid(REFUSAL, param="return_url") from None
    if parts.scheme != "https" or not host or "@" in parts.netloc:
        raise Invalid(REFUSAL, param="return_url")
    return text
