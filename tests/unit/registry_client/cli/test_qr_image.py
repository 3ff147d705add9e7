"""QR codes as pictures and as terminal text: whatever is drawn can be read again."""

import io

import pytest
import zxingcpp
from PIL import Image

from registry_client.cli import qr_image
from registry_client.cli.qr_image import draw, read_code, save, terminal_lines
from registry_client.cli.settings import Settings, UsageError, use
from registry_client.errors import ConfigurationError, InvalidInputError

TEXT = "GQ1:" + "NCFOXN%TS3DH" * 54
SHORT = "GQC1:ABC"


@pytest.fixture
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(qr_image, "is_unicode", lambda: True)


def picture_of(lines, *, ink):
    """What a camera sees of half blocks: two modules a character, `ink` where a block is printed."""
    paper = 255 - ink
    rows = []
    for line in lines:
        rows.append([ink if character in "▀█" else paper for character in line])
        rows.append([ink if character in "▄█" else paper for character in line])
    image = Image.new("L", (len(rows[0]), len(rows)))
    image.putdata([value for row in rows for value in row])
    return image.resize((image.width * 6, image.height * 6), Image.Resampling.NEAREST)


def test_a_dark_terminal_without_colours_shows_the_light_part(wide):
    lines = terminal_lines(draw(TEXT))
    (read,) = zxingcpp.read_barcodes(picture_of(lines, ink=255), formats=zxingcpp.BarcodeFormat.QRCode)
    assert read.text == TEXT


def test_a_terminal_with_colours_shows_dark_on_light(wide, monkeypatch):
    monkeypatch.setattr("sys.stdout", type("Terminal", (io.StringIO,), {"isatty": lambda _: True})())
    use(Settings())
    lines = terminal_lines(draw(TEXT))
    assert all(line.startswith("\x1b[30;107m") and line.endswith("\x1b[0m") for line in lines)
    bare = [line.removeprefix("\x1b[30;107m").removesuffix("\x1b[0m") for line in lines]
    (read,) = zxingcpp.read_barcodes(picture_of(bare, ink=0), formats=zxingcpp.BarcodeFormat.QRCode)
    assert read.text == TEXT


def test_no_code_is_drawn_that_does_not_fit(monkeypatch):
    monkeypatch.setattr(qr_image, "is_unicode", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    assert terminal_lines(draw(TEXT)) == []
    assert terminal_lines(draw(SHORT))
    monkeypatch.setattr(qr_image, "is_unicode", lambda: False)
    assert terminal_lines(draw(SHORT)) == []


@pytest.mark.parametrize("name", ["code.png", "code.PNG", "code.txt"])
def test_what_is_saved_is_read_again(tmp_path, name):
    file = tmp_path / "new" / name
    save(draw(TEXT), TEXT, file)
    assert file.stat().st_mode & 0o077 == 0
    assert read_code(str(file), prefix="GQ1:") == TEXT


def test_an_svg_is_written_and_other_kinds_are_refused(tmp_path):
    save(draw(TEXT), TEXT, tmp_path / "code.svg")
    assert b"<svg" in (tmp_path / "code.svg").read_bytes()
    with pytest.raises(UsageError):
        save(draw(TEXT), TEXT, tmp_path / "code.gif")


def test_the_text_itself_and_standard_input(monkeypatch):
    assert read_code(TEXT + "\n", prefix="GQ1:") == TEXT
    monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": io.BytesIO(b"\n " + TEXT.encode() + b"\n")})())
    assert read_code("-", prefix="GQ1:") == TEXT
    buffer = io.BytesIO()
    draw(TEXT).save(buffer, kind="png", scale=4)
    monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": io.BytesIO(buffer.getvalue())})())
    assert read_code("-", prefix="GQ1:") == TEXT


def test_a_picture_with_none_or_several_is_refused(tmp_path):
    blank, both = tmp_path / "blank.png", tmp_path / "both.png"
    Image.new("L", (200, 200), 255).save(blank)
    buffer = io.BytesIO()
    draw(TEXT).save(buffer, kind="png", scale=4)
    one = Image.open(buffer).convert("L")
    scene = Image.new("L", (2 * one.width, one.height), 255)
    scene.paste(one, (0, 0))
    scene.paste(one, (one.width, 0))
    scene.save(both)
    for file, count in ((blank, 0), (both, 2)):
        with pytest.raises(InvalidInputError, match=f"shows {count} codes"):
            read_code(str(file), prefix="GQ1:")


@pytest.mark.parametrize(
    ("name", "data"),
    [("code.png", b"\x89PNG\r\n\x1a\n" + bytes(40)), ("code.png", b"no picture"), ("code.txt", b"GQ2:X"), ("x", b"")],
)
def test_files_that_are_neither_text_nor_picture(tmp_path, name, data):
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(InvalidInputError):
        read_code(str(file), prefix="GQ1:")


def test_files_and_pictures_are_bounded(tmp_path, monkeypatch):
    file = tmp_path / "code.png"
    save(draw(TEXT), TEXT, file)
    monkeypatch.setattr(qr_image, "PIXELS_MAX", 100)
    with pytest.raises(InvalidInputError, match="pixels"):
        read_code(str(file), prefix="GQ1:")
    monkeypatch.setattr(qr_image, "IMAGE_MAX_BYTES", 10)
    with pytest.raises(InvalidInputError, match="larger"):
        read_code(str(file), prefix="GQ1:")


@pytest.mark.parametrize(("missing", "work"), [("segno", "draw"), ("zxingcpp", "read")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, missing, work):
    file = tmp_path / "code.png"
    save(draw(TEXT), TEXT, file)
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    with pytest.raises(ConfigurationError, match="pip install"):
        draw(TEXT) if work == "draw" else read_code(str(file), prefix="GQ1:")
