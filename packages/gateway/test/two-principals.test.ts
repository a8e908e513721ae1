import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentRuntime, createBuiltinTools } from "@mini-openclaw/agent-runtime";
import { calls, createScriptedProvider, type ScriptStep, says } from "@mini-openclaw/agent-runtime/testing";
import { openSessionStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

const SECRET = "the password is tulip";

/** A gateway with its sessions in the workspace, where every user asks for one tool call. */
async function started(toolCall: (sessionId: string) => ScriptStep) {
  const workspace = await mkdtemp(join(tmpdir(), "principals-"));
  const dataDir = join(workspace, ".mini-openclaw");
  const store = await openSessionStore(join(dataDir, "sessions"));
  let secretSession = "";
  const provider = createScriptedProvider(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") return [says("Done.")];
    return last?.content === "look" ? toolCall(secretSession) : [says("I remember it.")];
  });
  const tools = createBuiltinTools(workspace, { hidden: [dataDir] });
  const agent = new AgentRuntime({ provider, tools });
  const gateway = await testGateway({
    store,
    agent,
    authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
  });
  const alice = await gateway.connect({ "x-user": "alice" });
  alice.send({ type: "message", content: SECRET });
  secretSession = (await alice.next("run_end")).sessionId;
  const bob = await gateway.connect({ "x-user": "bob" });
  return {
    ...gateway,
    alice,
    bob,
    secretSession,
    files: () => readdir(join(dataDir, "sessions"), { recursive: true }),
    async [Symbol.asyncDispose]() {
      await Promise.all([alice.close(), bob.close()]);
      await gateway[Symbol.asyncDispose]();
      await agent.close();
      await rm(workspace, { recursive: true });
    },
  };
}

const fileOf = (id: string) => `.mini-openclaw/sessions/${id}.jsonl`;

test.each<[string, (sessionId: string) => ScriptStep]>([
  ["read_file", (id) => [calls("read_file", { file_path: fileOf(id) })]],
  ["edit_file", (id) => [calls("edit_file", { file_path: fileOf(id), old_text: "tulip", new_text: "" })]],
  ["write_file", (id) => [calls("write_file", { file_path: fileOf(id), content: "x" })]],
  ["list_files", () => [calls("list_files", { recursive: true })]],
  ["glob", () => [calls("glob", { pattern: "**/*" })]],
  ["grep", () => [calls("grep", { pattern: "tulip" })]],
  ["grep in the folder", () => [calls("grep", { pattern: "tulip", path: ".mini-openclaw/sessions" })]],
])("the agent of one user does not reach the session of another by %s", async (_, toolCall) => {
  await using gateway = await started(toolCall);
  const { bob, secretSession } = gateway;
  expect((await gateway.files()).join()).toContain(secretSession);
  bob.send({ type: "message", content: "look" });

  const { output } = await bob.next("tool_done");
  await bob.next("run_end");
  expect(output).not.toContain(SECRET);
  expect(output.replaceAll(fileOf(secretSession), "")).not.toContain(secretSession);
  const [message] = await gateway.store.loadMessages(secretSession);
  expect(message?.content).toBe(SECRET);
});
