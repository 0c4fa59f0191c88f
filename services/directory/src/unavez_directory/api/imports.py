"""Bundles in and out, for directory editors."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_directory.api.bundle import BundleBody, bundle_document
from unavez_directory.api.resources import resources
from unavez_directory.use_cases.export_directory import ExportDirectory, export_directory
from unavez_directory.use_cases.import_directory import ImportDirectory, import_directory
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import allow
from unavez_shared.web.body import json_body, read_json
from unavez_shared.web.schema import AnswerModel

router = APIRouter(prefix="/v1", tags=["directory"])

Editor = Annotated[Actor, allow(Role.DIRECTORY_EDITOR)]


class ImportAnswer(AnswerModel):
    """What the import did."""

    organizations_created: int
    """How many were new."""
    organizations_changed: int
    """How many differed."""
    locations_created: int
    """How many were new."""
    locations_changed: int
    """How many differed."""
    services_published: int
    """How many were new."""
    services_changed: int
    """How many differed."""
    services_suspended: int
    """How many are no longer active."""
    unchanged: int
    """How many entries were as stored."""
    demo: bool


@router.post(
    "/imports", response_model=ImportAnswer, summary="Import a bundle, all or nothing", **json_body(BundleBody)
)
async def post_import(request: Request, actor: Editor) -> Response:
    """Bring entries in; those that are as stored change nothing."""
    held = resources(request)
    body = await read_json(request, BundleBody)
    command = ImportDirectory(body.to_bundle(), actor=actor)
    async with held.database.transaction() as work:
        imported = await import_directory(command, work, held.stores)
    return answer(ImportAnswer(**asdict(imported), demo=held.demo))


@router.get("/exports", response_model=dict[str, Any], summary="The public directory as a bundle")
async def get_export(request: Request, actor: Editor) -> Response:
    """Hand out what is public, to be imported again."""
    held = resources(request)
    async with held.database.transaction() as work:
        bundle = await export_directory(ExportDirectory(actor=actor), work, held.stores)
    return answer(bundle_document(bundle))
