"""The books as accountants read them: six reports, each per book, as of any day or between two.

``trial_balance``, ``balance_sheet``, ``income_statement`` and ``cash_flow`` answer a ``statement.Report`` (rows and columns),
``general_ledger`` and ``account_statement`` list entries. All figures come from the snapshots plus the tail, so the cost does not
grow with the age of the book. ``sheets`` writes any of them as CSV or XLSX.

Per currency, or translated with ``translated_to`` (IAS 21 §39): balances at the rate of the column's last day, what was earned,
spent or flowed at the rate of the day on which that took effect. So the result of the income statement is the one in the balance
sheet, and the months of a year add up to it but for rounding. Each line is rounded once, half to even, to the minor unit, sums add
the rounded lines, and what then remains (rates and rounding) stands on a line of its own. A currency without a rate on a day that
needs one is refused (NoRate), never left out.
"""

from ledger.selectors.reports.account_statement import account_statement
from ledger.selectors.reports.balance_sheet import balance_sheet
from ledger.selectors.reports.cash_flow import cash_flow
from ledger.selectors.reports.general_ledger import general_ledger
from ledger.selectors.reports.income_statement import income_statement
from ledger.selectors.reports.statement import Report, Row, RowKind, Span
from ledger.selectors.reports.trial_balance import trial_balance

__all__ = [
    "Report",
    "Row",
    "RowKind",
    "Span",
    "account_statement",
    "balance_sheet",
    "cash_flow",
    "general_ledger",
    "income_statement",
    "trial_balance",
]
