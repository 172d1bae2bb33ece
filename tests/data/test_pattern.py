"""Labels from file names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unweave.data.pattern import read_pattern
from unweave.errors import UnweaveError, one_line

SEPARATORS = st.sampled_from(["-", "_", "--", " (", ".", "+"])
LABELS = st.text(alphabet="abcXYZ0189é[*", min_size=1, max_size=8)


@given(st.data())
def test_labels_put_together_by_a_pattern_are_read_back(data: st.DataObject) -> None:
    labels = data.draw(st.lists(LABELS, min_size=1, max_size=5))
    between = [data.draw(SEPARATORS) for _ in labels[1:]] + [data.draw(st.sampled_from(["", "_final", ")"]))]
    start = data.draw(st.sampled_from(["", "img_", "^("]))
    text = start + "".join(f"{{piece {k}}}{after}" for k, after in enumerate(between))
    stem = start + "".join(label + after for label, after in zip(labels, between, strict=True))
    assert read_pattern(text).labels(stem) == {f"piece {k}": label for k, label in enumerate(labels)}


@given(st.text(max_size=30))
def test_any_text_is_a_pattern_or_one_line(text: str) -> None:
    names, line = (), ""
    try:
        names = read_pattern(text).names
    except UnweaveError as error:
        line = str(error)
    assert line.startswith(f"pattern '{one_line(text)}' ") if line else len(set(names)) == len(names) > 0


@given(st.text(max_size=30))
def test_any_name_is_read_or_refused_and_a_reading_spells_the_name(stem: str) -> None:
    labels = read_pattern("{a}-{b}").labels(stem)
    assert labels is None if stem.count("-") != 1 or stem[0] == "-" or stem[-1] == "-" else labels is not None
    if labels is not None:
        assert "-".join(labels.values()) == stem


def test_a_piece_never_holds_what_stands_between_pieces() -> None:
    assert read_pattern("{who}-{look}").labels("anna-smile-2") is None
    assert read_pattern("{who}_{look}").labels("anna-lena_smile") == {"who": "anna-lena", "look": "smile"}


def test_ignored_pieces_may_be_many() -> None:
    pattern = read_pattern("{who}_{_}_{look}_{_}")
    assert pattern.names == ("who", "look")
    assert pattern.labels("001_01_02_051") == {"who": "001", "look": "02"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "pattern '' cannot be read, expected names in braces such as {identity}-{expression}-{light}"),
        ("{a", "pattern '{a' cannot be read, expected names in braces such as {identity}-{expression}-{light}"),
        (
            "{a}-{ }",
            "pattern '{a}-{ }' cannot be read, expected names in braces such as {identity}-{expression}-{light}",
        ),
        ("{_}", "pattern '{_}' cannot be read, expected names in braces such as {identity}-{expression}-{light}"),
        ("{a}-{a}", "pattern '{a}-{a}' has a name twice, expected each once; {_} ignores a piece"),
        ("{a}{b}", "pattern '{a}{b}' has two pieces with nothing in between, so where one ends is unknown"),
    ],
)
def test_a_mistake_in_a_pattern_gives_its_line(text: str, line: str) -> None:
    with pytest.raises(UnweaveError) as error:
        read_pattern(text)
    assert str(error.value) == line
