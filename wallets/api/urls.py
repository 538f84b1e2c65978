"""Routes of the app, mounted under /v1."""

from django.urls import path

from wallets.api import conversions, holds, transfers, wallets

urlpatterns = [
    path("wallets", wallets.WalletList.as_view()),
    path("wallets/<str:wallet_id>", wallets.WalletDetail.as_view()),
    path("wallets/<str:wallet_id>/freeze", wallets.WalletFreeze.as_view()),
    path("wallets/<str:wallet_id>/unfreeze", wallets.WalletUnfreeze.as_view()),
    path("wallets/<str:wallet_id>/close", wallets.WalletClose.as_view()),
    path("wallets/<str:wallet_id>/balance", wallets.WalletBalance.as_view()),
    path("wallets/<str:wallet_id>/transactions", wallets.WalletTransactions.as_view()),
    path("wallets/<str:wallet_id>/statement", wallets.WalletStatement.as_view()),
    path("holds", holds.HoldList.as_view()),
    path("holds/<str:hold_id>", holds.HoldDetail.as_view()),
    path("holds/<str:hold_id>/capture", holds.HoldCapture.as_view()),
    path("holds/<str:hold_id>/release", holds.HoldRelease.as_view()),
    path("transfers", transfers.TransferList.as_view()),
    path("transfers/<str:transfer_id>", transfers.TransferDetail.as_view()),
    path("transfers/<str:transfer_id>/capture", transfers.TransferCapture.as_view()),
    path("transfers/<str:transfer_id>/void", transfers.TransferVoid.as_view()),
    path("transfers/<str:transfer_id>/refunds", transfers.TransferRefunds.as_view()),
    path("transfer_batches", transfers.TransferBatches.as_view()),
    path("fx_rates", conversions.FxRates.as_view()),
    path("fx_quotes", conversions.QuoteList.as_view()),
    path("fx_quotes/<str:quote_id>", conversions.QuoteDetail.as_view()),
    path("conversions", conversions.ConversionList.as_view()),
    path("conversions/<str:conversion_id>", conversions.ConversionDetail.as_view()),
    path("simulations/top_ups", transfers.TopUps.as_view()),
]
