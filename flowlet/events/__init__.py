"""The outbox: facts leave a business transaction with it, or not at all.

``services.outbox`` writes an event beside the change it tells of; ``services.relay`` hands it after commit to the handlers of
``registry``, at least once, each effect exactly once. ``selectors`` is the partner's feed and the lag.
"""
