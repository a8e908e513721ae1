import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startServer, temporaryDirectory } from "../e2e/server.ts";
import { operate } from "./proxy.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));
const run = (script: string, ...args: string[]) =>
  spawnSync("sh", [`${operate}backup/${script}`, ...args], { encoding: "utf8" });

async function ask(url: string, content: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ content });
  const answer = await fetch(`${url}sessions/current/messages`, { method: "POST", headers, body });
  return ((await answer.json()) as { sessionId: string }).sessionId;
}

async function textsOf(url: string, sessionId: string): Promise<string[]> {
  const answer = await fetch(`${url}sessions/${sessionId}/messages`);
  return ((await answer.json()) as { messages: { content: string }[] }).messages.map(
    ({ content }) => content,
  );
}

test("a backup of a server that runs is restored on a machine without data", async () => {
  await using folder = await temporaryDirectory();
  const data = join(folder.path, ".mini-openclaw");
  const archive = join(folder.path, "backup.tar.gz");
  let before: string[];
  let sessionId: string;
  {
    await using server = await startServer(folder.path);
    sessionId = await ask(server.url, "list the files");
    before = await textsOf(server.url, sessionId);
    // A run that is active while the archive is written.
    const active = ask(server.url, "list the files");
    expect(run("backup.sh", data, archive)).toMatchObject({ status: 0, stderr: "" });
    await active;
  }
  expect(statSync(archive).mode & 0o777).toBe(0o600);

  renameSync(data, join(folder.path, "lost"));
  expect(run("restore.sh", archive, data)).toMatchObject({ status: 0 });
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
  const verified = spawnSync(process.execPath, [main, "sessions", "verify"], {
    cwd: folder.path,
    env,
    encoding: "utf8",
  });
  expect({ status: verified.status, err: verified.stderr }).toEqual({
    status: 0,
    err: "1 session(s) checked, 0 problem(s) found.\n",
  });

  await using server = await startServer(folder.path);
  const after = await textsOf(server.url, sessionId);
  expect(after.slice(0, before.length)).toEqual(before);
  await ask(server.url, "list the files");
  expect((await textsOf(server.url, sessionId)).length).toBeGreaterThan(after.length);
});

test("overwrites neither an archive nor a data directory, and saves nothing else", async () => {
  await using folder = await temporaryDirectory();
  const data = join(folder.path, "data");
  mkdirSync(join(data, "sessions"), { recursive: true });
  writeFileSync(join(data, "sessions", "a.jsonl"), "{}\n");
  const archive = join(folder.path, "backup.tar.gz");

  expect(run("backup.sh", folder.path, archive)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("is no data directory"),
  });
  expect(existsSync(archive)).toBe(false);
  expect(run("backup.sh", data, archive).status).toBe(0);
  const bytes = readFileSync(archive);
  expect(run("backup.sh", data, archive)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("exists"),
  });
  expect(readFileSync(archive)).toEqual(bytes);
  expect(run("restore.sh", archive, data)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("is not empty"),
  });
});
