"""Korean particles."""

import pytest

from registry_client.cli.korean import Word


@pytest.mark.parametrize(
    ("word", "subject", "direction"),
    [
        ("기관", "기관이", "기관으로"),
        ("협의회", "협의회가", "협의회로"),
        ("서울", "서울이", "서울로"),
        ("did:mapae:x:9", "did:mapae:x:9가", "did:mapae:x:9로"),
        ("GATE-1", "GATE-1이", "GATE-1로"),
        ("행정안전부(7)", "행정안전부(7)이", "행정안전부(7)로"),
        ("", "가", "로"),
    ],
)
def test_particles_agree_with_the_last_letter(word, subject, direction):
    assert f"{Word(word):이/가}" == subject
    assert f"{Word(word):으로/로}" == direction


def test_without_a_particle_the_word_is_itself():
    assert f"{Word('기관')}" == "기관"
