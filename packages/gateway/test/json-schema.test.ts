import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentRunner } from "@mini-openclaw/protocol";
import schema from "@mini-openclaw/protocol/schema.json" with { type: "json" };
import { openSessionStore } from "@mini-openclaw/session-store";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, onTestFinished, test } from "vitest";
import { heldAgent, testGateway } from "./test-gateway.ts";

const ajv = new Ajv2020({ allErrors: true }).addSchema(schema, "protocol");

/** Returns the faults that schema.json finds in a text. */
function complaints(definition: "ServerEvent" | "TranscriptLine", text: string): string[] {
  const validate = ajv.getSchema(`protocol#/$defs/${definition}`);
  if (!validate) throw new Error(`schema.json has no ${definition}`);
  return validate(JSON.parse(text)) ? [] : [`${text}: ${ajv.errorsText(validate.errors)}`];
}

const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 };

/** Thinks, uses a tool, asks before the next, and fails. */
const busyAgent: AgentRunner = {
  async *run({ runId }) {
    const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };
    const result = { callId: "c1", toolName: "bash", output: "a.txt", isError: false, timestamp: 3 };
    yield { type: "run_start", runId, timestamp: 1 };
    yield { type: "thinking", runId, messageId: "m1", content: "hm" };
    yield { type: "chunk", runId, messageId: "m1", content: "Let me look." };
    const said = { content: "Let me look.", toolCalls: [call], stopReason: "tool_use", model: "m", usage };
    yield { type: "assistant_message", runId, id: "m1", timestamp: 2, ...said };
    yield { type: "tool_start", runId, ...call };
    yield { type: "tool_output", runId, callId: "c1", content: "a.txt" };
    yield { type: "tool_done", runId, id: "t1", ...result, durationMs: 4, exitCode: 0 };
    yield { type: "error", runId, code: "MODEL_FAILED", message: "Failed.", retryable: true };
    yield { type: "message_done", runId, content: "Let me look." };
    yield { type: "run_end", runId, outcome: "failed", usage, costUsd: 0.1, timestamp: 5 };
  },
};

test("every frame that a gateway sends and every line that it stores matches schema.json", async () => {
  const directory = await mkdtemp(join(tmpdir(), "json-schema-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const { agent: slowAgent, started, release } = heldAgent();
  const runs = [slowAgent, slowAgent, busyAgent];
  const agent: AgentRunner = { run: (input) => (runs.shift() ?? busyAgent).run(input) };
  const store = await openSessionStore(directory);
  await using gateway = await testGateway({ store, agent });
  const client = await gateway.connect();
  const { sessionId } = client;
  const frames: string[] = [];
  client.socket.on("message", (bytes: Buffer) => frames.push(bytes.toString()));

  client.send({ type: "message", content: "one", id: "q1" });
  await started(1);
  client.send({ type: "message", content: "two" });
  client.send({ type: "abort", sessionId });
  await client.next("run_end", 1);
  release();
  release();
  await client.next("run_end", 2);
  client.send({ type: "message", content: "three" });
  await client.next("run_end", 3);
  client.send({ type: "rename", sessionId, title: "Files" });
  client.send({ type: "history", sessionId, id: "h1" });
  client.send({ type: "resume", sessionId });
  client.send({ type: "resume", sessionId, after: 1 });
  client.send({ type: "list" });
  client.send({ type: "abort", sessionId: "nobody" });
  client.send({ type: "ping" });
  await client.next("pong");
  await client.next("sessions");
  await client.roundTrip();

  const types = new Set(frames.map((text) => (JSON.parse(text) as { type: string }).type));
  expect([...types].sort()).toEqual([
    ...["ack", "approvals", "assistant_message", "chunk", "error", "history"],
    ...["message_done", "message_queued", "pong"],
    ...[
      "resumed",
      "resync",
      "run_end",
      "run_error",
      "run_start",
      "session_summary",
      "session_updated",
      "sessions",
      "thinking",
    ],
    ...["tool_done", "tool_output", "tool_start", "user_message"],
  ]);
  expect(frames.flatMap((text) => complaints("ServerEvent", text))).toEqual([]);
  const lines = (await readFile(join(directory, `${sessionId}.jsonl`), "utf8")).trim().split("\n");
  expect(lines.length).toBeGreaterThan(8);
  expect(lines.flatMap((text) => complaints("TranscriptLine", text))).toEqual([]);
});
