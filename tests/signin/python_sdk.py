"""The Python SDK: python python_sdk.py dcr | cimd legacy | auto"""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from story import CLAUDE_CODE, ORIGIN, PROTOCOL, URL_OF_OSIER, check, list_and_read, open_in_browser


class Memory(TokenStorage):
    tokens = None
    client = None
    registered = 0

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info
        self.registered += 1


class Listener:
    """The loopback address that the browser is sent back to."""

    async def start(self) -> int:
        self.answer = asyncio.get_running_loop().create_future()
        self.server = await asyncio.start_server(self.take, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def take(self, reader, writer) -> None:
        target = (await reader.readline()).split()[1].decode()
        while (await reader.readline()).strip():
            pass
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nSigned in.")
        await writer.drain()
        writer.close()
        if target.startswith("/callback") and not self.answer.done():
            self.answer.set_result(parse_qs(urlsplit(target).query))


async def main(by: str, mode: str) -> None:
    listener = Listener()
    port = await listener.start()
    host = "localhost" if by == "cimd" else "127.0.0.1"
    memory = Memory()
    opened = 0

    async def redirect(url: str) -> None:
        nonlocal opened
        opened += 1
        open_in_browser(url)

    async def callback() -> AuthorizationCodeResult:
        answer = await listener.answer
        check("error" not in answer, answer)
        check(answer["iss"] == [ORIGIN], answer)
        return AuthorizationCodeResult(
            code=answer["code"][0], state=answer["state"][0], iss=answer["iss"][0]
        )

    def provider() -> OAuthClientProvider:
        return OAuthClientProvider(
            server_url=URL_OF_OSIER,
            client_metadata=OAuthClientMetadata(
                client_name="osier-signin-python",
                redirect_uris=[f"http://{host}:{port}/callback"],
                grant_types=["authorization_code", "refresh_token"],
                response_types=["code"],
                token_endpoint_auth_method="none",
            ),
            storage=memory,
            redirect_handler=redirect,
            callback_handler=callback,
            client_metadata_url=CLAUDE_CODE if by == "cimd" else None,
        )

    async def connect(auth: OAuthClientProvider, then) -> None:
        async with httpx2.AsyncClient(auth=auth, timeout=httpx2.Timeout(30, read=60)) as http:
            transport = streamable_http_client(URL_OF_OSIER, http_client=http)
            async with Client(transport, mode=mode) as client:
                await then(client)

    expected = PROTOCOL[mode]
    tools = 0

    async def read(client) -> None:
        nonlocal tools
        tools = await list_and_read(client, expected, (await client.list_tools()).tools)

    async def read_and_refresh(client) -> None:
        await read(client)
        before = memory.tokens
        auth.context.token_expiry_time = 1  # the SDK's own clock: the token has run out
        await read(client)
        check(memory.tokens.access_token != before.access_token, "no new access token")
        check(memory.tokens.refresh_token != before.refresh_token, "no new refresh token")

    auth = provider()
    await connect(auth, read_and_refresh)
    check((memory.client.client_id == CLAUDE_CODE) == (by == "cimd"), memory.client.client_id)
    await connect(provider(), read)
    check(opened == 1, "the browser was opened again")
    check(memory.registered == 1, "the client registered again")
    told = {"client": f"python sdk, {mode}", "by": by, "protocol": expected, "tools": tools}
    print(json.dumps(told | {"refreshed": True, "reconnected": True}))
    listener.server.close()


asyncio.run(main(*sys.argv[1:]))
