"""Text as a terminal shows it: a progress bar that was drawn a hundred times leaves its last state."""

from __future__ import annotations

import re

_MOVES = re.compile(r"[\r\x08]|\x1b\[\d{0,4}[AK]")
_TOKEN = re.compile(r"\n|\r|\x08|\x1b\[(\d{0,4})([AK])|\x1b\[[0-9;]{0,40}m|[^\n\r\x08\x1b]+|\x1b")


def screen_lines(text: str) -> list[str]:
    """The lines after carriage returns, backspaces, and moves to the line above; colours are kept.

    Blank lines at the end are no lines.
    """
    lines = _drawn(text) if _MOVES.search(text) else text.split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _drawn(text: str) -> list[str]:
    rows: list[list[str]] = [[]]
    row = column = 0
    colour = ""
    for token in _TOKEN.finditer(text):
        piece = token.group()
        match piece, token.group(2):
            case "\n", _:
                row, column = row + 1, 0
                if row == len(rows):
                    rows.append([])
            case "\r", _:
                column = 0
            case "\b", _:
                column = max(0, column - 1)
            case _, "A":
                row = max(0, row - int(token.group(1) or 1))
            case _, "K":
                _erase(rows[row], column, token.group(1))
            case _ if piece.startswith("\x1b["):
                colour += piece
            case _:
                column = _write(rows[row], column, piece, colour)
                colour = ""
    if colour:
        rows[row].append(colour)
    return ["".join(cells).rstrip(" ") for cells in rows]


def _write(cells: list[str], column: int, piece: str, colour: str) -> int:
    """Overwrite the cells from a column on; the colour goes with the first. The column after the last one."""
    if column > len(cells):
        cells += " " * (column - len(cells))
    cells[column : column + len(piece)] = piece
    cells[column] = colour + cells[column]
    return column + len(piece)


def _erase(cells: list[str], column: int, which: str) -> None:
    if which == "2":
        cells[:] = " " * min(column, len(cells))
    elif which == "1":
        cells[:column] = " " * min(column, len(cells))
    else:
        del cells[column:]
