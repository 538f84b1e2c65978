"""The figures that decide: one threshold, and the weights, under one version that is kept with every hit.

Whoever changes a figure or a table raises ``VERSION``: a decision of years ago must be repeatable with what was in force then.
"""

from typing import Final

VERSION: Final = "2"

# A match at or above it is a hit. The same for every kind of name and every list.
THRESHOLD: Final = 0.80

# What a part of a name weighs against an ordinary word of the name.
INITIAL_WEIGHT: Final = 0.35
TITLE_WEIGHT: Final = 0.10
KUNYA_WEIGHT: Final = 0.30
PARTICLE_WEIGHT: Final = 0.10
GENERIC_WEIGHT: Final = 0.45
PLACE_WEIGHT: Final = 0.60
NUMBER_WEIGHT: Final = 0.45

# What an initial weighs that begins none of the other name's words.
OTHER_INITIAL: Final = 0.50

# What is taken off: for the words one name has more, as a share of all (persons; organisations); for legal forms that differ.
EXTRA_PERSON: Final = 0.22
EXTRA_ORGANISATION: Final = 0.40
LEGAL_CONFLICT: Final = 0.06
MISSING_LEGAL: Final = 0.01
LINEAGE_CONFLICT: Final = 0.22
FAMILY_MISSING: Final = 0.15
END_MISSING: Final = 0.12

# Evidence, in nats: what the words in common must add up to before names that are not the same word for word may pass, and what each
# missing nat takes off. Where every word of either name has its like in the other less is needed, and more against a list than between two
# names, since there are more chances to meet.
EVIDENCE_NEEDED: Final = 8.0
EVIDENCE_NEEDED_OF_WHOLE: Final = 6.0
EVIDENCE_NEEDED_ON_LISTS: Final = 11.5
EVIDENCE_NEEDED_OF_WHOLE_ON_LISTS: Final = 7.5
# The same where the query says more than the list: another name of a person, a telling word of a firm.
EVIDENCE_MORE_FOR_QUERY: Final = 4.0
EVIDENCE_SLOPE: Final = 0.05

# The most that names may reach which have one single word in common while either has more; or nothing but generic words.
SINGLE_WORD_CAP: Final = 0.70
# What a word has to prove to stand alone, in nats and letters, unless both names are that word.
RARE_WORD: Final = 7.0
"""A word that some hundred names in 100,000 have proves about as much."""
