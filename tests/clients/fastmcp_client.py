"""FastMCP: python fastmcp_client.py legacy | auto"""

import asyncio
import sys

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult

from story import PROTOCOL, TOKEN, URL_OF_OSIER, Person, tell


async def main(mode: str) -> None:
    person = Person()

    async def answer(_message, _response_type, params, _context):
        return ElicitResult(**person.answer(params))

    async with Client(
        URL_OF_OSIER, auth=TOKEN, mode=mode, elicitation_handler=answer, timeout=60
    ) as client:
        await tell(
            client=f"fastmcp, {mode}",
            expected=PROTOCOL[mode],
            negotiated=client.protocol_version,
            person=person,
            tools=await client.list_tools(),
            call_tool=client.call_tool_mcp,
        )


asyncio.run(main(sys.argv[1]))
