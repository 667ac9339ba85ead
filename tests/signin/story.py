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
READS = {"sites": "list_sites", "permissions": "get_my_permissions"}[os.environ["OSIER_READS"]]
BENS_SITES = ["12H", "60M", "8KP"]
BEN = "3f3e4e1c-c46a-5bdf-9552-816213ce8f7e"


def check(holds: bool, otherwise: object) -> None:
    if not holds:
        raise AssertionError(otherwise)


def open_in_browser(url: str) -> None:
    request = urllib.request.Request(os.environ["OPEN_AT"], data=url.encode(), method="POST")
    urllib.request.urlopen(request, timeout=10).close()


async def list_and_read(client: Any, expected: str, tools: list[Any]) -> int:
    check(client.protocol_version == expected, f"the protocol version is {client.protocol_version}")
    check(READS in [tool.name for tool in tools], f"{READS} is missing")
    call = getattr(client, "call_tool_mcp", client.call_tool)
    result = await call(READS, {})
    check(not result.is_error, result.content)
    if READS == "list_sites":
        sites = sorted(site["code"] for site in result.structured_content["items"])
        check(sites == BENS_SITES, sites)
    else:
        check(result.structured_content["item"]["id"] == BEN, result.structured_content)
    return len(tools)
