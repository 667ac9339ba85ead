"""The Python SDK: python python_sdk.py legacy | auto"""

import asyncio
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult

from story import PROTOCOL, TOKEN, URL_OF_OSIER, Person, tell


async def main(mode: str) -> None:
    person = Person()

    async def answer(_context, params):
        return ElicitResult(**person.answer(params))

    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(30, read=60)) as http:
        transport = streamable_http_client(URL_OF_OSIER, http_client=http)
        async with Client(transport, mode=mode, elicitation_callback=answer) as client:
            await tell(
                client=f"python sdk, {mode}",
                expected=PROTOCOL[mode],
                negotiated=client.protocol_version,
                person=person,
                tools=(await client.list_tools()).tools,
                call_tool=client.call_tool,
            )


asyncio.run(main(sys.argv[1]))
