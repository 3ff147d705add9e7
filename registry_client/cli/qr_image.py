"""QR codes as pictures: drawn with segno, read with zxing-cpp; both are extras, asked for only here."""

import io
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError, current, is_unicode
from registry_client.errors import ConfigurationError, InvalidInputError

if TYPE_CHECKING:
    from segno import QRCode

ERROR_LEVEL: Final = "m"
"""15 % of the code may be unreadable; a higher level is taken where it costs no room."""
QUIET: Final = 4
"""Modules of white around the code (ISO/IEC 18004 section 7.3.7)."""
SCALE: Final = 8
"""Pixels of a module in a PNG."""
IMAGES: Final = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
PICTURES: Final = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
"""What a picture may be; no other decoder of the library is reached."""
IMAGE_MAX_BYTES: Final = 16 * 1024 * 1024
PIXELS_MAX: Final = 50_000_000
_HALVES: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def draw(text: str) -> "QRCode":
    """The QR code of a text. Raises ConfigurationError without segno."""
    try:
        import segno
    except ImportError:
        raise ConfigurationError("drawing a QR code needs segno: pip install 'mapae[qr]'") from None
    return segno.make(text, error=ERROR_LEVEL, micro=False)


def terminal_lines(code: "QRCode") -> list[str]:
    """The code in half blocks, dark on light whatever the terminal's colours; empty if it does not fit."""
    rows = [list(row) for row in code.matrix_iter(border=QUIET)]
    if len(rows[0]) > shutil.get_terminal_size((120, 40)).columns or not is_unicode():
        return []
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    coloured = sys.stdout.isatty() and not current().no_color
    before, after = ("\x1b[30;107m", "\x1b[0m") if coloured else ("", "")
    dark = 1 if coloured else 0  # without colours, what is printed is the light part: terminals are dark
    return [
        before + "".join(_HALVES[up == dark, down == dark] for up, down in zip(*pair, strict=True)) + after
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]


def save(code: "QRCode", text: str, path: Path) -> None:
    """Write FILE.png, FILE.svg or FILE.txt (the text itself), readable by its owner only."""
    kind = path.suffix.lower()
    buffer = io.BytesIO()
    if kind == ".txt":
        buffer.write(text.encode("ascii") + b"\n")
    elif kind in {".png", ".svg"}:
        code.save(buffer, kind=kind[1:], scale=SCALE, border=QUIET)
    else:
        raise UsageError(
            tr(f"{path}: write FILE.png, FILE.svg or FILE.txt", f"{path}: .png, .svg, .txt 가운데 하나로 저장합니다")
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(buffer.getvalue())


def read_code(source: str, *, prefix: str) -> str:
    """The text that starts with `prefix`: given itself, in a text file, in a picture, or on standard input (`-`).

    Raises InvalidInputError if there is none or more than one, ConfigurationError without zxing-cpp.
    """
    if source.startswith(prefix):
        return source.strip()
    if source == "-":
        data = sys.stdin.buffer.read(IMAGE_MAX_BYTES + 1)
    else:
        with Path(source).open("rb") as stream:
            data = stream.read(IMAGE_MAX_BYTES + 1)
    if len(data) > IMAGE_MAX_BYTES:
        raise InvalidInputError(f"{source} is larger than {IMAGE_MAX_BYTES} bytes", path=source)
    if data.lstrip().startswith(prefix.encode("ascii")):
        return data.decode("ascii", errors="replace").strip()
    if Path(source).suffix.lower() not in IMAGES and source != "-":
        raise InvalidInputError(f"{source} does not start with {prefix} and is no picture", path=source)
    found = [text for text in _read_image(data, source) if text.startswith(prefix)]
    if len(found) != 1:
        raise InvalidInputError(f"{source} shows {len(found)} codes that start with {prefix}; one is needed")
    return found[0]


def _read_image(data: bytes, source: str) -> list[str]:
    try:
        import zxingcpp
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise ConfigurationError("reading a picture needs zxing-cpp and pillow: pip install zxing-cpp pillow") from None
    try:
        with Image.open(io.BytesIO(data), formats=PICTURES) as image:
            if image.width * image.height > PIXELS_MAX:
                raise InvalidInputError(f"{source} has more than {PIXELS_MAX} pixels", path=source)
            grey = image.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise InvalidInputError(f"{source} is no picture that can be read: {error}", path=source) from None
    found: Any = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return [barcode.text for barcode in found]
