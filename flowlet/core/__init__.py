"""Ground that knows neither Django's ORM nor any domain.

``money`` keeps amounts exact, ``ids`` makes public identifiers, ``clock`` tells the time, ``errors`` is the language of
refusals, ``actors`` says who acts, ``states`` walks transition tables, ``masking`` hides personal data, ``crypto`` seals it.
"""
