"""Maker and checker: what one person asks for, another one decides.

An app registers a kind in ``registry``; ``services.requests`` takes a request, and its approval runs the kind's ``execute`` in
the same transaction. That the checker is not the maker is said three times: by ``policies``, by ``services`` and by the database.
"""
