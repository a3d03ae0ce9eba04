"""The endpoints of custom providers and their data sources, but those that push; nothing is decided here.

Paths, methods and bodies are those of oaaclient 1.2.0 and Veza's page "OAA Operations".
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from veza_emulator.http.json_http import JsonResponse
from veza_emulator.http.request_fields import body_fields, note_findings, parameter_fields
from veza_emulator.oaa.providers import read_data_source, read_icon, read_provider, read_provisioning
from veza_emulator.oaa.pushed_data import decoded
from veza_emulator.oaa.templates import Template
from veza_emulator.tenant.listing import page_of_list, read_list_request
from veza_emulator.tenant.tenant import Tenant


class ProviderEndpoints:
    """The custom providers of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._custom = tenant.custom_providers

    def routes(self) -> list[Route]:
        """Return the routes, relative to the providers path; an id takes what no verb takes."""
        provider = "/custom/{provider_id}"
        return [
            Route("/custom", self.list_all, methods=["GET"]),
            Route("/custom", self.create, methods=["POST"]),
            Route("/custom/templates", self.list_templates, methods=["GET"]),
            Route(f"{provider}:icon", self.set_icon, methods=["POST"]),
            Route(provider, self.get, methods=["GET"]),
            Route(provider, self.change, methods=["PATCH"]),
            Route(provider, self.delete, methods=["DELETE"]),
            Route(f"{provider}/datasources", self.list_data_sources, methods=["GET"]),
            Route(f"{provider}/datasources", self.create_data_source, methods=["POST"]),
            Route(f"{provider}/datasources/{{data_source_id}}", self.get_data_source, methods=["GET"]),
            Route(f"{provider}/datasources/{{data_source_id}}", self.delete_data_source, methods=["DELETE"]),
        ]

    async def list_templates(self, _request: Request) -> Response:
        """Answer the templates that this tenant models; the shape of a template is inferred."""
        values = [{"name": template} for template in Template]
        return JsonResponse({"values": values, "next_page_token": "", "has_more": False})

    async def list_all(self, request: Request) -> Response:
        """Answer a page of the providers."""
        parameters = parameter_fields(request)
        wanted = read_list_request(parameters)
        parameters.ignore_rest()
        note_findings(request, parameters.findings)
        return JsonResponse(page_of_list(self._custom.providers.all(), "providers", wanted))

    async def create(self, request: Request) -> Response:
        """Register a provider."""
        body = await body_fields(request)
        provider = read_provider(body)
        note_findings(request, body.findings)
        return JsonResponse({"value": self._custom.create(provider).render()})

    async def get(self, request: Request) -> Response:
        """Answer one provider."""
        return JsonResponse({"value": self._custom.providers.get(request.path_params["provider_id"]).render()})

    async def change(self, request: Request) -> Response:
        """Make a provider a system of record, or make it none."""
        body = await body_fields(request)
        provisioning = read_provisioning(body)
        note_findings(request, body.findings)
        provider = self._custom.change(request.path_params["provider_id"], provisioning=provisioning)
        return JsonResponse({"value": provider.render()})

    async def set_icon(self, request: Request) -> Response:
        """Keep the icon of a provider."""
        body = await body_fields(request)
        icon = read_icon(body)
        note_findings(request, body.findings)
        decoded(icon, "icon_base64")
        self._custom.change(request.path_params["provider_id"], icon_base64=icon)
        return JsonResponse({})

    async def delete(self, request: Request) -> Response:
        """Forget a provider with everything pushed; here at once, where Veza does it in the background."""
        await run_in_threadpool(self._custom.delete, request.path_params["provider_id"])
        return JsonResponse({})

    async def list_data_sources(self, request: Request) -> Response:
        """Answer a page of the data sources of a provider."""
        provider_id = request.path_params["provider_id"]
        data_sources = self._custom.data_sources(provider_id)
        parameters = parameter_fields(request)
        wanted = read_list_request(parameters)
        parameters.ignore_rest()
        note_findings(request, parameters.findings)
        return JsonResponse(page_of_list(data_sources.all(), f"datasources {provider_id}", wanted))

    async def create_data_source(self, request: Request) -> Response:
        """Register a data source of a provider."""
        data_sources = self._custom.data_sources(request.path_params["provider_id"])
        body = await body_fields(request)
        data_source = read_data_source(body)
        note_findings(request, body.findings)
        return JsonResponse({"value": data_sources.put(data_source).render()})

    async def get_data_source(self, request: Request) -> Response:
        """Answer one data source."""
        data_sources = self._custom.data_sources(request.path_params["provider_id"])
        return JsonResponse({"value": data_sources.get(request.path_params["data_source_id"]).render()})

    async def delete_data_source(self, request: Request) -> Response:
        """Forget a data source and what was pushed to it."""
        await run_in_threadpool(self._custom.delete_data_source, *_ids(request))
        return JsonResponse({})


def _ids(request: Request) -> tuple[str, str]:
    return request.path_params["provider_id"], request.path_params["data_source_id"]
