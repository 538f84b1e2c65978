"""Two names in Han characters: a character is a word, and one that differs is another name, however alike it is read."""

from rapidfuzz.distance import OSA


def closeness(one: str, other: str) -> float:
    """From 0 to 1; names of up to four characters must be the same to match, in longer ones a character in six may differ."""
    if one == other:
        return 1.0
    longest = max(len(one), len(other))
    if one and other and (one.startswith(other) or other.startswith(one)) and min(len(one), len(other)) > 3:
        return 1.0 - 0.3 * (longest - min(len(one), len(other))) / longest
    return max(0.0, 1.0 - 1.25 * OSA.distance(one, other) / longest)
