"""Names against watchlists: how well two names match, how urgent a hit is, and why, feature by feature.

Pure functions over plain values; nothing here knows the database. From the bottom: ``tables`` (words with a meaning, as text files),
``scripts`` (other alphabets into Latin letters), ``normalising`` (text into words), ``sounds`` (spellings that sound alike), ``parts``
(words into the parts of a name), ``rarity`` (what a word proves), ``similarity`` (two words), ``alignment`` (the words of two names
side by side), ``names`` (two names: the match), ``characters`` (two names in one ideographic script), ``features`` (what an officer is
told), ``qualifiers`` (birth, country, gender, identifiers: the priority), ``index`` (which entries are worth a look), ``matching`` (a query
against the lists), ``settings`` (the one threshold and the weights, with a version), ``evaluation`` (precision, recall, latency).
"""
