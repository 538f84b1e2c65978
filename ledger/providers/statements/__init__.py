"""Bank statements as banks send them, read into one form. Pure: bytes in, ``Statement`` out, nothing kept.

``records`` is the form; ``camt`` reads ISO 20022 camt.052, .053 and .054, ``mt940`` SWIFT's customer statement, ``table`` a bank's CSV
by a declared mapping. ``reading.read`` picks one of them.
"""
