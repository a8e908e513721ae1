import type { TodoItem } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { AgentRuntime, createTodoTool } from "../../src/index.ts";
import { calls, createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { callTool } from "./call-tool.ts";

const items: TodoItem[] = [
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

test("the list is an event of the run, without fields that a transcript does not have", async () => {
  const given = [{ ...items[0], note: "x" }, ...items.slice(1)];
  const provider = createScriptedProvider([[calls("todo", { items: given })], [says("ok")]]);
  const events = await eventsOf(new AgentRuntime({ provider, tools: [createTodoTool()] }), inputOf("go"));
  expect(events.filter(({ type }) => type === "todo_updated")).toMatchObject([{ items }]);
  expect(events.map(({ type }) => type).slice(2, 5)).toEqual(["tool_start", "todo_updated", "tool_done"]);
});

test("an empty list is an event too", async () => {
  const provider = createScriptedProvider([[calls("todo", { items: [] })], [says("ok")]]);
  const events = await eventsOf(new AgentRuntime({ provider, tools: [createTodoTool()] }), inputOf("go"));
  expect(events).toContainEqual(expect.objectContaining({ type: "todo_updated", items: [] }));
  expect(events).toContainEqual(expect.objectContaining({ type: "tool_done", output: "The list is empty." }));
});

test("the prompt of a run has the list of its input, until all is done", async () => {
  const done = items.map((item) => ({ ...item, state: "done" as const }));
  const provider = createScriptedProvider([[says("a")], [says("b")], [says("c")], [says("d")]]);
  const agent = new AgentRuntime({ provider, tools: [createTodoTool()] });
  for (const todo of [items, done, []]) await eventsOf(agent, inputOf("go", { todo }));
  await eventsOf(agent, inputOf("go"));
  const shown = provider.requests.map(({ system }) => system.volatile.includes(list));
  expect(shown).toEqual([true, false, false, false]);
});
