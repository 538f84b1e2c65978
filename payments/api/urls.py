"""Routes of the app, mounted under /v1."""

from django.urls import path

from payments.api import external_accounts, mandates

urlpatterns = [
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
