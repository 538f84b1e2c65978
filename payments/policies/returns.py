"""What a bank's reason for sending a payment back means for the account and the mandate, by the tables of the rails."""

from payments.choices import Rail
from payments.providers import nacha
from payments.providers.iso20022 import reasons

FILE_REJECTED = "file.rejected"  # a word of ours: the bank took none of the file
_ACH_ACCOUNT = frozenset({nacha.Action.CLOSE_ACCOUNT, nacha.Action.COMPLIANCE})


def is_known(rail: str, code: str) -> bool:
    """Whether it is a reason of the rail's banks, and not a word of ours."""
    return code in (nacha.RETURN_CODES if rail == Rail.ACH else reasons.CODES)


def says_nothing_of_the_account(rail: str, code: str) -> bool:
    """Whether the fault is ours or between the banks, so that it does not count against the account."""
    if code == FILE_REJECTED:
        return True
    if rail == Rail.ACH:
        found = nacha.RETURN_CODES.get(code)
        return found is not None and found.action in {nacha.Action.REPAIR_OUR_FILE, nacha.Action.BANK}
    return reasons.of(code).action == reasons.Action.REPAIR


def ends_account(rail: str, code: str) -> bool:
    """Whether the account cannot be used any more: it is closed, or was never there, or somebody has to look at it first."""
    if rail == Rail.ACH:
        found = nacha.RETURN_CODES.get(code)
        return found is not None and found.action in _ACH_ACCOUNT
    return reasons.of(code).action == reasons.Action.STOP_ACCOUNT


def ends_mandate(rail: str, code: str) -> bool:
    """Whether nothing may be collected on the mandate any more: its holder took it back, or never gave it."""
    if rail == Rail.ACH:
        found = nacha.RETURN_CODES.get(code)
        return found is not None and found.action == nacha.Action.REVOKE_MANDATE
    return reasons.of(code).action == reasons.Action.STOP_MANDATE
