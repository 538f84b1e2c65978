"""What a format refuses about one payment, said of the payment: which of its parts does not fit. Never the value itself."""

from flowlet.core.errors import DomainError
from payments import errors
from payments.choices import Direction, Rail
from payments.providers.iso20022 import scheme, wires
from payments.providers.iso20022.errors import BreaksScheme, NotWritable
from payments.providers.nacha import FieldRefused, FileRefused

FORMAT = (FieldRefused, FileRefused, BreaksScheme, NotWritable)
_ACH = {
    "name": "owner_name",
    "account": "number",
    "rdfi": "routing_number",
    "check_digit": "routing_number",
    "routing": "routing_number",
}
_RULES = {**scheme.RULES, **wires.RULES}


def of_payment(refusal: DomainError, *, rail: str, direction: str) -> DomainError:
    """The refusal of the one payment that a file was tried with; ``refusal`` itself where it is about us and not about the payment."""
    if isinstance(refusal, FieldRefused):
        return _ach(refusal.field, refusal.message)
    if isinstance(refusal, FileRefused):
        problem = refusal.problems[0]
        return _ach(problem.field, problem.message)
    if isinstance(refusal, NotWritable):
        return errors.UnfitForRail(refusal.message, param="description")
    if isinstance(refusal, BreaksScheme):
        theirs = "Dbtr" if direction == Direction.IN and rail != Rail.WIRE else "Cdtr"
        for breach in refusal.breaches:
            if "TxInf" in breach.path:
                return _iso(breach.path, _RULES.get(breach.code, "It breaks the schema of the message."), theirs)
    return refusal


def _ach(field: str, message: str) -> DomainError:
    if field in _ACH:
        return errors.ExternalAccountUnfit(message, param="external_account_id", unfit=_ACH[field])
    return errors.UnfitForRail(message, param="amount" if field == "amount" else "purpose" if field == "description" else "rail")


def _iso(path: str, message: str, theirs: str) -> DomainError:
    unfit = ""
    if "PstlAdr" in path:
        unfit = "owner_address"
    elif path.endswith("/Nm"):
        unfit = "owner_name"
    elif f"{theirs}Acct" in path:
        unfit = "number"
    elif f"{theirs}Agt" in path or "InstdAgt" in path:
        unfit = "bank"
    elif path.endswith(("DrctDbtTxInf", "CdtTrfTxInf")) or path.partition("[")[0].endswith(theirs):
        unfit = "owner_address"
    if unfit:
        return errors.ExternalAccountUnfit(message, param="external_account_id", unfit=unfit)
    param = "rail"
    for part, name in (("RmtInf", "description"), ("Mndt", "mandate_id"), ("Amt", "amount")):
        if part in path:
            param = name
    return errors.UnfitForRail(message, param=param)
