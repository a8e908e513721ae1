import { expect, test } from "vitest";
import { AgentRuntime, createBuiltinTools, createRememberTool, MemoryManager } from "../../src/index.ts";
import { calls, createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const condensed = "- The user likes every fact.\n- The newest\n";

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
