import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AgentInput, ApprovalDecision, RunEvent } from "@mini-openclaw/protocol";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  AgentRuntime,
  type AgentRuntimeOptions,
  createBuiltinTools,
  type ToolDefinition,
} from "../src/index.ts";
import { calls, createScriptedProvider, type ScriptStep, says } from "../src/testing.ts";
import { createSessionApprovals } from "../src/tool-calls/approvals.ts";
import { eventsOf, inputOf, outline } from "./collect.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const echo: ToolDefinition = {
  name: "echo",
  description: "",
  parameters: {},
  approval: "ask",
  execute: () => ({ success: true, output: "done" }),
};

const script: ScriptStep[] = [[calls("echo")], [says("ok")], [calls("echo")], [says("ok")]];

function agentOf(options: Partial<AgentRuntimeOptions> = {}) {
  return new AgentRuntime({ provider: createScriptedProvider(script), tools: [echo], ...options });
}

/** Returns the events of the tool calls of one run in which a user decides so. */
async function toolLines(agent: AgentRuntime, fields: Partial<AgentInput>): Promise<string[]> {
  const lines = outline(await eventsOf(agent, inputOf("hi", fields)));
  return lines
    .filter((line) => /^(approval|tool)/.test(line))
    .map((line) => line.replaceAll(/call_\d_1/g, "call"));
}

const deciding = (decision: ApprovalDecision) => ({ decision: async () => decision });
const asked = "approval_request call echo wants to run";
const ran = ["tool_start call", "tool_done call done"];
const denied = "tool_done call error: Not allowed: echo wants to run, and the user did not allow it.";

describe("a tool that asks", () => {
  test("reports no end of an approval that has none", async () => {
    const events = await eventsOf(agentOf({ approvalTimeoutMs: Infinity }), inputOf("hi", deciding("once")));
    const request = events.find(({ type }) => type === "approval_request");
    expect(request).not.toHaveProperty("expiresAt");
  });

  test("reports when it asked, and when its call is denied without an answer", async () => {
    const agent = agentOf({ approvalTimeoutMs: 1000 });

    const events = await eventsOf(agent, inputOf("hi", deciding("once")));

    const { timestamp = 0, expiresAt } = events.find(({ type }) => type === "approval_request") as {
      timestamp?: number;
      expiresAt?: number;
    };
    expect(timestamp).toBeGreaterThan(0);
    expect(expiresAt).toBe(timestamp + 1000);
  });

  test.each<[ApprovalDecision, string[]]>([
    ["once", [asked, "approval_done call once", ...ran]],
    ["session", [asked, "approval_done call session", ...ran]],
    ["deny", [asked, "approval_done call deny", denied]],
  ])("and is answered `%s`", async (decision, expected) => {
    expect(await toolLines(agentOf(), deciding(decision))).toEqual(expected);
  });

  test.each<[ApprovalDecision, boolean]>([
    ["once", true],
    ["session", false],
    ["deny", true],
  ])("and was answered `%s` asks again in the next run: %s", async (decision, again) => {
    const agent = agentOf();
    await toolLines(agent, deciding(decision));
    expect((await toolLines(agent, deciding(decision))).includes(asked)).toBe(again);
  });

  test("asks again in another session", async () => {
    const agent = agentOf();
    await toolLines(agent, deciding("session"));
    expect(await toolLines(agent, { ...deciding("deny"), sessionId: "s2" })).toContain(asked);
  });

  test("is denied where no user can decide", async () => {
    expect(await toolLines(agentOf(), {})).toEqual([
      "tool_done call error: Not allowed: echo wants to run, and nobody can be asked here. Tell the user.",
    ]);
  });

  test("is denied when no answer comes in time, or the decision fails", async () => {
    const never = () => new Promise<never>(() => {});
    const fails = async () => Promise.reject(new Error("gone"));
    const expected = [asked, "approval_done call deny", denied];
    expect(await toolLines(agentOf({ approvalTimeoutMs: 10 }), { decision: never })).toEqual(expected);
    expect(await toolLines(agentOf(), { decision: fails })).toEqual(expected);
  });

  test.each([undefined, true, "yes", "allow"])("is denied by an answer that is none: %s", async (answer) => {
    const decision = async () => answer as unknown as ApprovalDecision;
    expect(await toolLines(agentOf(), { decision })).toEqual([asked, "approval_done call deny", denied]);
  });

  test("does nothing before the decision was recorded", async () => {
    const log: string[] = [];
    const tool = { ...echo, execute: () => ({ success: true, output: String(log.push("run")) }) };
    for await (const event of agentOf({ tools: [tool] }).run(inputOf("hi", deciding("once")))) {
      log.push(`yield ${event.type}`);
      await new Promise(setImmediate);
      if (event.type.startsWith("approval") || event.type === "tool_start")
        log.push(`recorded ${event.type}`);
    }
    expect(log.slice(2, 10)).toEqual([
      "yield approval_request",
      "recorded approval_request",
      "yield approval_done",
      "recorded approval_done",
      "yield tool_start",
      "recorded tool_start",
      "run",
      "yield tool_done",
    ]);
  });

  test("is stopped by an abort before anybody was asked", async () => {
    const controller = new AbortController();
    const events: RunEvent[] = [];
    const input = inputOf("hi", { signal: controller.signal, ...deciding("once") });
    for await (const event of agentOf().run(input)) {
      events.push(event);
      if (event.type === "approval_request") controller.abort();
    }
    expect(outline(events).slice(2)).toEqual([
      "approval_request call_1_1 echo wants to run",
      expect.stringMatching(/^tool_done call_1_1 error: /) as string,
      "message_done ",
      "run_end aborted",
    ]);
  });

  test("is stopped by an abort while it waits", async () => {
    const controller = new AbortController();
    const decision = () => {
      controller.abort();
      return new Promise<never>(() => {});
    };
    const lines = outline(await eventsOf(agentOf(), inputOf("hi", { decision, signal: controller.signal })));
    expect(lines.at(-1)).toBe("run_end aborted");
    expect(lines.filter((line) => line.startsWith("tool_start"))).toEqual([]);
  });
});

