"""Laying out text in terminal cells."""

from hypothesis import given
from hypothesis import strategies as st

from registry_client.cli.text import cells, definitions, indented, pad, wrap

WORDS = st.text(alphabet=st.sampled_from("ab 가나다é0x"), max_size=200)


def test_cells_counts_korean_letters_twice_and_combining_marks_not_at_all():
    assert cells("가나") == 4
    assert cells("ab") == 2
    assert cells("é") == 1


@given(WORDS, st.integers(4, 80))
def test_wrap_keeps_every_letter_and_never_exceeds_the_width(text, width):
    lines = wrap(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_wrap_folds_a_long_identifier_instead_of_cutting_it():
    did = "did:mapae:dev-1a2b3c:" + "z" * 90
    lines = wrap(did, 40)
    assert "".join(lines) == did
    assert len(lines) == 3


def test_definitions_give_a_wide_name_a_line_of_its_own():
    rows = [("--short", "meaning"), ("--a-name-that-is-much-longer-than-the-column", "another")]
    lines = "\n".join(definitions(rows, widest=12)).split("\n")
    assert lines == [
        "  --short       meaning",
        "  --a-name-that-is-much-longer-than-the-column",
        "                another",
    ]


def test_pad_measures_cells():
    assert pad("가", 4) == "가  "


def test_indented_hangs_following_lines_under_the_first():
    assert indented("one two three four five six", first="- ", width=22) == "- one two three four\n  five six"
