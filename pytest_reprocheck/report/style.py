"""How reports in HTML look: one style sheet, for notebooks and for pages of their own.

Colours come from the notebook's theme (JupyterLab's variables, then VS Code's); where there is none, from what the
browser prefers. Nothing is told by a colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping

_LIGHT = {"ink": "#1f2328", "dim": "#57606a", "line": "#d0d7de", "soft": "#f6f8fa", "link": "#0b57d0"}
_DARK = {"ink": "#e6edf3", "dim": "#9aa4af", "line": "#3d444d", "soft": "#1c2128", "link": "#7ab7ff"}
_THEMES = {
    "ink": ("--jp-ui-font-color1", "--vscode-foreground"),
    "dim": ("--jp-ui-font-color2", "--vscode-descriptionForeground"),
    "line": ("--jp-border-color1", "--vscode-panel-border"),
    "soft": ("--jp-layout-color2", "--vscode-textCodeBlock-background"),
    "link": ("--jp-content-link-color", "--vscode-textLink-foreground"),
}

_RULES = """
.reprocheck{color:var(--rc-ink);font:13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);max-width:100%;
 overflow-wrap:anywhere;box-sizing:border-box}
.reprocheck *{box-sizing:border-box}
.reprocheck h3,.reprocheck h4{margin:0;font-size:14px;line-height:1.4;color:inherit;font-weight:600}
.reprocheck p,.reprocheck ul{margin:.3em 0}
.reprocheck ul{padding-left:1.3em}
.reprocheck code,.reprocheck pre{font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px;
 color:inherit;background:var(--rc-soft)}
.reprocheck code{padding:1px 4px;border-radius:3px}
.reprocheck pre{margin:.3em 0!important;padding:6px 8px!important;white-space:pre-wrap;
 background:var(--rc-soft)!important;border:1px solid var(--rc-line)!important;border-radius:4px}
.reprocheck pre.rc-copy{user-select:all}
.reprocheck a{color:var(--rc-link);text-decoration:underline}
.reprocheck a:focus-visible,.reprocheck summary:focus-visible{outline:2px solid var(--rc-link);outline-offset:2px}
.reprocheck .rc-head{border-left:6px solid var(--rc-mark);padding:4px 0 4px 10px;margin:4px 0 8px}
.reprocheck .rc-bad{--rc-mark:var(--jp-error-color1,#c62828)}
.reprocheck .rc-warn{--rc-mark:var(--jp-warn-color1,#b26a00)}
.reprocheck .rc-good{--rc-mark:var(--jp-success-color1,#2e7d32)}
.reprocheck .rc-note{--rc-mark:var(--rc-line)}
.reprocheck .rc-dim{color:var(--rc-dim)}
.reprocheck .rc-finding{border:1px solid var(--rc-line);border-left:4px solid var(--rc-mark);border-radius:4px;
 padding:8px 10px;margin:8px 0}
.reprocheck .rc-wide{overflow-x:auto}
.reprocheck table{border-collapse:collapse;width:100%;margin:.3em 0;font-size:12px;table-layout:auto;border:0}
.reprocheck th,.reprocheck td{text-align:left!important;vertical-align:top;padding:4px 8px;color:inherit;
 border:1px solid var(--rc-line);white-space:normal;max-width:none;overflow-wrap:anywhere}
.reprocheck tbody tr{background:transparent!important}
.reprocheck thead th{background:var(--rc-soft);font-weight:600;overflow-wrap:normal}
.reprocheck td.rc-where{min-width:10em}
.reprocheck td.rc-what{min-width:15em}
.reprocheck td.rc-value{font-family:var(--jp-code-font-family,ui-monospace,monospace);min-width:8em}
.reprocheck details{margin:.3em 0}
.reprocheck summary{cursor:pointer;color:var(--rc-dim)}
.reprocheck progress{width:12em;vertical-align:middle}
"""


def _colours(fallback: Mapping[str, str]) -> str:
    chosen = []
    for name, (jupyter, vscode) in _THEMES.items():
        chosen.append(f"--rc-{name}:var({jupyter},var({vscode},{fallback[name]}))")
    return ".reprocheck{" + ";".join(chosen) + "}"


STYLE = f"{_colours(_LIGHT)}\n@media (prefers-color-scheme:dark){{{_colours(_DARK)}}}{_RULES}"
"""The style sheet; every rule of it speaks of what lies inside of ``class="reprocheck"``."""
