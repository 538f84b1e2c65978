"""What the platform tells about itself while it runs: structured logs with their context, and Prometheus metrics.

``context`` says for whom we work (request, actor, partner), ``logs`` renders lines, ``redaction`` keeps secrets and personal data out of
them, ``metrics`` counts, ``middleware`` does all of it for every request. No tables; nothing here knows a domain.
"""
