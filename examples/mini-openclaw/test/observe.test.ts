import { expect, test } from "vitest";
import { toPart } from "../src/log/observe.ts";

const status = { name: "files", tools: 2, faults: [] } as const;

test.each([
  [{ ...status, state: "connected" }, "ok", "2 tools"],
  [{ ...status, state: "connecting", tools: 1 }, "starting", "1 tool"],
  [{ ...status, state: "failed", tools: 0, error: "exit 1" }, "failed", "0 tools\nexit 1"],
  [{ ...status, state: "closed", faults: ["a: no schema"] }, "failed", "2 tools\na: no schema"],
] as const)("%o is %s for people", (server, state, detail) => {
  expect(toPart(server)).toEqual({ name: "MCP server files", state, detail });
});
