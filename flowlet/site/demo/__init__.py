"""The demo's world: two companies, their customers, and a month of what these do.

``words`` (names, streets, trades), ``people`` (customers and wallets), ``companies`` (staff, partners, keys, books), ``rates``,
``purses`` (what the seed knows of balances and limits), ``month`` (who does what on which day), ``outside`` (a business day with
the banks, in the sandbox), ``listed`` (a watchlist with invented names), ``suspects`` (who launders, and who only looks like it, with
``papers`` of newcomers),
``ending`` (requests that wait, a freeze, a reversal, closed days, proofs). ``story`` is all of one company's; ``seed`` tells the
whole in order, two stories at once with ``side_by_side``.

Nothing is inserted: everything goes through the services that the API and the back office call, with the moment of the past
handed in as ``at`` and the day as ``effective_on``. So the limits of each past day hold, and the books know when each journal was
really recorded: now.
"""
