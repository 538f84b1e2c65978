"""Verification of payee: does the name belong to the IBAN? The port, and the sandbox behind it.

The four answers are those of the EPC's Verification of Payee scheme (rulebook 1.1, section 3.2): MTCH, CMTC with the right name,
NMTC, and NOAP where the payee's bank cannot tell. ``settings.PAYEE_VERIFICATION`` names the provider of each mode.
"""

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from payments.choices import PayeeResult


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeAnswer:
    """``name`` is the holder's as the bank has it, with CMTC only; ``reference`` is the provider's own of the question."""

    result: PayeeResult
    name: str = ""
    reference: str = ""
    note: str = ""


class PayeeVerification(Protocol):
    """Whoever can ask the payee's bank."""

    def ask(self, *, name: str, iban: str, reference: str) -> PayeeAnswer:
        """The bank's answer. The same ``reference`` is the same question. Raises what ``flowlet.core.outbound`` raises."""
        ...


class Sandbox:
    """Answers by the words of the name, whatever the IBAN.

    ``UNREACHABLE`` gives NOAP, ``MISMATCH`` gives NMTC, ``NEARLY`` gives CMTC with the rest of the name; every other name matches.
    """

    def ask(self, *, name: str, iban: str, reference: str) -> PayeeAnswer:
        """By the rules above; capitals make no difference."""
        words = name.upper().split()
        if "UNREACHABLE" in words:
            return PayeeAnswer(result=PayeeResult.NOAP, reference=reference)
        if "MISMATCH" in words:
            return PayeeAnswer(result=PayeeResult.NMTC, reference=reference)
        if "NEARLY" in words:
            rest = " ".join(word for word in name.split() if word.upper() != "NEARLY")
            return PayeeAnswer(result=PayeeResult.CMTC, name=rest or name, reference=reference)
        return PayeeAnswer(result=PayeeResult.MTCH, reference=reference)


class Absent:
    """Nobody to ask: every answer is NOAP, and says why."""

    def ask(self, *, name: str, iban: str, reference: str) -> PayeeAnswer:
        """NOAP."""
        return PayeeAnswer(result=PayeeResult.NOAP, note="No provider of payee verification is configured")


def provider(mode: str) -> PayeeVerification:
    """The provider of a mode (LIVE or SANDBOX), ``Absent`` where the settings name none."""
    path = settings.PAYEE_VERIFICATION.get(mode, "")
    return import_string(path)() if path else Absent()
