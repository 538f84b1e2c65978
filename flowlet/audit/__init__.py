"""Who did what, to what, when, from where and why, with the values before and after.

``services.log`` writes a record in the transaction of the deed; the table refuses every later change. ``services.seals`` chains
the records in blocks after the fact, and ``selectors.verification`` names the first record that was touched since.
"""
