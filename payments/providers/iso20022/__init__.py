"""ISO 20022 messages: what goes to banks and what comes back.

``credit_transfers`` writes pain.001.001.09, ``direct_debits`` pain.008.001.08 and ``reversals`` pain.007.001.09 of them, ``wires``
pacs.008.001.08 and ``returns`` pacs.004.001.10 in Fedwire's form, ``recalls`` camt.056 and camt.029; all from the ``parts``, through
``writing``, to the same bytes for the same arguments. ``envelopes`` puts Fedwire's header before a message. ``reports`` reads pain.002,
pacs.002 and pacs.004; ``reasons`` says what their codes mean. ``scheme`` states the rules of SEPA above the schemas, ``checking`` finds
what breaks them in a message of ours or somebody else's (with ``part_checks`` and ``reversal_checks``), ``charset`` writes names in the
letters that SEPA carries.
"""
