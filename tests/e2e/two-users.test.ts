import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { AgentRuntime, createBuiltinTools, findSandbox, MemoryManager } from "@mini-openclaw/agent-runtime";
import { calls, createScriptedProvider, says } from "@mini-openclaw/agent-runtime/testing";
import { GatewayServer } from "@mini-openclaw/gateway";
import { openSessionStore } from "@mini-openclaw/session-store";
import { expect, onTestFinished, test } from "vitest";

const secret = "the-secret-of-alice";
type Script = Parameters<typeof createScriptedProvider>[0];

/** One gateway and one agent for all users, with the sessions in the agent's workspace. */
async function startGateway() {
  const workspace = await mkdtemp(join(tmpdir(), "two-users-"));
  onTestFinished(() => rm(workspace, { recursive: true }));
  const dataDir = join(workspace, "data");
  const store = await openSessionStore(join(dataDir, "sessions"));
  onTestFinished(() => store.close());
  const { sandbox } = await findSandbox({ hidden: [dataDir] });
  let provider = createScriptedProvider([]);
  const agent = new AgentRuntime({
    provider: { ...provider, stream: (...asked) => provider.stream(...asked) },
    tools: createBuiltinTools(workspace, { hidden: [dataDir], ...(sandbox && { bash: { sandbox } }) }),
    workspaceDir: workspace,
    memory: new MemoryManager({ workspaceDir: workspace, dataDir }),
  });
  const authenticate = ({ headers }: IncomingMessage) => ({ id: String(headers["x-user"]) });
  const gateway = new GatewayServer({ store, agent, authenticate });
  const { port } = await gateway.listen({ port: 0 });
  onTestFinished(() => gateway.close());
  /** Runs a message of a user, for whom the model makes these calls. */
  const run = async (user: string, content: string, script: Script) => {
    provider = createScriptedProvider(script);
    const { sessionId, ended } = await gateway.submit({ principal: { id: user }, content });
    const { outcome } = await ended;
    const entries = [];
    for await (const entry of store.entries(sessionId)) entries.push(entry);
    return { sessionId, outcome, entries, requests: provider.requests };
  };
  const get = (user: string, path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { "x-user": user } });
  return { workspace, dataDir, run, get, hasSandbox: sandbox !== undefined };
}

test("the sessions of one user are out of reach of another user and of that user's agent", async () => {
  const { workspace, dataDir, run, get, hasSandbox } = await startGateway();
  const alice = await run("alice", `Remember ${secret}.`, [[says("I will.")]]);
  const files = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const saved = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const transcript = saved.find((path) => path.endsWith(`${alice.sessionId}.jsonl`)) ?? "";
  const before = await readFile(transcript, "utf8");
  expect(before).toContain(secret);

  const paths = saved.flatMap((path) => [path, relative(workspace, path)]);
  const bash = (command: string) => (hasSandbox ? [calls("bash", { command })] : []);
  const attempts = [
    ...paths.flatMap((path) => [
      calls("read_file", { file_path: path }),
      calls("grep", { pattern: "secret", path }),
      calls("edit_file", { file_path: path, old_text: secret, new_text: "gone" }),
      calls("write_file", { file_path: path, content: "gone" }),
    ]),
    calls("grep", { pattern: "secret" }),
    calls("glob", { pattern: "**/*.jsonl" }),
    calls("list_files", { recursive: true }),
    calls("list_files", { path: "data" }),
    ...bash(`cat data/sessions/* data/sessions/*/*; grep -r the-secret . ${dataDir}`),
    ...bash(`ln -s ${transcript} MEMORY.md; ln -s data link; cat link/sessions/*`),
    calls("read_file", { file_path: "MEMORY.md" }),
    calls("grep", { pattern: "secret", path: "link" }),
  ];
  const bob = await run("bob", "What do you know?", [attempts, [says("Nothing.")]]);
  const again = await run("bob", "And now?", [[says("Nothing.")]]);
  expect([bob.outcome, again.outcome]).toEqual(["completed", "completed"]);
  const results = bob.entries.filter((entry) => "role" in entry && entry.role === "tool");
  expect(results).toHaveLength(attempts.length);
  expect(JSON.stringify([results, again.requests])).not.toContain(`${secret}.`);
  expect(await readFile(transcript, "utf8")).toBe(before);

  for (const path of ["messages", "events", "export"])
    expect([path, (await get("bob", `/sessions/${alice.sessionId}/${path}`)).status]).toEqual([path, 404]);
  expect(await (await get("bob", "/sessions")).text()).not.toContain(alice.sessionId);
  expect(await (await get("bob", "/sessions/search?text=secret")).text()).not.toContain(secret);
  expect(await (await get("alice", `/sessions/${alice.sessionId}/messages`)).text()).toContain(secret);
});
