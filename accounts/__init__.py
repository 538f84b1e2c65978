"""The people: partners and their API keys, staff and partner developers, customers.

A partner is the tenant; every row above belongs to one. This app knows nothing of books, wallets or products. What upper apps call:

``services.customers``  ``open_product`` and ``close_product`` in the transaction that opens and closes a wallet (a customer with open
    products does not close, one who is frozen or closed opens none); ``freeze``, ``unfreeze``, ``set_kyc_tier`` for verdicts that stand.
``selectors.customers``  ``get``, ``for_update``, ``matching`` (also by sealed values), ``personal_of`` (many, one query),
    ``masked_pairs`` and ``plain_pairs`` for a revealable panel.
``services.partners``  ``create``, ``request_activation``, ``suspend``; ``services.api_keys``  ``issue``, ``authenticate``.
``roles``  ``has_permission(user, "wallets.freeze_wallet")``; a new right is a line in ``roles.PERMISSIONS`` and in ``roles.GRANTS``.
"""
