"""What can be done, one noun a module.

Rows are locked in this order and no other, so that nothing here can wait in a circle: allowances (lowest key first), customers
(shared), transfer, hold, balances (lowest key first; the ledger sees to it). What changes a customer or freezes a wallet locks
allowance, customer, wallet, account, balance. ``spending`` takes the first step for everybody.
"""
