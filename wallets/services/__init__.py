"""What can be done, one noun a module.

Rows are locked in this order and no other, so that nothing here can wait in a circle: allowances (lowest key first), transfer,
hold, customers (shared), balances (lowest key first; the ledger sees to it). ``spending`` takes the first step for everybody.
"""
