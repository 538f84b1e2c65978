"""Charts of accounts: the template every new book starts with.

The lines of an e-money or wallet back office: what customers own is a liability, the money behind it lies in safeguarding bank accounts.
Codes follow the usual ranges (1 assets, 2 liabilities, 3 equity, 4 income, 5 expenses).
"""

from dataclasses import dataclass

from ledger.choices import NORMAL_SIDE, AccountType, CashFlow
from ledger.models import Book, ChartLine
from ledger.selectors.fx_positions import COST as FX_COST
from ledger.selectors.fx_positions import POSITION as FX_POSITION
from ledger.selectors.fx_positions import REVALUATION as FX_REVALUATION

ASSET, LIABILITY, EQUITY, INCOME, EXPENSE = AccountType
CASH, OPERATING, INVESTING, FINANCING = CashFlow.CASH, CashFlow.OPERATING, CashFlow.INVESTING, CashFlow.FINANCING

SAFEGUARDING = "1010"
OPERATING_BANK = "1020"
CLEARING_IN = "1110"
CLEARING_OUT = "1120"
RECOVERY_RECEIVABLE = "1210"
FIXED_ASSETS = "1510"
CUSTOMER_WALLETS = "2010"
PARTNER_PAYABLE = "2110"
INCOMING_EXPECTED = "2020"
SUSPENSE = "2900"
SHARE_CAPITAL = "3010"
RETAINED_EARNINGS = "3100"
FEE_INCOME = "4010"
FX_INCOME = "4020"
UNREALISED_GAINS = "4030"
PROVIDER_COSTS = "5010"
LOSSES = "5020"
UNREALISED_LOSSES = "5030"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a template."""

    code: str
    name: str
    type: AccountType
    cash_flow: CashFlow


STANDARD = (
    Line(SAFEGUARDING, "Safeguarded customer money at banks", ASSET, CASH),
    Line(OPERATING_BANK, "Operating bank accounts", ASSET, CASH),
    Line(CLEARING_IN, "Incoming payments in clearing", ASSET, OPERATING),
    Line(CLEARING_OUT, "Outgoing payments in clearing", ASSET, OPERATING),
    Line(RECOVERY_RECEIVABLE, "Recovery receivables from customers", ASSET, OPERATING),
    Line(FIXED_ASSETS, "Equipment and software", ASSET, INVESTING),
    Line(FX_POSITION, "Foreign exchange position", ASSET, OPERATING),
    Line(FX_COST, "Foreign exchange position at cost", ASSET, OPERATING),
    Line(FX_REVALUATION, "Revaluation of the foreign exchange position", ASSET, OPERATING),
    Line(CUSTOMER_WALLETS, "Customer wallets", LIABILITY, OPERATING),
    Line(INCOMING_EXPECTED, "Incoming payments not there yet", LIABILITY, OPERATING),
    Line(PARTNER_PAYABLE, "Payable to the partner", LIABILITY, OPERATING),
    Line(SUSPENSE, "Suspense", LIABILITY, OPERATING),
    Line(SHARE_CAPITAL, "Share capital", EQUITY, FINANCING),
    Line(RETAINED_EARNINGS, "Retained earnings", EQUITY, OPERATING),
    Line(FEE_INCOME, "Fees", INCOME, OPERATING),
    Line(FX_INCOME, "Foreign exchange result", INCOME, OPERATING),
    Line(UNREALISED_GAINS, "Unrealised exchange gains", INCOME, OPERATING),
    Line(PROVIDER_COSTS, "Bank and provider costs", EXPENSE, OPERATING),
    Line(LOSSES, "Losses and write-offs", EXPENSE, OPERATING),
    Line(UNREALISED_LOSSES, "Unrealised exchange losses", EXPENSE, OPERATING),
)
TEMPLATES = {"standard": STANDARD}


def install(*, book: Book, template: str = "standard") -> list[ChartLine]:
    """Give a new book the lines of a template."""
    return ChartLine.objects.bulk_create(_row(book.pk, line) for line in TEMPLATES[template])


def complete(*, book_id: int, code: str) -> None:
    """Give a book that is older than one of the standard template's lines that line; nothing happens when it has it.

    Other templates have their own lines, so that a code which the standard one lacks is left to be refused.
    """
    missing = [_row(book_id, line) for line in STANDARD if line.code == code]
    ChartLine.objects.bulk_create(missing, ignore_conflicts=True)


def _row(book_id: int, line: Line) -> ChartLine:
    return ChartLine(
        book_id=book_id,
        code=line.code,
        name=line.name,
        type=line.type,
        normal_side=NORMAL_SIDE[line.type],
        cash_flow=line.cash_flow,
    )
