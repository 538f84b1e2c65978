"""Know the customer, screen names, watch the money, decide with two pairs of eyes, and write the report to the authority.

Compliance sits on payments, wallets and accounts. What it decides becomes standing state below, written through the lower app's services,
or an opinion at the verdict port.
"""
