import { expect, test } from "vitest";
import { AgentRuntime, createTodoTool } from "../../src/index.ts";
import { calls, createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { callTool } from "./call-tool.ts";

const items = [
  { text: "Read the\ncode", state: "done" },
  { text: "Write a test", state: "active" },
  { text: "Land", state: "open" },
];
const list = "[x] Read the code\n[>] Write a test\n[ ] Land";

test("the list is the result of the call", async () => {
  expect(await callTool(createTodoTool(), { items })).toEqual({ output: list, isError: false });
});

test.each([
  ["an unknown state", [{ text: "a", state: "later" }]],
  ["an empty text", [{ text: "", state: "open" }]],
  ["too many items", Array.from({ length: 51 }, () => ({ text: "a", state: "open" }))],
])("%s is refused", async (_, bad) => {
  expect((await callTool(createTodoTool(), { items: bad })).isError).toBe(true);
});

test("the next run of the session has the list in its prompt, until all is done", async () => {
  const done = items.map((item) => ({ ...item, state: "done" }));
  const provider = createScriptedProvider([
    [calls("todo", { items })],
    [says("begun")],
    [calls("todo", { items: done })],
    [says("done")],
    [says("other")],
    [says("after")],
  ]);
  const agent = new AgentRuntime({ provider, tools: [createTodoTool()] });
  await eventsOf(agent, inputOf("go"));
  await eventsOf(agent, inputOf("and now"));
  await eventsOf(agent, { ...inputOf("hello"), sessionId: "another" });
  await eventsOf(agent, inputOf("anything left?"));
  const shown = provider.requests.map(({ system }) => system.volatile.includes(list));
  expect(shown).toEqual([false, false, true, true, false, false]);
});
