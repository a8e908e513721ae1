import { AgentRuntime, type ToolDefinition } from "@mini-openclaw/agent-runtime";
import {
  calls,
  createScriptedProvider,
  hangs,
  type ScriptStep,
  says,
} from "@mini-openclaw/agent-runtime/testing";
import { describe, test } from "vitest";
import { type AgentUnderTest, describeAgentRunner } from "../../src/testing.ts";

const look: ToolDefinition = {
  name: "look",
  description: "Looks.",
  parameters: {},
  execute: () => ({ success: true, output: "a.txt" }),
};

/** Creates our own agent, with a model that follows a script. */
function scripted(script: readonly ScriptStep[], tool = look, maxSessionCostUsd = Infinity): AgentUnderTest {
  const provider = createScriptedProvider(script, { model: "m" });
  const prices = { m: { input: 1, output: 1 } };
  const agent = new AgentRuntime({ provider, prices, maxSessionCostUsd, tools: [tool] });
  return { agent, content: "files?" };
}

describeAgentRunner(
  "AgentRuntime",
  {
    answers: () => scripted([[says("One ", "file.")], [says("One file.")]]),
    callsTool: () => scripted([[says("Look."), calls("look"), calls("look")], [says("One file.")]]),
    asks: () => scripted([[calls("look")], [says("As you like.")]], { ...look, approval: "ask" }),
    goesOn: () => scripted([[says("Once upon"), hangs()]]),
    isSteered: () => scripted([[says("One file.")], [says("And that.")]]),
    isLimited: () => scripted([[says("One file.")]], look, 1),
  },
  { describe, test },
);

const whileItRuns: ToolDefinition = {
  ...look,
  execute: (_input, { signal }) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve({ success: false, output: "a.t" }));
    }),
};

describeAgentRunner(
  "AgentRuntime in a tool",
  {
    answers: () => scripted([[calls("look")], [says("One file.")], [calls("look")], [says("One file.")]]),
    goesOn: () => scripted([[calls("look")]], whileItRuns),
    isSteered: () => scripted([[calls("look")], [says("One file.")], [says("And that.")]]),
  },
  { describe, test },
);
