import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { isMessageEntry, type Message, type ModelProvider, toEntry } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { freePort } from "../../../../scripts/free-port.mjs";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime } from "../../src/index.ts";
import { type Answer, messagesServer } from "../anthropic/messages-server.ts";
import { inputOf, outline, user } from "../collect.ts";
import { chatRefusalsOf } from "../openai/accepted.ts";
import { chunks, done, refuses, streams, usage } from "../openai/chat-server.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

/**
 * Real routers from npm, between an agent and a strict server of Chat Completions. They are
 * installed in a temporary folder, so these tests run by hand alone:
 * `REAL_SERVERS=1 pnpm exec vitest run --project packages/agent-runtime test/servers/real`
 */
interface RealServer {
  name: string;
  version: string;
  /** The file that starts it, in its package. */
  bin: string;
  args: string[];
  environment: (port: number) => Record<string, string>;
  /** Its configuration, as a file in the home directory. */
  config: (port: number, upstream: string) => [path: string, content: unknown];
  create: (baseURL: string) => ModelProvider;
}

function claudeCodeRouter(version: string): RealServer {
  return {
    name: "@musistudio/claude-code-router",
    version,
    bin: "dist/cli.js",
    args: ["start"],
    environment: (port) => ({ SERVICE_PORT: `${port}` }),
    config: (PORT, upstream) => [
      ".claude-code-router/config.json",
      {
        ...{ HOST: "127.0.0.1", PORT, LOG: false, APIKEY: "key-1" },
        Providers: [
          { name: "strict", api_base_url: `${upstream}/v1/chat/completions`, api_key: "k", models: ["m"] },
        ],
        Router: { default: "strict,m" },
      },
    ],
    create: (baseURL) => createAnthropicProvider({ apiKey: "key-1", model: "claude-sonnet-5-5", baseURL }),
  };
}

const servers: readonly RealServer[] = [claudeCodeRouter("1.0.73"), claudeCodeRouter("2.0.0")];

const look = {
  name: "look",
  description: "Looks.",
  parameters: { x: { type: "string", description: "The place." } },
  execute: ({ x }: Record<string, unknown>) => ({ success: true, output: `${String(x)}: 42` }),
};

/** A model that thinks, calls a tool in pieces, and answers. Its server is strict. */
const strict: Answer = (response, seen) => {
  const [fault] = chatRefusalsOf(seen);
  if (fault !== undefined) return refuses(400, fault)(response, seen);
  const { messages } = seen.body as { messages: { role: string }[] };
  const call = (fields: object) => ({ delta: { tool_calls: [{ index: 0, ...fields }] } });
  const parts =
    messages.at(-1)?.role === "tool"
      ? [{ delta: { content: "It is " } }, { delta: { content: "42." } }, { finish_reason: "stop" }]
      : [
          { delta: { role: "assistant", reasoning_content: "Hm." } },
          { delta: { content: "I look." } },
          call({
            id: `call_${messages.length}`,
            type: "function",
            function: { name: "look", arguments: "" },
          }),
          call({ function: { arguments: '{"x":' } }),
          call({ function: { arguments: '"a"}' } }),
          { finish_reason: "tool_calls" },
        ];
  return streams(chunks(...parts), usage(10, 5), done)(response, seen);
};

/** Waits until a port accepts connections, or its process ends. */
async function untilUp(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`The server ended with ${child.exitCode}.`);
}

/** Routers cut texts and inputs in pieces of their own. */
const liveEvents: ReadonlySet<string> = new Set(["chunk", "thinking", "tool_input", "tool_start"]);

describe.runIf(process.env["REAL_SERVERS"] === "1")("a real server from npm", () => {
  test.each(servers.map((server) => [server.name, server.version, server] as const))(
    "%s %s takes two runs with a tool",
    async (name, version, { bin, args, environment, config, create }) => {
      await using home = await temporaryDirectory({ "package.json": "{}" });
      const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${version}`];
      await promisify(execFile)("npm", install, { cwd: home.path });
      await using upstream = await messagesServer(strict);
      const port = await freePort();
      const [path, content] = config(port, upstream.baseURL);
      await home.write(path, JSON.stringify(content));
      const file = `${home.path}/node_modules/${name}/${bin}`;
      const env = { PATH: process.env["PATH"], HOME: home.path, ...environment(port) };
      const child = spawn(process.execPath, [file, ...args], { env, stdio: "ignore" });
      try {
        await untilUp(port, child);
        const provider = create(`http://127.0.0.1:${port}`);
        const agent = new AgentRuntime({ provider, tools: [look], maxRetries: 0 });
        const history: Message[] = [];
        for (const question of ["what?", "and again?"]) {
          history.push(user(question));
          const lines: string[] = [];
          for await (const event of agent.run(inputOf([...history]))) {
            if (!liveEvents.has(event.type)) lines.push(...outline([event]));
            const entry = toEntry({ ...event, sessionId: "s1", seq: history.length });
            if (entry && isMessageEntry(entry)) history.push(entry);
          }
          expect(lines).toEqual([
            "run_start",
            "assistant_message I look. +look",
            expect.stringMatching(/^tool_done .* a: 42$/),
            "assistant_message It is 42.",
            "message_done I look.It is 42.",
            "run_end completed",
          ]);
        }
        expect(upstream.requests).toHaveLength(4);
      } finally {
        child.kill();
      }
    },
    300_000,
  );
});
