"""Routes of the app, mounted under /v1."""

from django.urls import path

from ledger.api import accounts, journals, rates, reconciliation, reports

urlpatterns = [
    path("accounts", accounts.AccountList.as_view()),
    path("accounts/<str:account_id>", accounts.AccountDetail.as_view()),
    path("accounts/<str:account_id>/balance", accounts.AccountBalance.as_view()),
    path("accounts/<str:account_id>/statement", accounts.AccountStatement.as_view()),
    path("journals", journals.JournalList.as_view()),
    path("journals/<str:journal_id>", journals.JournalDetail.as_view()),
    path("journals/<str:journal_id>/reverse", journals.JournalReverse.as_view()),
    path("journal_batches", journals.JournalBatch.as_view()),
    path("reports/trial_balance", reports.TrialBalance.as_view()),
    path("reports/balance_sheet", reports.BalanceSheet.as_view()),
    path("reports/income_statement", reports.IncomeStatement.as_view()),
    path("reports/cash_flow", reports.CashFlow.as_view()),
    path("reports/general_ledger", reports.GeneralLedger.as_view()),
    path("exchange_rates", rates.RateList.as_view()),
    path("exchange_rates/<str:pair>", rates.RateOn.as_view()),
    path("bank_statements", reconciliation.BankStatementList.as_view()),
    path("reconciliation/breaks", reconciliation.BreakList.as_view()),
]
