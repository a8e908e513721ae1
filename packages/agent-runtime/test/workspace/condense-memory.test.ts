import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentRuntime, createBuiltinTools, createRememberTool, MemoryManager } from "../../src/index.ts";
import { calls, createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const condensed = "- The user likes every fact.\n- The newest\n";

test.each(["", "- The newest\n"])(
  "a model that condenses its memory to %j loses no fact",
  async (content) => {
    const facts = Array.from({ length: 800 }, (_, index) => `- Fact number ${index}: the user likes it.\n`);
    await using workspace = await temporaryDirectory({ "MEMORY.md": facts.join("") });
    const now = () => Date.parse("2026-03-08T12:00:00Z");
    const memory = new MemoryManager({ workspaceDir: workspace.path, now, timeZone: "UTC" });
    const input = { file_path: "MEMORY.md", content };
    const provider = createScriptedProvider([
      [calls("remember", { note: "The newest" })],
      [calls("write_file", input)],
      [calls("write_file", { ...input, content: facts.slice(0, 600).join("") })],
      [calls("remember", { note: "One more" })],
      [says("Done.")],
    ]);
    const tools = [...createBuiltinTools(workspace.path), createRememberTool(memory)];
    await eventsOf(
      new AgentRuntime({ provider, tools, workspaceDir: workspace.path, memory }),
      inputOf("Go."),
    );
    const copy = join(workspace.path, ".mini-openclaw/memory/before-condensing/2026-03-08.md");
    // The first copy of a day is the one from before the loss.
    expect(await readFile(copy, "utf8")).toBe(`${facts.join("")}\n- The newest\n`);
  },
);

test("a model that is asked to condense its memory does so, and the next run gets all of it", async () => {
  const facts = Array.from({ length: 800 }, (_, index) => `- Fact number ${index}: the user likes it.\n`);
  await using workspace = await temporaryDirectory({ "MEMORY.md": facts.join("") });
  const provider = createScriptedProvider([
    [calls("remember", { note: "The newest" })],
    [calls("write_file", { file_path: "MEMORY.md", content: condensed })],
    [says("Done.")],
    [says("Hello.")],
  ]);
  const memory = new MemoryManager({ workspaceDir: workspace.path });
  const tools = [...createBuiltinTools(workspace.path), createRememberTool(memory)];
  const agent = new AgentRuntime({ provider, tools, workspaceDir: workspace.path });

  const events = await eventsOf(agent, inputOf("The newest."));
  const results = events.flatMap((event) => (event.type === "tool_done" ? [event] : []));
  expect(results.map(({ isError }) => isError)).toEqual([false, false]);
  expect(results[0]?.output).toContain("Read MEMORY.md now and write it anew in fewer words");
  expect(provider.requests[0]?.system.volatile).toContain("lines left out");

  await eventsOf(agent, inputOf("Hi."));
  const prompt = provider.requests.at(-1)?.system.volatile;
  expect(prompt).toContain(condensed.trim());
  expect(prompt).not.toContain("left out");
});
