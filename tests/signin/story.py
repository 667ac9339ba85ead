"""What every Python client does here as ben: lists and reads. And what both need: Claude Code's id, and
the browser."""

import os
import urllib.request
from typing import Any
from urllib.parse import urlsplit

URL_OF_OSIER = os.environ["OSIER_URL"]
ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(URL_OF_OSIER))
CLAUDE_CODE = "https://claude.ai/oauth/claude-code-client-metadata"
PROTOCOL = {"legacy": "2025-11-25", "auto": "2026-07-28"}
BENS_SITES = ["12H", "60M", "8KP"]


def check(holds: bool, otherwise: object) -> None:
    if not holds:
        raise AssertionError(otherwise)


def open_in_browser(url: str) -> None:
    request = urllib.request.Request(os.environ["OPEN_AT"], data=url.encode(), method="POST")
    urllib.request.urlopen(request, timeout=10).close()


async def list_and_read(client: Any, expected: str, tools: list[Any]) -> int:
    check(client.protocol_version == expected, f"the protocol version is {client.protocol_version}")
    check("list_sites" in [tool.name for tool in tools], "list_sites is missing")
    call = getattr(client, "call_tool_mcp", client.call_tool)
    result = await call("list_sites", {})
    check(not result.is_error, result.content)
    sites = sorted(site["code"] for site in result.structured_content["items"])
    check(sites == BENS_SITES, sites)
    return len(tools)
