"""Money in and out over real rails: one state machine per payment, files and provider contracts, settled and reconciled.

Payments sits on wallets and the ledger. Every money-relevant move of a payment posts exactly one journal in its own transaction.
"""
