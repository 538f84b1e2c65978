"""The rule engine: conditions that officers write, over facts that upper apps declare; no eval, no regular expressions, no float.

An upper app registers a vocabulary (``registry.vocabulary``) of facts, lists and windows; ``engine.compile_rule`` reads a rule's JSON
(``parsing``) into a typed tree (``tree``), and the tree into closures for live use, into SQL for backtests and into sentences for
people. That the closures and the SQL answer the same, missing values included, is proven by a property test.
"""
