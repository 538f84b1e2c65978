"""Reports to FinCEN: suspicious activity (form 111) and currency transactions (form 112) as batch files of the BSA E-Filing System.

``parts``, ``codes`` and ``geography`` are what both forms share, ``sar`` and ``ctr`` the two reports as frozen values. ``checking_sar`` and
``checking_ctr`` (on ``checking`` and ``rules``) say what is missing or wrong, by item of the form, for a guided form. ``writing_sar`` and
``writing_ctr`` (on ``tree``, ``texts`` and ``amounts``) make the file and check it against the official schema where there is one
(``schemas``). ``acknowledgements`` reads what FinCEN answers.

Sources and what could not be verified stand in docs/compliance.md.
"""
