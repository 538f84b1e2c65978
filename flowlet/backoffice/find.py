"""Finding: a public id leads straight to its row; other words are matched exactly, model by model, within one's permissions."""

import time
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.dataclasses import SearchResult

from flowlet.backoffice import cells, permissions

if TYPE_CHECKING:
    from flowlet.backoffice.sites import BackOffice

PER_MODEL = 5
SHORTEST = 3


def _admins(site: "BackOffice", request: HttpRequest) -> list[Any]:
    return [found for found in site._registry.values() if permissions.allows(request.user, found.permission)]


def jump(site: "BackOffice", request: HttpRequest, term: str) -> str:
    """The page of the row with this public id, or "" when it is none, is not there, or may not be seen."""
    prefix = term.rpartition("_")[0]
    if not prefix:
        return ""
    for found in _admins(site, request):
        if getattr(found.model, "PREFIX", "") == prefix:
            row = found.get_object(request, term)
            if row is not None:
                return cells.admin_url(row)
    return ""


def rows(site: "BackOffice", request: HttpRequest, term: str) -> list[tuple[str, list[tuple[str, Model]]]]:
    """What was found, by kind: at most five rows of each model that declares search fields."""
    if len(term) < SHORTEST:
        return []
    found = []
    for admin in _admins(site, request):
        if not admin.search_fields:
            continue
        queryset, _ = admin.get_search_results(request, admin.get_queryset(request), term)
        hits = [(admin.url_of(row), admin.title_of(row)) for row in queryset[:PER_MODEL]]
        if hits:
            found.append((admin.title, hits))
    return found


def palette(site: "BackOffice", request: HttpRequest) -> HttpResponse:
    """The theme's command palette: pages whose name holds the words, then rows."""
    began, term = time.perf_counter(), request.GET.get("s", "").strip()
    results = []
    if term:
        for group in site.get_sidebar_list(request):
            for item in group["items"]:
                if term.lower() in item["title"].lower():
                    results.append(
                        SearchResult(title=item["title"], description=group["title"], link=item["link"], icon=item["icon"])
                    )
        url = jump(site, request, term)
        if url:
            results.insert(0, SearchResult(title=term, description="open", link=url, icon="arrow_forward"))
        elif "extended" in request.GET:
            for kind, hits in rows(site, request, term):
                results += [SearchResult(title=title, description=kind, link=link, icon="data_object") for link, title in hits]
    template = "unfold/helpers/command_results.html" if "extended" in request.GET else "unfold/helpers/search_results.html"
    context = {"results": results, "page_obj": {"count": len(results)}, "page_counter": 0}
    context["execution_time"] = time.perf_counter() - began
    return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})
