"""A packet for paper: neutral title, no name of product, programme, agency or service, one watermark (SAFETY N17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta, timezone
from html import escape
from typing import Any

from starlette.responses import Response

from unavez_intake.api.paper_labels import label_of, value_text
from unavez_intake.use_cases.packets import OpenedPacket
from unavez_shared.privacy.coarse_time import rounded_up
from unavez_shared.protocol.vocabulary import HANDLING
from unavez_shared.web.answer import html_page

_NAME = 'inline; filename="documento.html"'
_PERU = timezone(timedelta(hours=-5))
_STYLE = """
body { font: 11pt/1.4 serif; margin: 2cm; color: #000; background: #fff; }
h1 { font-size: 14pt; } h2 { font-size: 12pt; margin-top: 1.2em; }
dt { font-weight: bold; margin-top: .6em; } dd { margin: 0 0 0 1em; white-space: pre-wrap; }
.handling { border: 2px solid #000; padding: .5em 1em; }
.en { color: #444; font-style: italic; font-weight: normal; }
.watermark { position: fixed; top: 45%; left: 0; right: 0; text-align: center; font-size: 48pt; opacity: .08;
  transform: rotate(-30deg); }
footer { margin-top: 2em; border-top: 1px solid #000; font-size: 9pt; }
"""


def sheet(opened: OpenedPacket, *, demo: bool) -> Response:
    """Return the answer that is the sheet: one HTML page that loads nothing, under a neutral name."""
    page = html_page(_render(opened, demo=demo))
    page.headers["Content-Disposition"] = _NAME
    return page


def _render(opened: OpenedPacket, *, demo: bool) -> str:
    packet, code = opened.packet, escape(opened.disclosure_code)
    return (
        '<!doctype html><html lang="es-PE"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        f'<meta name="referrer" content="no-referrer"><title>Documento</title><style>{_STYLE}</style></head><body>'
        f'<div class="watermark">{code}</div><h1>Documento</h1>'
        + ("<p><strong>DEMO: datos ficticios</strong> <span class='en'>fictional data</span></p>" if demo else "")
        + _handling(packet.handling)
        + f"<p>Referencia <span class='en'>reference</span>: {escape(packet.referral.referral_code)}</p>"
        + _fields(packet.fields)
        + _not_available(packet.not_available)
        + f"<footer>{code} · {rounded_up(opened.disclosed_at).astimezone(_PERU):%d/%m/%Y %H:%M}</footer></body></html>"
    )


def _handling(codes: Iterable[str]) -> str:
    lines = []
    for code in codes:
        known = HANDLING.get(code)
        text = f"{escape(known.es)} <span class='en'>{escape(known.en)}</span>" if known else escape(code)
        lines.append(f"<li>{text}</li>")
    return f"<div class='handling'><ul>{''.join(lines)}</ul></div>" if lines else ""


def _fields(fields: Mapping[str, Any]) -> str:
    items = [
        f"<dt>{_label(pointer)}</dt><dd>{escape(value_text(pointer, value))}</dd>" for pointer, value in fields.items()
    ]
    return f"<dl>{''.join(items)}</dl>"


def _not_available(pointers: Iterable[str]) -> str:
    items = "".join(f"<li>{_label(pointer)}</li>" for pointer in pointers)
    if not items:
        return ""
    return f"<h2>No disponible <span class='en'>not available</span></h2><ul>{items}</ul>"


def _label(pointer: str) -> str:
    es, en = label_of(pointer)
    return f"{escape(es)} <span class='en'>{escape(en)}</span>"
