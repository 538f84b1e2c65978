"""Account information and payment initiation at customers' own banks, with their consent.

``vocabulary`` is what all banks have in common: states, accounts, balances, transactions, the facts of a payment, and the two
ports. ``uk`` speaks UK Open Banking 4.0, ``berlin`` the Berlin Group's NextGenPSD2 1.3.11, ``sandbox`` is a bank inside the
process. ``jose`` and ``signatures`` are the two standards' ways to sign; ``answers`` reads what banks say with tolerance.
"""
