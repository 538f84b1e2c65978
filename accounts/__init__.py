"""The people: partners and their API keys, staff and partner developers, customers.

A partner is the tenant; every row above belongs to one. This app knows nothing of books, wallets or products.
"""
