"""A code host with two projects, of which one has two repositories, as a connector of Veza's SDK pushes it."""

from __future__ import annotations

from oaaclient.client import OAAClient
from oaaclient.templates import CustomApplication, OAAPermission


def codehost() -> CustomApplication:
    app = CustomApplication("Code", application_type="Codehost", description="where the code is")
    app.add_custom_permission("Read", [OAAPermission.DataRead])
    app.add_custom_permission("Write", [OAAPermission.DataWrite, OAAPermission.DataRead])
    app.add_custom_permission(
        "Admin", [OAAPermission.MetadataWrite, OAAPermission.NonData], apply_to_sub_resources=True
    )
    payments = app.add_resource("payments", resource_type="Project")
    app.add_resource("website", resource_type="Project")
    payments.add_sub_resource("api", resource_type="Repo")
    payments.add_sub_resource("ledger", resource_type="Repo")
    return app


def push(sdk: OAAClient, app: CustomApplication) -> list[str]:
    """Push the application and return the warnings."""
    answer = sdk.push_application("Code", "Code - main", app, create_provider=True)
    return [warning["message"] for warning in answer["warnings"]]
