"""The generated page of every rule: when it holds, what it asks for, its law, its confidence and its REVIEW mark."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from unavez_shared.protocol.explain import REVIEW, explain_rule
from unavez_shared.protocol.loader import load_pack
from unavez_shared.protocol.model import Kind, Pack, Rule


def rules_page() -> str:
    """Return docs/rules.md."""
    pack = load_pack("pe")
    filled = {
        "{version}": pack.version,
        "{valid_from}": pack.valid_from.isoformat(),
        "{count}": str(len(pack.rules)),
        "{review}": str(sum(rule.needs_review for rule in pack.rules)),
        "{referrals}": _table(_referral(pack, rule) for rule in pack.rules if rule.kind is Kind.REFERRAL),
        "{inside}": _table(_inside(pack, rule) for rule in pack.rules if rule.kind is not Kind.REFERRAL),
        "{not_routed}": _table(_not_routed(pack)),
    }
    page = files("unavez_local").joinpath("rules_page.md").read_text(encoding="utf-8")
    for place, text in filled.items():
        page = page.replace(place, text)
    return page


def _referral(pack: Pack, rule: Rule) -> tuple[str, ...]:
    explained = explain_rule(pack, rule)
    return (
        *_what(pack, rule),
        f"@{rule.jurisdiction}",
        f"{explained.basis} · {rule.due_hours} h",
        " ".join(rule.categories),
        ", ".join(_waits(rule)) or "—",
        ", ".join(f"{each.service_type} ({each.mode.value})" for each in rule.fallbacks) or "—",
        *_law(rule),
    )


def _inside(pack: Pack, rule: Rule) -> tuple[str, ...]:
    return (*_what(pack, rule), f"{rule.due_hours} h", *_law(rule))


def _what(pack: Pack, rule: Rule) -> tuple[str, str, str]:
    return (rule.id, explain_rule(pack, rule).when, " ".join(rule.services))


def _law(rule: Rule) -> tuple[str, str, str]:
    return (rule.legal_source, f"{rule.confidence} **{REVIEW}**" if rule.needs_review else rule.confidence, rule.note)


def _waits(rule: Rule) -> Iterator[str]:
    """Yield what the rule's row may wait for, in the words of `withheld_for`."""
    if rule.hold_until and rule.hold_until.task:
        yield f"`task:{rule.hold_until.task}`"
    if rule.hold_until and rule.hold_until.services:
        yield "`after:" + "|".join(rule.hold_until.services) + "`"
    yield from (f"`confirm:/facts/{fact}`" for fact in rule.guards)
    if rule.second_confirmer:
        yield "`second_confirmer`"


def _not_routed(pack: Pack) -> Iterator[tuple[str, ...]]:
    for code, reason in pack.not_routed.items():
        text = pack.services[code]
        yield (code, text.es, text.en, reason)


def _table(rows: Iterator[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
