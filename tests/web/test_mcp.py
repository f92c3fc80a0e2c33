"""The MCP server, by the official client: over streamable HTTP, and over the standard streams of the program."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client

from rag.config import Config

ROOT = Path(__file__).parents[2]
WHY = "Why is xAI absent from Stargate?"
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}")
    for kind in ("DeprecationWarning", "ResourceWarning", "pytest.PytestUnraisableExceptionWarning")
]


async def _use(session: Any) -> None:
    """Call every tool once, and each wrongly."""
    tools = (await session.list_tools()).tools
    assert {tool.name for tool in tools} == {"ask", "search", "read", "verify"}
    assert all(tool.description and tool.annotations.read_only_hint for tool in tools)
    answer = (await session.call_tool("ask", {"question": WHY})).structured_content
    assert answer["status"] == "answered" and answer["citations"]
    first = answer["citations"][0]
    article = (await session.call_tool("read", {"article_id": first["article_id"]})).structured_content
    assert article["text"][first["start"] : first["end"]] == first["quote"]
    found = (await session.call_tool("search", {"question": WHY, "k": 3})).structured_content
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3]
    verdict = await session.call_tool("verify", {"claim": "It rained.", "source": "It rained all day in Orrismouth."})
    assert verdict.structured_content["verdict"] == "supported"
    for tool, values in [
        ("ask", {"question": ""}),
        ("ask", {"question": WHY, "outlets": ["The Nonesuch"]}),
        ("ask", {"question": WHY, "date_from": "soon"}),
        ("search", {"question": WHY, "k": 0}),
        ("read", {"article_id": "../../etc/passwd"}),
        ("verify", {"claim": "It rained."}),
    ]:
        refused = await session.call_tool(tool, values)
        assert refused.is_error and refused.content[0].text and "Traceback" not in refused.content[0].text


def test_over_http(server: Any) -> None:
    async def main() -> None:
        async with Client(f"{server.address}/mcp") as client:
            await _use(client)

    asyncio.run(main())


def test_a_page_of_another_site_can_not_use_it(server: Any) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers, status in (({"Origin": "http://evil.example"}, 403), ({"Host": "evil.example"}, 421)):
        assert httpx.post(f"{server.address}/mcp", json=body, headers=headers).status_code == status


def test_a_token_is_asked_for_where_one_is_set(served: Any) -> None:
    with served(tokens=("a-token-of-the-news-desk",)) as locked:
        assert httpx.post(f"{locked.address}/mcp", json={}).status_code == 401


def test_over_the_standard_streams(starter: Config) -> None:
    async def main() -> None:
        program = StdioServerParameters(
            command=sys.executable, args=["-m", "cli", "mcp", "--data", str(starter.data)], cwd=ROOT
        )
        async with stdio_client(program) as streams, ClientSession(*streams) as session:
            await session.initialize()
            await _use(session)

    asyncio.run(main())
