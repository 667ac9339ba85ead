"""What every Python client does here, signed in as ben: list, read, and create a ticket after a yes;
a second one is declined and must leave nothing behind."""

import json
import os
import uuid
from typing import Any, Awaitable, Callable

URL_OF_OSIER = os.environ["OSIER_URL"]
TOKEN = os.environ["OSIER_TOKEN"]
PROTOCOL = {"legacy": "2025-11-25", "auto": "2026-07-28"}

BENS_SITES = ["12H", "60M", "8KP"]
WORKS_AT = "60M"


class Person:
    """Answers the questions of the server, and remembers them."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.says: dict[str, Any] = {"action": "accept", "content": {"confirm": True}}

    def answer(self, params: Any) -> dict[str, Any]:
        self.asked.append(params)
        return self.says


def check(holds: bool, otherwise: object) -> None:
    if not holds:
        raise AssertionError(otherwise)


async def tell(
    *,
    client: str,
    expected: str,
    negotiated: str | None,
    person: Person,
    tools: list[Any],
    call_tool: Callable[[str, dict[str, Any]], Awaitable[Any]],
) -> None:
    check(negotiated == expected, f"the protocol version is {negotiated}")
    names = [tool.name for tool in tools]
    for name in ["list_sites", "list_tickets", "get_ticket", "create_ticket"]:
        check(name in names, f"{name} is not in {names}")

    async def read(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await call_tool(name, arguments)
        check(not result.is_error, f"{name}: {result.content}")
        check(json.loads(result.content[0].text) == result.structured_content, f"{name}: text")
        return result.structured_content

    sites = (await read("list_sites", {}))["items"]
    check(sorted(site["code"] for site in sites) == BENS_SITES, sites)
    tickets = (await read("list_tickets", {}))["items"]
    check(bool(tickets), "no tickets")
    ids = {site["id"] for site in sites}
    check({ticket["siteId"] for ticket in tickets} <= ids, "a ticket of another site")
    check(not person.asked, "a read asks nothing")

    site_id = next(site["id"] for site in sites if site["code"] == WORKS_AT)

    def ticket(summary: str) -> dict[str, Any]:
        description = "Noticed on the round."
        return {"siteId": site_id, "summary": summary, "description": description, "priority": 3}

    summary = f"Door sticks {uuid.uuid4()}"
    created = (await read("create_ticket", ticket(summary)))["item"]
    check(created["summary"] == summary, created)
    check(created["siteId"] == site_id, created)
    check(len(person.asked) == 1, "a write asks once")
    question = person.asked[0]
    check(question.requested_schema["required"] == ["confirm"], question)
    check(question.requested_schema["properties"]["confirm"]["type"] == "boolean", question)
    check(summary in question.message, f"the question doesn't show the summary: {question}")
    found = (await read("get_ticket", {"ticketId": created["id"]}))["item"]
    check(found["summary"] == summary, found)

    person.says = {"action": "decline"}
    unwanted = f"Never to be {uuid.uuid4()}"
    declined = await call_tool("create_ticket", ticket(unwanted))
    check(declined.is_error, "a declined write is an error result")
    check(len(person.asked) == 2, "a declined write asks once")
    check((await read("list_tickets", {"q": unwanted}))["items"] == [], "a declined ticket")

    told = {
        "client": client,
        "protocol": negotiated,
        "tools": len(tools),
        "sites": len(sites),
        "tickets": len(tickets),
        "created": created["sequenceNumber"],
        "asked": len(person.asked),
    }
    print(json.dumps(told))
