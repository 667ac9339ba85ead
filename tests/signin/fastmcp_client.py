"""FastMCP: python fastmcp_client.py dcr | cimd legacy | auto

Its OAuth client listens, registers and opens the browser (BROWSER) by itself."""

import asyncio
import json
import sys
import warnings

from fastmcp import Client
from fastmcp.client.auth import OAuth
from key_value.aio.stores.memory import MemoryStore

from story import CLAUDE_CODE, PROTOCOL, URL_OF_OSIER, check, list_and_read


async def main(by: str, mode: str) -> None:
    store = MemoryStore()
    expected = PROTOCOL[mode]

    async def connect() -> tuple[int, OAuth]:
        auth = OAuth(
            URL_OF_OSIER,
            client_name="osier-signin-fastmcp",
            token_storage=store,
            client_metadata_url=CLAUDE_CODE if by == "cimd" else None,
        )
        async with Client(URL_OF_OSIER, auth=auth, mode=mode, timeout=60) as client:
            return await list_and_read(client, expected, await client.list_tools()), auth

    _, auth = await connect()
    kept = auth.token_storage_adapter
    first = await kept.get_tokens()
    client_id = (await kept.get_client_info()).client_id
    check((client_id == CLAUDE_CODE) == (by == "cimd"), client_id)

    await connect()
    check((await kept.get_tokens()).access_token == first.access_token, "reconnected by a new token")

    # The token has run out, by FastMCP's own note of it.
    await store.put(
        key=f"{URL_OF_OSIER}/token_expiry",
        value={"expires_at": 1},
        collection="mcp-oauth-token-expiry",
    )
    tools, _ = await connect()
    second = await kept.get_tokens()
    check(second.access_token != first.access_token, "no new access token")
    check(second.refresh_token != first.refresh_token, "no new refresh token")
    check((await kept.get_client_info()).client_id == client_id, "the client registered again")
    told = {"client": f"fastmcp, {mode}", "by": by, "protocol": expected, "tools": tools}
    print(json.dumps(told | {"refreshed": True, "reconnected": True}))


warnings.filterwarnings("ignore", message="Using in-memory token storage")
asyncio.run(main(*sys.argv[1:]))
