"""What clients ask before they sign anybody in: where the tenant's addresses are, and whether this host is known."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.servers.google.wire import Answer, Request, told

Json = dict[str, Any]

TENANT = "9f8f5f0c-5b1e-4c5e-9d53-6c6c3a0f4f11"
TENANTS = frozenset({"common", "organizations", "consumers", TENANT})


def openid(tenant: str, url: str) -> Json:
    """GET /{tenant}/v2.0/.well-known/openid-configuration."""
    return {
        "token_endpoint": f"{url}/{tenant}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "jwks_uri": f"{url}/{tenant}/discovery/v2.0/keys",
        "response_modes_supported": ["query"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer(tenant, url),
        "authorization_endpoint": f"{url}/{tenant}/oauth2/v2.0/authorize",
        "tenant_region_scope": None,
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }


def issuer(tenant: str, url: str) -> str:
    return f"{url}/{'{tenantid}' if tenant in ('common', 'organizations') else TENANT}/v2.0"


def instance(request: Request, url: str) -> Answer:
    """GET /common/discovery/instance. MSAL tells the host without its port."""
    asked = urlsplit(dict(request.query).get("authorization_endpoint", ""))
    if asked.hostname != urlsplit(url).hostname:
        said = f"AADSTS50049: Unknown or invalid instance: {asked.netloc}."
        return told(400, {"error": "invalid_instance", "error_description": said, "error_codes": [50049]})
    known = urlsplit(url).netloc
    host = {"preferred_network": known, "preferred_cache": known, "aliases": [known]}
    where = f"{url}/{asked.path.split('/')[1]}/v2.0/.well-known/openid-configuration"
    return told(200, {"tenant_discovery_endpoint": where, "api-version": "1.1", "metadata": [host]})
