"""ACH files (Nacha), written and read by our own code; plain Python, no database.

``write(file=File(...))`` gives bytes, ``read(data)`` a Reading with the file and every problem, ``validate(data)`` the problems of a
file of ours before it leaves. By subject:

- ``records``: File, Batch, Entry and the addenda as values; amounts are Money in USD.
- ``codes``: transaction codes, SEC codes, reserved descriptions, purposes. ``layouts``: the columns of every record.
- ``writing``: write, check, offsets, names fitted to their field. ``reading`` and ``lines``: from bytes to values.
- ``checks`` and ``entry_checks``: the rules, for both directions. ``problems``: how they are told, and the refusals.
- ``returns``: RETURN_CODES with time limits and what we do, return rates. ``changes``: notifications of change, decoded.
- ``routing``, ``banking_days``: check digits and the days of the Federal Reserve.
- ``sandbox``: a bank's answers, returns and notifications of change, for simulations only.
"""

from payments.providers.nacha.changes import (
    BANKING_DAYS_TO_ACT_ON_CHANGE,
    CHANGE_CODES,
    REFUSED_CHANGE_CODES,
    Correction,
    CorrectionUnreadable,
    corrected_data,
    correction,
)
from payments.providers.nacha.codes import (
    MODIFIERS,
    SEC_CODES,
    TRANSACTION_CODES,
    AccountType,
    Purpose,
    Side,
    Use,
    transaction_code,
)
from payments.providers.nacha.problems import FieldRefused, FileRefused, Problem, Severity, TooManyLines
from payments.providers.nacha.reading import Reading, read, validate
from payments.providers.nacha.records import (
    Addenda,
    Batch,
    Change,
    ContestedReturn,
    DishonoredReturn,
    Entry,
    File,
    OtherAddenda,
    RefusedChange,
    Remittance,
    Return,
    trace_number,
)
from payments.providers.nacha.returns import RETURN_CODES, Action, ReturnCode, latest_day, return_rates
from payments.providers.nacha.routing import check_digit, is_routing_number
from payments.providers.nacha.sandbox import SandboxChange, SandboxReturn, sandbox_write_changes, sandbox_write_returns
from payments.providers.nacha.writing import Offset, check, compose, fit, lines_of, with_offset, write

__all__ = [
    "BANKING_DAYS_TO_ACT_ON_CHANGE",
    "CHANGE_CODES",
    "MODIFIERS",
    "REFUSED_CHANGE_CODES",
    "RETURN_CODES",
    "SEC_CODES",
    "TRANSACTION_CODES",
    "AccountType",
    "Action",
    "Addenda",
    "Batch",
    "Change",
    "ContestedReturn",
    "Correction",
    "CorrectionUnreadable",
    "DishonoredReturn",
    "Entry",
    "FieldRefused",
    "File",
    "FileRefused",
    "Offset",
    "OtherAddenda",
    "Problem",
    "Purpose",
    "Reading",
    "RefusedChange",
    "Remittance",
    "Return",
    "ReturnCode",
    "SandboxChange",
    "SandboxReturn",
    "Severity",
    "Side",
    "TooManyLines",
    "Use",
    "check",
    "check_digit",
    "compose",
    "corrected_data",
    "correction",
    "fit",
    "is_routing_number",
    "latest_day",
    "lines_of",
    "read",
    "return_rates",
    "sandbox_write_changes",
    "sandbox_write_returns",
    "trace_number",
    "transaction_code",
    "validate",
    "with_offset",
    "write",
]
