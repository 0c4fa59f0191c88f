"""`unavez protocol`: check, explain and compare rule packs, each rule with law, confidence and review mark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from unavez_local.options import warn_of_password
from unavez_local.texts import out
from unavez_shared.protocol.explain import Explanation, diff, explain
from unavez_shared.protocol.loader import find_pack

app = typer.Typer(no_args_is_help=True, help="Reglas del protocolo / protocol rules.")

_PackOption = Annotated[str, typer.Option(help="Paquete de reglas o carpeta / rule pack or folder.")]
_SAME_EVERYWHERE = "Las reglas viajan con el programa: aquí nada cambia / rules travel with the program: no effect."
_DataDir = Annotated[Path | None, typer.Option("--data-dir", help=_SAME_EVERYWHERE)]
_DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", envvar="UNAVEZ_DATABASE_URL", callback=warn_of_password, help=_SAME_EVERYWHERE),
]


@app.command()
def check(pack: _PackOption = "pe", _data_dir: _DataDir = None, _database_url: _DatabaseUrl = None) -> None:
    """Valida el paquete: hechos, códigos, categorías, deberes suprimidos / validate the pack."""
    loaded = find_pack(pack)
    review = sum(rule.needs_review for rule in loaded.rules)
    out.print(f"[green]✓[/green] {loaded.version}: {len(loaded.rules)} reglas / rules, {review} REVIEW")


@app.command("explain")
def explain_rule(
    rule: Annotated[str | None, typer.Argument(help="Una regla, como M1; nada = todas / one rule; none = all.")] = None,
    pack: _PackOption = "pe",
    _data_dir: _DataDir = None,
    _database_url: _DatabaseUrl = None,
) -> None:
    """Dice cuándo vale cada regla, con su ley, su confianza y la marca REVIEW / when each rule holds, and why."""
    rules = [each for each in explain(find_pack(pack)) if rule in (None, each.rule_id)]
    if not rules:
        raise typer.BadParameter("no existe esa regla / no such rule")
    for each in rules:
        out.print(_table(each))


@app.command("diff")
def diff_packs(before: str, after: str, _data_dir: _DataDir = None, _database_url: _DatabaseUrl = None) -> None:
    """Compara dos paquetes regla por regla / compare two packs rule by rule."""
    for change in diff(find_pack(before), find_pack(after)):
        out.print(f"{change.kind}: {change.rule_id} {', '.join(change.parts)}")


def _table(rule: Explanation) -> Table:
    table = Table(title=rule.rule_id, title_justify="left", show_header=False, box=None, padding=(0, 2))
    table.add_row("cuándo / when", rule.when)
    gives = ", ".join(rule.gives)
    table.add_row("entonces / then", f"{gives} @{rule.jurisdiction} · {rule.basis} · {rule.due_hours} h")
    table.add_row("ve / sees", ", ".join(rule.categories) or "—")
    table.add_row("si no hay / else", ", ".join(rule.fallbacks) or "necesidad no atendida / unmet")
    table.add_row("ley / law", rule.legal_source)
    table.add_row("confianza / confidence", f"{rule.confidence} {rule.mark}".strip())
    if rule.note:
        table.add_row("nota / note", rule.note)
    return table
