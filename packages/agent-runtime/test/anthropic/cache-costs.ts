import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isMessageEntry, type Message, toEntry } from "@mini-openclaw/protocol";
import * as anthropic from "../../src/anthropic.ts";
import type { AgentRuntimeOptions } from "../../src/index.ts";
import * as runtime from "../../src/index.ts";
import { inputOf, user } from "../collect.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import {
  closeBlock,
  finish,
  messagesServer,
  openText,
  start,
  streams,
  textDelta,
  toolUse,
} from "./messages-server.ts";
import { type CachedTokens, costOf, createPromptCache } from "./prompt-cache.ts";

type Build = Pick<typeof runtime, "AgentRuntime" | "MemoryManager"> &
  Pick<typeof anthropic, "createAnthropicProvider">;

/** Returns the agent of a built checkout, or that of these sources. */
export async function loadBuild(checkout?: string): Promise<Build> {
  if (checkout === undefined) return { ...runtime, ...anthropic };
  const load = async (file: string) =>
    (await import(pathToFileURL(resolve(checkout, "packages/agent-runtime/dist", file)).href)) as object;
  return { ...(await load("index.js")), ...(await load("anthropic.js")) } as Build;
}

/** A conversation whose cost is measured. */
export interface Conversation {
  messages: number;
  /** Rounds of tools of each message. */
  rounds?: number;
  callsPerRound?: number;
  resultChars?: number;
  /** Tokens before the first message, of each message, and of each answer. */
  tokens?: number;
  tokensPerMessage?: number;
  /** True if the agent notes something in MEMORY.md between the messages. */
  remembers?: boolean;
  options?: Partial<AgentRuntimeOptions>;
}

export interface Costs {
  /** Thousands of tokens at the price of plain ones, by the API's cache and by a perfect one. */
  real: number;
  perfect: number;
  ratio: number;
  /** The tokens that the latest message wrote to the cache, and those of its first request. */
  written: number;
  firstWritten: number;
}

const sum = (all: readonly CachedTokens[], rate: (one: CachedTokens) => number) =>
  all.reduce((total, one) => total + rate(one), 0);

/** Plays a conversation against a server with the API's prompt cache. */
export async function play(given: Conversation, build: Build): Promise<Costs> {
  const { messages, rounds = 0, callsPerRound = 1, resultChars = 3000, tokens = 1, options } = given;
  const { tokensPerMessage = 10 } = given;
  const cache = createPromptCache();
  const counted: { real: CachedTokens; perfect: CachedTokens }[] = [];
  await using server = await messagesServer((response, request) => {
    const one = cache(request.body);
    counted.push(one);
    const { read, written, input } = one.real;
    const usage = {
      ...{ input_tokens: input, output_tokens: 1 },
      ...{ cache_read_input_tokens: read, cache_creation_input_tokens: written },
    };
    const begun = { ...start, message: { ...start.message, usage } };
    const count = counted.length;
    const isLast = count % (rounds + 1) === 0;
    const calls = Array.from({ length: callsPerRound }, (_, n) =>
      toolUse(n, `t${count}_${n}`, "dump", `{"n":${count}}`),
    );
    const text = [
      openText,
      textDelta(`Done with ${count}. `.padEnd(tokensPerMessage * 4, "y")),
      closeBlock(),
    ];
    const events = isLast ? [...text, ...finish("end_turn")] : [...calls.flat(), ...finish("tool_use")];
    streams(begun, ...events)(response, request);
  });
  const provider = build.createAnthropicProvider({
    apiKey: "k",
    model: "claude-sonnet-5-5",
    baseURL: server.baseURL,
  });
  await using workspace = await temporaryDirectory();
  const memory = given.remembers ? new build.MemoryManager({ workspaceDir: workspace.path }) : undefined;
  let now = 0;
  const agent = new build.AgentRuntime({
    provider,
    tools: [
      {
        name: "dump",
        description: "Text.",
        parameters: { n: { type: "integer", description: "A number." } },
        execute: ({ n }) => ({
          success: true,
          output: `${String(n)} output `.repeat(400).slice(0, resultChars),
        }),
      },
    ],
    ...(memory
      ? { memory, identity: "You are an agent. ".repeat(300) }
      : {
          systemPrompt: () => ({
            stable: "You are an agent. ".repeat(300),
            volatile: `The time is ${(now += 1)}.`,
          }),
        }),
    maxContextMessages: 10_000,
    maxContextTokens: 1_000_000,
    maxRunCostUsd: Infinity,
    maxRunTokens: Infinity,
    maxToolRounds: 100,
    ...options,
  });
  const history: Message[] = [
    user("x".repeat(tokens * 4)),
    { role: "assistant", content: "ok", timestamp: 1 },
  ];
  let before = 0;
  for (let message = 1; message <= messages; message += 1) {
    await memory?.remember(`The user likes number ${message}.`);
    before = counted.length;
    history.push(user(`task ${message} `.padEnd(tokensPerMessage * 4, "x")));
    for await (const event of agent.run(inputOf([...history]))) {
      const entry = toEntry({ ...event, sessionId: "s1", seq: history.length });
      if (entry && isMessageEntry(entry)) history.push(entry);
    }
  }
  const real = sum(
    counted.map((one) => one.real),
    costOf,
  );
  const perfect = sum(
    counted.map((one) => one.perfect),
    costOf,
  );
  return {
    real: Math.round(real / 1000),
    perfect: Math.round(perfect / 1000),
    ratio: real / perfect,
    written: sum(
      counted.slice(before).map((one) => one.real),
      ({ written }) => written,
    ),
    firstWritten: counted[before]?.real.written ?? 0,
  };
}
