import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { errorCodes, type ModelEvent, type ModelProvider, type ModelRequest } from "@mini-openclaw/protocol";
import { AgentError } from "../shared/errors.ts";
import { calls, fails, hangs, type ScriptStep, says, uses } from "./scripted-provider.ts";

/** The functions of a test runner. Those of vitest, Jest, Mocha and `node:test` fit. */
export interface SuiteFunctions {
  describe: (name: string, body: () => void) => unknown;
  test: (name: string, body: () => Promise<void>) => unknown;
}

/** A provider whose model follows a script, and a way to dispose of it. */
export interface ProviderUnderTest {
  provider: ModelProvider;
  close: () => Promise<void>;
}

/**
 * Declares the tests that every implementation of the `ModelProvider` port passes.
 *
 * `create` makes one whose model (a server of yours that speaks its protocol) answers the n-th
 * request with the n-th step: text, tool calls, a usage, an overload, or nothing at all after what
 * came before.
 */
export function describeModelProvider(
  name: string,
  create: (script: readonly ScriptStep[]) => Promise<ProviderUnderTest>,
  { describe, test }: SuiteFunctions,
): void {
  describe(`${name}: a model provider`, () => {
    for (const [title, { script, body }] of Object.entries(providerTests)) {
      test(title, async () => {
        const { provider, close } = await create(script);
        try {
          await body(provider);
        } finally {
          await close();
        }
      });
    }
  });
}

interface ProviderTest {
  script: readonly ScriptStep[];
  body: (provider: ModelProvider) => Promise<void>;
}

const request: ModelRequest = {
  system: { stable: "You are a test.", volatile: "It is late." },
  messages: [{ role: "user", content: "go", timestamp: 0 }],
  tools: [{ name: "look", description: "Looks.", inputSchema: { type: "object", properties: {} } }],
  toolChoice: "auto",
};

const usage = { inputTokens: 7, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 };

const providerTests: Record<string, ProviderTest> = {
  "streams text, then exactly one turn that holds all of it": {
    script: [[says("Hel", "lo"), uses(usage)]],
    async body(provider) {
      const events = await read(provider);
      equal(textOf(events), "Hello");
      const turns = events.filter(({ type }) => type === "turn");
      deepEqual(turns, [{ type: "turn", content: "Hello", toolCalls: [], stopReason: "end_turn", usage }]);
      equal(events.at(-1), turns[0]);
    },
  },
  "gives tool calls whole, in their order, each with an id": {
    script: [[says("Look:"), calls("look", { at: "x" }, "call_1"), calls("look", {}, "call_2")]],
    async body(provider) {
      const events = await read(provider);
      const turn = events.at(-1);
      ok(turn?.type === "turn");
      deepEqual(turn.toolCalls, [
        { callId: "call_1", toolName: "look", input: { at: "x" } },
        { callId: "call_2", toolName: "look", input: {} },
      ]);
      equal(turn.content, "Look:");
      // A provider may leave out the inputs as they are written, but not a part of one.
      for (const [index, { callId, toolName, input }] of turn.toolCalls.entries()) {
        const pieces = events.flatMap((one) => (one.type === "tool_input" && one.index === index ? one : []));
        for (const piece of pieces) deepEqual([piece.callId, piece.toolName], [callId, toolName]);
        if (pieces.length > 0) deepEqual(JSON.parse(pieces.map(({ text }) => text).join("")), input);
      }
    },
  },
  "throws an error with a code of the protocol, and says that it may pass": {
    script: [[fails(new AgentError("MODEL_OVERLOADED", "The server is busy.", { retryable: true }))]],
    async body(provider) {
      await rejects(read(provider), (error: unknown) => {
        ok(error instanceof Error && "code" in error && "retryable" in error);
        ok(String(error.code) in errorCodes, `code ${String(error.code)}`);
        return error.retryable === true;
      });
    },
  },
  "throws the signal's reason when it aborts, and makes no request when it has": {
    script: [[says("Once"), hangs()]],
    async body(provider) {
      const reason = new Error("That is enough.");
      await rejects(read(provider, AbortSignal.abort(reason)), reason);
      const controller = new AbortController();
      await rejects(
        read(provider, controller.signal, () => controller.abort(reason)),
        reason,
      );
    },
  },
  "ends when its reader stops": {
    script: [[says("Once"), hangs()]],
    async body(provider) {
      for await (const event of provider.stream(request, { signal: new AbortController().signal })) {
        if (event.type === "text") break;
      }
    },
  },
  "keeps several turns at once apart": {
    script: [[says("Hello")], [says("Hello")]],
    async body(provider) {
      const both = await Promise.all([read(provider), read(provider)]);
      deepEqual(both.map(textOf), ["Hello", "Hello"]);
    },
  },
};

async function read(
  provider: ModelProvider,
  signal = new AbortController().signal,
  onText = () => {},
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of provider.stream(request, { signal })) {
    events.push(event);
    if (event.type === "text") onText();
  }
  return events;
}

function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === "text" ? event.text : "")).join("");
}
