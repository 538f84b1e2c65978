"""Rules from whoever means harm: whatever is handed in is read, or refused in words; nothing else happens."""

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from flowlet.core.errors import Invalid
from flowlet.rules import engine, parsing
from flowlet.rules.tests.shop import SHOP, sheet
from flowlet.rules.tests.test_parsing import EVERYTHING

WORDS = st.sampled_from(
    [
        "and",
        "or",
        "not",
        "op",
        "left",
        "right",
        "fact",
        "field",
        "window",
        "ratio",
        "age",
        "value",
        "values",
        "list",
        "ge",
        "in",
        "amount",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, -(2**63) - 1, 2**400]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["\ud800", "\0", "a" * 300, "9" * 500, "1e999999999", "NaN", "2026-13-45T99:99:99Z", "__class__", "{customer}"]
    ),
    WORDS,
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def places(node, path=()):
    """Every place of the document, as the steps that lead to it."""
    yield path
    if isinstance(node, dict | list):
        for step in node if isinstance(node, dict) else range(len(node)):
            yield from places(node[step], (*path, step))


PLACES = list(places(EVERYTHING))


def put(path, part):
    """The rule with everything in it, with something else at one place."""
    if not path:
        return part
    found = deepcopy(EVERYTHING)
    node = found
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = part
    return found


def taken_or_refused(document):
    try:
        rule = engine.compile_rule(document, SHOP)
    except Invalid as refused:
        assert refused.param.startswith("$")
        assert refused.message.isprintable() and len(refused.message) < 500
        return False
    assert rule.decide(sheet()) is rule.explain(sheet()).outcome
    assert rule.query().outcomes()[0] and rule.words and len(rule.digest) == 64
    return True


@given(ANYTHING)
def test_anything_at_all_is_read_or_refused_in_words(document):
    taken_or_refused(document)


@settings(max_examples=500)
@given(st.sampled_from(PLACES), ANYTHING)
def test_a_rule_with_anything_in_one_place_is_read_or_refused_in_words(path, part):
    taken_or_refused(put(path, part))


def test_every_place_of_a_rule_matters():
    taken = [path for path in PLACES if taken_or_refused(put(path, {"nonsense": 1}))]
    assert taken == []


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_is_json_or_refused_in_words(text):
    try:
        parsing.load(text)
    except Invalid as refused:
        assert refused.param == "$"
