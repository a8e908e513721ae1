import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startServer, temporaryDirectory } from "../e2e/server.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));

// Sessions that the build before the first release wrote, on 2026-11-29: one is complete, and the
// process of the other one was killed during an answer.
const oldData = fileURLToPath(new URL("old-data", import.meta.url));
const COMPLETE = "01a229c7-4f20-7413-a533-79059f62be03";
const CRASHED = "01a229c7-57da-70e6-ad79-5d80a84e78c1";

interface Message {
  role: string;
  content: string;
}

async function messagesOf(url: string, sessionId: string): Promise<Message[]> {
  const answer = await fetch(`${url}sessions/${sessionId}/messages`);
  return ((await answer.json()) as { messages: Message[] }).messages;
}

/** Runs a command in a folder that is also the user's home. */
function run(cwd: string, ...args: string[]) {
  const env = { PATH: process.env["PATH"] ?? "", HOME: cwd };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd,
    env,
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
}

function transcriptOf(folder: string, sessionId: string): string {
  return join(folder, ".mini-openclaw", "sessions", `${sessionId}.jsonl`);
}

test("an upgraded server continues the sessions of the version before it", async () => {
  await using folder = await temporaryDirectory();
  cpSync(oldData, join(folder.path, ".mini-openclaw"), { recursive: true });
  const before = readFileSync(transcriptOf(folder.path, COMPLETE), "utf8");
  {
    await using server = await startServer(folder.path);
    const list = (await (await fetch(`${server.url}sessions`)).json()) as { sessions: { title: string }[] };
    const whole = await messagesOf(server.url, COMPLETE);
    const crashed = await messagesOf(server.url, CRASHED);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ content: "list the files" });
    const answer = await fetch(`${server.url}sessions/${COMPLETE}/messages`, {
      method: "POST",
      headers,
      body,
    });

    expect(list.sessions.map(({ title }) => title).sort()).toEqual([
      "Tell me about yourself",
      "list the files",
    ]);
    expect(whole.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
      "assistant",
    ]);
    expect(whole[2]?.content).toBe("README.md");
    expect(crashed.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(crashed[1]?.content).toMatch(/^I am a \*\*scripted demo\*\*/);
    expect(((await answer.json()) as { outcome: string }).outcome).toBe("completed");
  }
  // Nothing was written again, so that the version before it reads the file as well.
  expect(readFileSync(transcriptOf(folder.path, COMPLETE), "utf8").startsWith(before)).toBe(true);
  expect(run(folder.path, "sessions", "verify")).toMatchObject({
    status: 0,
    err: "2 session(s) checked, 0 problem(s) found.\n",
  });
});

test("a server of an older version leaves what it does not know alone, and names it", async () => {
  await using folder = await temporaryDirectory();
  cpSync(oldData, join(folder.path, ".mini-openclaw"), { recursive: true });
  // A newer version wrote one session in another format, and an entry of another type.
  const newFormat = transcriptOf(folder.path, CRASHED);
  const newEntry = transcriptOf(folder.path, COMPLETE);
  writeFileSync(newFormat, readFileSync(newFormat, "utf8").replace('"v":1', '"v":2'));
  const entry = '{"type":"mood","seq":90,"timestamp":1795997259800,"mood":"good"}\n';
  writeFileSync(newEntry, readFileSync(newEntry, "utf8") + entry);
  const files = [newFormat, newEntry].map((file) => readFileSync(file, "utf8"));

  const verified = run(folder.path, "sessions", "verify");
  await using server = await startServer(folder.path);
  const refused = await fetch(`${server.url}sessions/${CRASHED}/messages`);
  const known = await messagesOf(server.url, COMPLETE);

  expect(verified.out).toContain(`${CRASHED}: The transcript has format version 2.`);
  expect(verified.out).toMatch(/line 10, byte \d+: has a type that this version does not know/);
  expect(await refused.json()).toMatchObject({
    code: "SESSION_UNSUPPORTED",
    retryable: false,
    error: "A newer version of the server wrote this session. Update the server to open it.",
  });
  expect(known).toHaveLength(6);
  expect([newFormat, newEntry].map((file) => readFileSync(file, "utf8"))).toEqual(files);
});
