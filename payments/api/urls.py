"""Routes of the app, mounted under /v1."""

from django.urls import path

from payments.api import consents, external_accounts, mandates, payments, simulations

urlpatterns = [
    path("banks", consents.Banks.as_view()),
    path("consents", consents.ConsentList.as_view()),
    path("consents/<str:consent_id>", consents.ConsentDetail.as_view()),
    path("consents/<str:consent_id>/complete", consents.ConsentComplete.as_view()),
    path("consents/<str:consent_id>/reconfirm", consents.ConsentReconfirm.as_view()),
    path("consents/<str:consent_id>/revoke", consents.ConsentRevoke.as_view()),
    path("consents/<str:consent_id>/accounts", consents.ConsentAccounts.as_view()),
    path("consents/<str:consent_id>/balances", consents.ConsentBalances.as_view()),
    path("consents/<str:consent_id>/transactions", consents.ConsentTransactions.as_view()),
    path("simulations/consents/<str:consent_id>/visit", consents.ConsentVisit.as_view()),
    path("payments", payments.PaymentList.as_view()),
    path("payments/<str:payment_id>", payments.PaymentDetail.as_view()),
    path("payments/<str:payment_id>/cancel", payments.PaymentCancel.as_view()),
    path("payments/<str:payment_id>/refunds", payments.PaymentRefunds.as_view()),
    path("settlement_report", payments.SettlementReport.as_view()),
    path("payment_batches", payments.BatchList.as_view()),
    path("payment_batches/<str:batch_id>", payments.BatchDetail.as_view()),
    path("simulations/payments/<str:payment_id>/settle", simulations.PaymentSettle.as_view()),
    path("simulations/payments/<str:payment_id>/fail", simulations.PaymentFail.as_view()),
    path("simulations/payments/<str:payment_id>/return", simulations.PaymentReturn.as_view()),
    path("simulations/payments/<str:payment_id>/dispute", simulations.PaymentDispute.as_view()),
    path("simulations/payments/<str:payment_id>/end_dispute", simulations.PaymentDisputeEnd.as_view()),
    path("simulations/inbound_credits", simulations.InboundCredits.as_view()),
    path("simulations/bank_statements", simulations.BankStatements.as_view()),
    path("simulations/faults", simulations.Faults.as_view()),
    path("simulations/settlement_runs", simulations.SettlementRun.as_view()),
    path("external_accounts", external_accounts.ExternalAccountList.as_view()),
    path("external_accounts/<str:external_account_id>", external_accounts.ExternalAccountDetail.as_view()),
    path("external_accounts/<str:external_account_id>/block", external_accounts.ExternalAccountBlock.as_view()),
    path("external_accounts/<str:external_account_id>/unblock", external_accounts.ExternalAccountUnblock.as_view()),
    path("external_accounts/<str:external_account_id>/close", external_accounts.ExternalAccountClose.as_view()),
    path("external_accounts/<str:external_account_id>/verifications", external_accounts.ExternalAccountVerifications.as_view()),
    path("external_accounts/<str:external_account_id>/micro_deposits", external_accounts.MicroDeposits.as_view()),
    path("mandates", mandates.MandateList.as_view()),
    path("mandates/<str:mandate_id>", mandates.MandateDetail.as_view()),
    path("mandates/<str:mandate_id>/revoke", mandates.MandateRevoke.as_view()),
]
