"""Plain words for text that is no YAML: where it broke, and what to do about it."""

import re

from ruamel.yaml.error import MarkedYAMLError

from privnb.errors import Problem

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
EMPTY = "the spec is empty; the shortest one has 'privnb: 1', 'model' and 'data' with a target"


def text_problem(text: str, max_bytes: int) -> Problem | None:
    """What is wrong with a text before any YAML is looked at: too long, or with control characters."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        return Problem(1, 1, f"the spec has {size} bytes; at most {max_bytes} (1 MiB) are read")
    control = _CONTROL.search(text)
    if control:
        name = "NUL" if control.group() == "\0" else f"U+{ord(control.group()):04X}"
        return Problem(
            *_line_column(text, control.start()), f"a control character ({name}) stands here; a spec is text"
        )
    if not text.strip():
        return Problem(1, 1, EMPTY)
    return None


def decode(data: bytes, max_bytes: int) -> tuple[str, Problem | None]:
    """The text of a spec's bytes; a problem instead when they are too many or no UTF-8."""
    if len(data) > max_bytes:
        return "", Problem(1, 1, f"the spec has {len(data)} bytes; at most {max_bytes} (1 MiB) are read")
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        line, column = _line_column(before, len(before))
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "", Problem(1, 1, "the spec is stored as UTF-16; save it as UTF-8")
        return "", Problem(
            line, column, f"byte 0x{data[error.start]:02x} is no UTF-8; save the spec as UTF-8 (not Latin-1)"
        )


def syntax_problem(error: MarkedYAMLError, text: str) -> Problem:
    """The parser's complaint in the user's words, placed where the mistake is rather than where it was noticed."""
    place = _mark(error.problem_mark) or (1, 1)
    opened = _mark(error.context_mark)
    said, context = error.problem or "", error.context or ""
    if "'\\t'" in said:
        return Problem(*place, "a tab stands here; YAML wants spaces")
    if "flow" in context and opened:
        bracket = "{" if "mapping" in context else "["
        close = "}" if bracket == "{" else "]"
        if place[0] > opened[0] or "stream end" in said:
            return Problem(*opened, f"the '{bracket}' opened here is not closed; add a '{close}'")
        return Problem(*place, f"a comma or '{close}' is missing before this")
    if "quoted scalar" in context and opened and ("end of stream" in said or "document separator" in said):
        return Problem(*opened, "the quote opened here is not closed")
    if "escape" in said:
        return Problem(*place, f"{said.removeprefix('found ')} in a double-quoted text; use single quotes or '\\\\'")
    if "mapping values are not allowed" in said:
        return _misplaced_colon(place, text)
    if "sequence entries are not allowed" in said:
        return Problem(*place, "a list item cannot start here; put it on a line of its own, or write [a, b]")
    if "cannot start any token" in said:
        character = said.split("'")[1] if "'" in said else "this character"
        return Problem(*place, f"a value cannot start with '{character}'; write it in quotes")
    if "could not find expected ':'" in said:
        return Problem(*(opened or place), "this line has no ':' after its key")
    if "<block end>" in said:
        return _misplaced_block(place, text)
    if "node content" in said:
        return Problem(*place, f"{said.rpartition('found ')[2]} does not belong here")
    return Problem(*place, f"this is no YAML: {' '.join(part for part in (context, said) if part)}")


def _misplaced_colon(place: tuple[int, int], text: str) -> Problem:
    """Either a second ': ' in a line, or a key below a line that already ended in a value."""
    line = text.splitlines()[place[0] - 1]
    before = line[: place[1] - 1]
    if re.search(r":\s", before):
        return Problem(*place, "a second ': ' in this line; write the value in quotes")
    indent = len(line) - len(line.lstrip()) + 1
    return Problem(place[0], indent, "this key does not fit the line above; check the indentation and the ':' there")


def _misplaced_block(place: tuple[int, int], text: str) -> Problem:
    line = text.splitlines()[place[0] - 1] if place[0] <= len(text.splitlines()) else ""
    if line[place[1] - 1 : place[1]] in ("}", "]"):
        return Problem(*place, f"this '{line[place[1] - 1]}' closes nothing")
    return Problem(*place, "this line does not fit the ones above; check its indentation")


def _mark(mark) -> tuple[int, int] | None:
    return (mark.line + 1, mark.column + 1) if mark is not None else None


def _line_column(text: str, offset: int) -> tuple[int, int]:
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1
