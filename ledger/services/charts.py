"""Charts of accounts: the template every new book starts with.

The lines of an e-money or wallet back office: what customers own is a liability, the money behind it lies in safeguarding bank accounts.
Codes follow the usual ranges (1 assets, 2 liabilities, 3 equity, 4 income, 5 expenses).
"""

from dataclasses import dataclass

from ledger.choices import NORMAL_SIDE, AccountType, CashFlow
from ledger.models import Book, ChartLine

ASSET, LIABILITY, EQUITY, INCOME, EXPENSE = AccountType
CASH, OPERATING, INVESTING, FINANCING = CashFlow.CASH, CashFlow.OPERATING, CashFlow.INVESTING, CashFlow.FINANCING

SAFEGUARDING = "1010"
OPERATING_BANK = "1020"
CLEARING_IN = "1110"
CLEARING_OUT = "1120"
RECOVERY_RECEIVABLE = "1210"
FIXED_ASSETS = "1510"
FX_POSITION = "1900"
CUSTOMER_WALLETS = "2010"
PARTNER_PAYABLE = "2110"
SUSPENSE = "2900"
SHARE_CAPITAL = "3010"
RETAINED_EARNINGS = "3100"
FEE_INCOME = "4010"
FX_INCOME = "4020"
PROVIDER_COSTS = "5010"
LOSSES = "5020"


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
    Line(CUSTOMER_WALLETS, "Customer wallets", LIABILITY, OPERATING),
    Line(PARTNER_PAYABLE, "Payable to the partner", LIABILITY, OPERATING),
    Line(SUSPENSE, "Suspense", LIABILITY, OPERATING),
    Line(SHARE_CAPITAL, "Share capital", EQUITY, FINANCING),
    Line(RETAINED_EARNINGS, "Retained earnings", EQUITY, OPERATING),
    Line(FEE_INCOME, "Fees", INCOME, OPERATING),
    Line(FX_INCOME, "Foreign exchange result", INCOME, OPERATING),
    Line(PROVIDER_COSTS, "Bank and provider costs", EXPENSE, OPERATING),
    Line(LOSSES, "Losses and write-offs", EXPENSE, OPERATING),
)
TEMPLATES = {"standard": STANDARD}


def install(*, book: Book, template: str = "standard") -> list[ChartLine]:
    """Give a new book the lines of a template."""
    return ChartLine.objects.bulk_create(
        ChartLine(
            book=book,
            code=line.code,
            name=line.name,
            type=line.type,
            normal_side=NORMAL_SIDE[line.type],
            cash_flow=line.cash_flow,
        )
        for line in TEMPLATES[template]
    )
