"""A comparison as one page that needs nothing else: no script, no font, no picture from outside."""

import base64
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

from optimizer.evaluate.peers import notes
from optimizer.evaluate.report.comparison import SYNTHETIC, Compared
from optimizer.evaluate.report.pictures import figures, svg
from optimizer.evaluate.report.tables import Table, tables
from optimizer.evaluate.report.tiles import Tile, tiles
from optimizer.evaluate.report.words import OURS, label
from optimizer.simulate.scenarios import load_scenario

STYLE: Final = Path(__file__).with_name("page.css")
CAPTIONS: Final = {
    "learning": "True relief at the settings each policy recommends after a trial, over what the best tolerable settings of"
    " that patient relieve. Bands, and bars at the end of lines without one: bootstrap 95 % over patients. The first trial is the start, the same for everyone.",
    "tradeoff": "Up is more relief at the end of the search, left is fewer trials in which the patient truly felt too much."
    " Bars: 95 % over patients.",
    "exposures": "Trials per patient above the tolerability limit, and at a severe grade, counted on the true expected grade"
    " and not on what a patient happened to report. Bars: 95 % over patients.",
    "calibration": "Each rating against the distribution that was predicted for it before it was given. Left: flat where"
    " predictions hold, a hump where they are too wide, horns where they are too narrow. Right: how many ratings the central"
    " 50 % and 90 % interval caught.",
    "latency": "One thread, beside whatever else the machine did: the times are too long rather than too short.",
}


def page(found: Compared) -> str:
    """Return the page as HTML.

    Args:
        found: What was compared.

    Returns:
        One document; figures are SVG inside it.
    """
    title = f"{found.scenario}: {found.cohort}, {found.n_trials} trials"
    body = "\n".join(
        [
            *_head(found, title),
            *(_figure(name, svg(figure)) for name, figure in figures(found).items()),
            *(_section(table) for table in tables(found.traces, found.summaries)),
            *_setups(found),
            *_foot(found),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _head(found: Compared, title: str) -> Iterator[str]:
    subject = load_scenario(found.scenario).title
    yield f'<header><h1>{escape(title)}</h1><p class="lead">{escape(subject)}. {escape(SYNTHETIC)}</p></header>'
    if found.too_few:
        yield f'<p class="warn">{escape(found.too_few)}</p>'
    yield f'<div class="tiles">{"".join(map(_tile, tiles(found)))}</div>'


def _tile(tile: Tile) -> str:
    return (
        f'<div class="tile"><b>{escape(tile.value)}</b><small>{escape(tile.interval) or "&nbsp;"}</small>'
        f"<span>{escape(tile.says)}</span></div>"
    )


def _figure(name: str, drawn: bytes) -> str:
    data = base64.b64encode(drawn).decode("ascii")
    caption = escape(CAPTIONS[name])
    return (
        f'<figure id="{name}"><img alt="{caption}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _section(table: Table) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    rows = "".join(
        f"<tr{_mark(row[0])}>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>\n"
        for row in table.rows
    )
    return (
        f"<section><h2>{escape(table.heading)}</h2><p>{escape(table.says)}</p>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div></section>'
    )


def _mark(name: str) -> str:
    return ' class="ours"' if name == label(OURS) else ""


def _cell(cell: str) -> str:
    """Return a cell; an interval goes below its value."""
    value, bracket, interval = cell.partition(" (")
    if not bracket or " to " not in interval:
        return escape(cell)
    plain = value.strip("*")
    shown = escape(plain) if plain == value else f"<b>{escape(plain)}</b>"
    return f"{shown}<i>{escape(interval.removesuffix(')'))}</i>"


def _setups(found: Compared) -> Iterator[str]:
    """Say how each peer was set up and what it cannot express."""
    told = notes(summary.policy for summary in found.summaries)
    if not told:
        return
    yield "<section><h2>How the peers were set up</h2><dl>"
    for name, note in told.items():
        yield f"<dt>{escape(label(name))}</dt><dd>{escape(note)}</dd>"
    yield "</dl></section>"


def _foot(found: Compared) -> Iterator[str]:
    yield (
        f"<footer><p><code>{escape(found.command)}</code></p><p>{escape(found.origin)} Every policy met the same patients"
        " with the same luck, under one protocol. Intervals: percentile bootstrap over patients; one without width is"
        " left out (what was met in none of n patients has a true share below 3 / n, with 95 % confidence). Every trial is in"
        f" <code>{escape(found.stem)}.parquet</code>.</p><p>Titrate is research software and not a medical device.</p></footer>"
    )
