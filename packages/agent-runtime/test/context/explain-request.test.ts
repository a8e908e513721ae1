import { describe, expect, test } from "vitest";
import { AgentRuntime, type AgentRuntimeOptions } from "../../src/index.ts";
import { createScriptedProvider, says } from "../../src/testing.ts";
import { eventsOf, inputOf, NOW, user } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const ping = {
  name: "ping",
  description: "Answers.",
  parameters: {},
  execute: () => ({ success: true, output: "pong" }),
};

function agentOf(options: Partial<AgentRuntimeOptions> = {}) {
  const provider = createScriptedProvider([[says("ok")]]);
  return { provider, agent: new AgentRuntime({ provider, now: () => NOW, ...options }) };
}

describe("explaining the context", () => {
  test("gives the request that would be sent, by section, with sizes and sources", async () => {
    await using workspace = await temporaryDirectory({
      ".openclaw/SOUL.md": "Be kind.",
      "MEMORY.md": "- 茶",
    });
    const { agent, provider } = agentOf({ workspaceDir: workspace.path, tools: [ping] });
    const messages = [
      user("hi"),
      {
        role: "assistant" as const,
        content: "",
        timestamp: 1,
        toolCalls: [{ callId: "a", toolName: "ping", input: {} }],
      },
      { role: "tool" as const, callId: "a", toolName: "ping", content: "pong", isError: false, timestamp: 1 },
      user("so?"),
    ];

    const report = await agent.explainContext(messages);

    expect(report.sections.map(({ name, source }) => `${name} < ${source}`)).toEqual([
      "tools < tool definitions",
      "prompt: Identity < options",
      "prompt: Soul < .openclaw/SOUL.md",
      "prompt: Runtime < this process",
      "prompt: Tools < tool definitions",
      "message 1: user < transcript",
      "message 2: assistant < transcript",
      "message 3: tool < transcript",
      "message 4: user < transcript",
      "volatile: Memory < MEMORY.md",
      "volatile < clock",
    ]);
    expect(report.sections.at(-2)).toEqual({
      name: "volatile: Memory",
      source: "MEMORY.md",
      text: "# Memory\n\n- 茶",
      bytes: 15,
      tokens: 4,
    });
    expect(report.bytes).toBe(report.sections.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
    await eventsOf(agent, inputOf(messages));
    expect(provider.requests[0]).toEqual(report.request);
  });

  test("shows a custom prompt as one section", async () => {
    const { agent } = agentOf({ systemPrompt: () => ({ stable: "Be good.", volatile: "" }) });
    const { sections } = await agent.explainContext([user("hi")]);
    expect(sections.map(({ name, text }) => [name, text])).toEqual([
      ["prompt: System prompt", "Be good."],
      ["message 1: user", "hi"],
    ]);
  });

  test("names the first difference, where the model server's cache ends", async () => {
    await using workspace = await temporaryDirectory({ "MEMORY.md": "- Likes tea" });
    const { agent } = agentOf({ workspaceDir: workspace.path });
    const first = await agent.explainContext([user("hi")]);
    await workspace.write("MEMORY.md", "- Likes coffee");
    const second = await agent.explainContext([user("hi")], { previous: first });
    const before = first.sections.slice(0, -2).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(second.firstDifference).toEqual({
      section: "volatile: Memory",
      sameBytes: before + "# Memory\n\n- Likes ".length,
      before: "tea",
      after: "coffee",
    });
    expect(await agent.explainContext([user("hi")], { previous: second })).not.toHaveProperty(
      "firstDifference",
    );
  });

  test("names a section that came, went, or moved", async () => {
    const { agent } = agentOf({ systemPrompt: () => ({ stable: "Be good.", volatile: "" }) });
    const one = await agent.explainContext([user("a")]);
    const two = await agent.explainContext([user("a"), user("b")], { previous: one });
    expect(two.firstDifference).toBeUndefined();
    const again = await agent.explainContext([user("a")], { previous: two });
    expect(again.firstDifference).toEqual({
      section: "message 2: user",
      sameBytes: 9,
      before: "b",
      after: "",
    });
    agent.registerTool(ping);
    const third = await agent.explainContext([user("a")], { previous: one });
    expect(third.firstDifference).toMatchObject({ section: "tools", sameBytes: 0, before: "Be good." });
  });
});