describe("the agent's rule", () => {
  test.each<[string, AgentRuntimeOptions["approval"], string[]]>([
    ["allows what would ask", () => "allow", ran],
    ["denies", () => "deny", ["tool_done call error: Not allowed: calls of echo are denied by a rule."]],
    ["leaves it to the tool", () => undefined, [asked, "approval_done call once", ...ran]],
    [
      "that gives something else lets nothing through",
      (async () => "allow") as unknown as AgentRuntimeOptions["approval"],
      ["tool_done call error: Not allowed: calls of echo are denied by a rule."],
    ],
    [
      "that throws lets nothing through",
      () => {
        throw new Error("oops");
      },
      ["tool_done call error: The tool failed: oops"],
    ],
  ])("%s", async (_, approval, expected) => {
    expect(await toolLines(agentOf({ ...(approval && { approval }) }), deciding("once"))).toEqual(expected);
  });

  test("gets the input only when it is valid", async () => {
    const seen: unknown[] = [];
    const approval = ({
      toolName,
      input,
      sessionId,
    }: {
      toolName: string;
      input: unknown;
      sessionId: string;
    }) => {
      seen.push([toolName, input, sessionId]);
      return "allow" as const;
    };
    const tool = { ...echo, parameters: { n: { type: "integer", description: "" } } };
    const provider = createScriptedProvider([
      [calls("echo", { n: 1 }), calls("echo", { n: "x" }), calls("nope")],
      [says("ok")],
    ]);
    await eventsOf(new AgentRuntime({ provider, tools: [tool], approval }), inputOf("hi"));
    expect(seen).toEqual([["echo", { n: 1 }, "s1"]]);
  });
});

describe("a tool that asks in the middle", () => {
  const slow: ToolDefinition = {
    ...echo,
    approval: "allow",
    timeoutMs: 40,
    async execute(_, { approve, signal }) {
      await approve("it wants more");
      return { success: !signal.aborted, output: "done" };
    },
  };

  test("has its time stand still meanwhile", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const decision = async () => {
      await vi.advanceTimersByTimeAsync(80);
      return "once" as const;
    };
    expect(await toolLines(agentOf({ tools: [slow] }), { decision })).toEqual([
      "tool_start call",
      "approval_request call it wants more",
      "approval_done call once",
      "tool_done call done",
    ]);
  });

  test("writes a protected file once it is allowed, and not before", async () => {
    await using workspace = await temporaryDirectory({ ".openclaw/SOUL.md": "Be kind." });
    const soul = () => readFile(join(workspace.path, ".openclaw/SOUL.md"), "utf8");
    const write = calls("write_file", { file_path: ".openclaw/SOUL.md", content: "Be brief." });
    const provider = createScriptedProvider([[write], [says("ok")], [write], [says("ok")]]);
    const agent = new AgentRuntime({ provider, tools: createBuiltinTools(workspace.path) });
    const reason =
      "the agent wants to change .openclaw/SOUL.md, which is protected: it steers the agent or runs by itself";

    expect(await toolLines(agent, deciding("deny"))).toEqual([
      "tool_start call",
      `approval_request call ${reason}`,
      "approval_done call deny",
      `tool_done call error: Not allowed: ${reason}, and the user did not allow it.`,
    ]);
    expect(await soul()).toBe("Be kind.");

    await toolLines(agent, deciding("once"));
    expect(await soul()).toBe("Be brief.");
  });
});

test("remembers approvals of the newest thousand sessions", () => {
  const approvals = createSessionApprovals();
  for (let session = 0; session <= 1000; session += 1) approvals.add(`s${session}`, "a");
  expect([approvals.has("s0", "a"), approvals.has("s1", "a"), approvals.has("s1000", "a")]).toEqual([
    false,
    true,
    true,
  ]);
  expect(approvals.has("s1000", "b")).toBe(false);
});
