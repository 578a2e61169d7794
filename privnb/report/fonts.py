"""The shipped fonts: as CSS with the files inside, and the characters they can draw."""

import base64
import functools
from pathlib import Path

_FACES = (
    ("IBM Plex Sans", "IBMPlexSans-Regular.woff2", 400, "normal"),
    ("IBM Plex Sans", "IBMPlexSans-SemiBold.woff2", 600, "normal"),
    ("IBM Plex Sans", "IBMPlexSans-Bold.woff2", 700, "normal"),
    ("IBM Plex Sans", "IBMPlexSans-Italic.woff2", 400, "italic"),
    ("IBM Plex Mono", "IBMPlexMono-Regular.woff2", 400, "normal"),
)
_MISSING = "\ufffd"


_USED_BY = {700: ("font-weight: 700", "font-weight: bold", "<strong"), "italic": ("italic", "<em", "<i>", "<cite")}


@functools.cache
def font_faces(folder: Path, css: str) -> str:
    """`@font-face` rules that hold the files themselves, so that no fetch is needed and no machine's fonts are used.

    Bold and italic are left out where the style sheet asks for neither: a face costs a quarter of a second.
    """
    rules = []
    for family, name, weight, style in _FACES:
        asked = _USED_BY.get(style) or _USED_BY.get(weight)
        if asked and not any(sign in css for sign in asked):
            continue
        data = base64.b64encode((folder / name).read_bytes()).decode()
        rules.append(
            f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
            f"src:url(data:font/woff2;base64,{data}) format('woff2')}}\n"
        )
    return "".join(rules)


@functools.cache
def glyphs(folder: Path, family: str = "IBM Plex Sans") -> frozenset[int]:
    """The code points that every shipped face of a family can draw."""
    from fontTools.ttLib import TTFont

    faces = [set(TTFont(folder / name, lazy=True).getBestCmap()) for of, name, _, _ in _FACES if of == family]
    return frozenset(set.intersection(*faces) | {0x0A, 0x09})


def printable(text: str, folder: Path, family: str = "IBM Plex Sans") -> str:
    """The text with every character that the family lacks replaced by the replacement sign; markup stays markup."""
    known = glyphs(folder, family)
    if all(ord(sign) in known for sign in text):
        return text
    return type(text)("".join(sign if ord(sign) in known else _MISSING for sign in text))
