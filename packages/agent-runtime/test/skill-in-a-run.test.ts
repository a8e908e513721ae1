import { expect, test } from "vitest";
import { AgentRuntime, createBuiltinTools } from "../src/index.ts";
import { calls, createScriptedProvider, says } from "../src/testing.ts";
import { eventsOf, inputOf, outline } from "./collect.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const skill = `---
name: haiku
description: Writes haiku. Use when asked for a poem.
---
Three lines: five, seven and five syllables.
`;

test("the agent finds a skill in the index and reads its text at the location there", async () => {
  await using workspace = await temporaryDirectory({ ".openclaw/skills/haiku/SKILL.md": skill });
  const provider = createScriptedProvider(({ system }, turn) => {
    const [, location = ""] = /<location>(.*)<\/location>/.exec(system.stable) ?? [];
    return turn === 1 ? [calls("read_file", { file_path: location })] : [says("Old pond")];
  });
  const tools = createBuiltinTools(workspace.path);
  const agent = new AgentRuntime({ provider, tools, workspaceDir: workspace.path });

  const lines = outline(await eventsOf(agent, inputOf("a poem, please")));

  expect(provider.requests[0]?.system.stable).toContain("<name>haiku</name>");
  expect(lines.find((line) => line.startsWith("tool_done"))).toContain(
    "     5\tThree lines: five, seven and five syllables.",
  );
  expect(lines.at(-1)).toBe("run_end completed");
});
