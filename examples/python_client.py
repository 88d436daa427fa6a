#!/usr/bin/env python3
"""Talks to chimera-mcp over stdio with nothing but the standard library.

    python3 examples/python_client.py [path of chimera-mcp]
"""
import json
import subprocess
import sys
from datetime import datetime, timezone


class Client:
    """A chimera-mcp process of our own: one JSON-RPC message a line, to it and back."""

    def __init__(self, executable="build/release/chimera-mcp"):
        self.process = subprocess.Popen([executable, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        encoding="utf-8")
        self.last_id = 0
        self.server = self.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                                  "clientInfo": {"name": "python", "version": "1"}})
        self.send({"method": "notifications/initialized"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}, allow_nan=False) + "\n")
        self.process.stdin.flush()

    def request(self, method, params=None):
        self.last_id += 1
        self.send({"id": self.last_id, "method": method, "params": params or {}})
        for line in self.process.stdout:
            reply = json.loads(line)
            if reply.get("id") != self.last_id:
                continue
            if "error" in reply:
                raise RuntimeError(reply["error"]["message"])
            return reply["result"]
        raise RuntimeError("chimera-mcp has gone; its last words are on stderr")

    def call(self, tool, **arguments):
        """The tool's structured answer. What the server says when it refuses is a RuntimeError."""
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            raise RuntimeError(result["content"][0]["text"])
        return result["structuredContent"]


def main():
    with Client(*sys.argv[1:2]) as client:
        print("Tools:", ", ".join(tool["name"] for tool in client.request("tools/list")["tools"]))

        client.call("insert.episodes", data={
            "ts": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "run_id": "b701af3b-1e66-4a17-8122-59ce95d53e19",
            "series": "banterpacks",
            "episode_num": 1,
            "title": "Performance Optimization Insights",
            "confidence_score": 0.85,
            "correlation_strength": 0.72,
            "tokens_total": 344,
            "cost_total": 0.010335,
            "status": "draft",
            "file_path": "../Banterblogs/posts/banterpacks/ep-001.md",
            "commit_sha": "a16e4c8f2e3c6cd829ace8706a84cf25283897e5",
        })
        newest = client.call("query", sql="SELECT title, status FROM episodes WHERE series = {series:String} "
                                          "ORDER BY ts DESC LIMIT 1", params={"series": "banterpacks"})
        print("Newest episode:", newest["rows"][0])

        correlation_data = client.call("get.correlation_data", days=7)
        print(f"Correlation strength: {correlation_data['correlation']}")
        print(f"Hearts rows: {correlation_data['hearts_rows']}")
        print(f"Packs rows: {correlation_data['packs_rows']}")


if __name__ == "__main__":
    main()
