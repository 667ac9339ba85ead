"""Makes some calls, and then asks a Prometheus each query of deploy/grafana: each must return a series.

    queries.py MCP_URL PROMETHEUS_URL METRICS_URL

Of an alert the left side of its comparison is asked: in health the comparison returns nothing. A
counter of what seldom happens exists from the start at zero, so that its query returns a series too.
"""

import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

MCP, PROMETHEUS, METRICS = sys.argv[1:4]
VERSION = "2026-07-28"
TICKET = {"siteId": None, "summary": "Tap drips", "description": "x", "priority": 4}


def post(token, name, arguments, **more):
    meta = {
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": {"name": "queries", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    }
    params = {"name": name, "arguments": arguments, "_meta": meta, **more}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": VERSION,
        "mcp-method": "tools/call",
        "mcp-name": name,
    }
    request = urllib.request.Request(MCP, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
    except urllib.error.HTTPError as error:
        text = error.read().decode()
    data = [line[5:] for line in text.splitlines() if line.startswith("data:")]
    return json.loads(data[-1] if data else text)


def calls():
    """Reads, a write with its question and its yes, a refusal of each kind, and a bad token."""
    ben, chloe = os.environ["BEN"], os.environ["CHLOE"]
    sites = post(ben, "list_sites", {})["result"]["structuredContent"]["items"]
    for _ in range(5):
        post(ben, "list_sites", {})
    for site in sites:
        made = {**TICKET, "siteId": site["id"]}
        asked = post(ben, "create_ticket", made).get("result", {})
        if "requestState" in asked:
            key = next(iter(asked["inputRequests"]))
            answer = {key: {"action": "accept", "content": {"confirm": True}}}
            post(ben, "create_ticket", made, inputResponses=answer, requestState=asked["requestState"])
    post(chloe, "create_ticket", {**TICKET, "siteId": sites[0]["id"]})
    post(ben, "list_sites", {"nobody": 1})
    request = urllib.request.Request(MCP, b"{}", {"authorization": "Bearer x"})
    try:
        urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        assert error.code == 401, error


def ask(query):
    url = f"{PROMETHEUS}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        sys.exit(f"{query}: {error.read().decode()}")


def of_dashboard():
    with open("deploy/grafana/osier.json", encoding="utf-8") as file:
        dashboard = json.load(file)
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"].replace("$__rate_interval", "1m").replace("$job", ".+")
            yield f"panel {panel['title']}", query


def of_alerts():
    """The left side of each rule's comparison; the files need no YAML reader for that."""
    with open("deploy/grafana/alerts.yaml", encoding="utf-8") as file:
        text = file.read()
    for rule in text.split("- alert: ")[1:]:
        name = rule.split("\n", 1)[0].strip()
        expr = re.search(r"expr: (\|\n(?:\s{10,}.*\n)+|.*\n)", rule)[1]
        expr = " ".join(expr.removeprefix("|").split())
        left, compared, _ = re.split(r" (==|>|<) (?=[0-9.* ]+$)", expr)
        assert compared, name
        # A share of what didn't happen is not a number and a series nonetheless.
        yield f"alert {name}", left


def main():
    calls()
    deadline = time.monotonic() + 30
    while not ask('rate(osier_calls_total{osier_status="ok"}[1m]) >= 0'):
        assert time.monotonic() < deadline, "Prometheus has nothing of Osier's"
        time.sleep(0.5)
        calls()
    queries = [*of_dashboard(), *of_alerts()]
    # Some want two scrapes of a series that came late.
    silent = queries
    while silent and time.monotonic() < deadline:
        time.sleep(1)
        silent = [(what, query) for what, query in silent if not ask(query)]
    for what, query in silent:
        print(f"no series: {what}: {query}")
    with urllib.request.urlopen(METRICS, timeout=10) as answer:
        series = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    print(f"{len(queries) - len(silent)} of {len(queries)} queries return a series; {len(series)} series scraped")
    assert len(queries) > 40, "too few queries were found"
    sys.exit(bool(silent))


main()
