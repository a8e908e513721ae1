import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chatThrough } from "./phone.ts";
import { startNginx } from "./proxy.ts";

// A new user's first minutes: the packed app, an empty folder, an empty home and `npx`. Prints the
// seconds of each step, which mean something on an idle machine only.
const app = fileURLToPath(new URL("../../examples/mini-openclaw/", import.meta.url));
const headers = { "content-type": "application/json", accept: "text/event-stream" };
const body = JSON.stringify({ content: "list the files" });

let folder = "";
let home = "";
let npx: string[] = [];
const env = () => ({ PATH: process.env["PATH"] ?? "", HOME: home, npm_config_update_notifier: "false" });
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tour-"));
  home = join(folder, "home");
  mkdirSync(home);
  const pack = ["pack", "--json", "--pack-destination", folder];
  const packed = execFileSync("npm", pack, { cwd: app, encoding: "utf8", stdio: "pipe" });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  npx = ["--yes", "--package", join(folder, filename), "mini-openclaw"];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Returns a function that prints the seconds since now, and a step. */
function stopwatch() {
  const start = performance.now();
  return (step: string) =>
    console.log(`${((performance.now() - start) / 1000).toFixed(2).padStart(6)} s  ${step}`);
}

/** Starts the app with `npx` in an empty folder. */
async function startByNpx(name: string, settings: Record<string, string> = {}) {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  const child = spawn("npx", npx, {
    cwd,
    env: { ...env(), MINI_OPENCLAW_PORT: "0", ...settings },
    // A group of its own, because npx does not pass every signal on.
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  let text = "";
  for await (const piece of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    if (/^Open \S+\n/m.test(text)) break;
  }
  const url = /^Open (\S+)$/m.exec(text)?.[1];
  if (url === undefined) throw new Error(`The server did not start: ${text}`);
  // Later output must not fill the pipe.
  child.stdout.resume();
  return {
    url,
    run: (...args: string[]) =>
      execFileSync("npx", [...npx, ...args], { cwd, env: env(), encoding: "utf8", stdio: "pipe" }),
    async [Symbol.asyncDispose]() {
      process.kill(-Number(child.pid), "SIGTERM");
      await closed;
    },
  };
}

/** Yields the events of a run as they come. */
async function* eventsOf(answer: Response): AsyncGenerator<{ type: string; callId?: string }> {
  let text = "";
  for await (const bytes of answer.body ?? []) {
    text += Buffer.from(bytes).toString("utf8");
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = /^data: ?(.*)$/m.exec(event)?.[1];
      if (data !== undefined) yield JSON.parse(data) as { type: string; callId?: string };
    }
  }
}

test("npx streams an answer, and runs a schedule in its minute", async () => {
  const lap = stopwatch();
  await using server = await startByNpx("first");
  lap("npx installs the package, and the server listens");
  const answer = await fetch(`${server.url}sessions/current/messages`, { method: "POST", headers, body });
  const types: string[] = [];
  for await (const { type } of eventsOf(answer)) {
    if (type === "chunk" && !types.includes(type)) lap("the first words of an answer");
    types.push(type);
  }
  expect(types).toEqual(expect.arrayContaining(["chunk", "tool_done", "run_end"]));

  const scheduled = stopwatch();
  server.run("schedule", "add", "tour", "* * * * *", "list the files");
  scheduled("npx adds a schedule of each minute");
  const list = () => server.run("schedule", "ls", "--json");
  await expect.poll(list, { timeout: 120_000, interval: 1000 }).toContain('"outcome": "completed"');
  scheduled("the schedule ran");
});

test("npx asks before each tool, and runs a tool that a user approves", async () => {
  const lap = stopwatch();
  await using server = await startByNpx("approvals", { MINI_OPENCLAW_APPROVAL: "all" });
  const created = await fetch(`${server.url}sessions`, { method: "POST", headers, body: "{}" });
  const { sessionId } = (await created.json()) as { sessionId: string };
  const at = `${server.url}sessions/${sessionId}/`;
  const types: string[] = [];
  for await (const { type, callId } of eventsOf(
    await fetch(`${at}messages`, { method: "POST", headers, body }),
  )) {
    types.push(type);
    if (type !== "approval_request") continue;
    lap("the server of npx asks for an approval");
    const decision = JSON.stringify({ callId, decision: "once" });
    await fetch(`${at}approve`, { method: "POST", headers, body: decision });
  }
  expect(types).toEqual(expect.arrayContaining(["approval_request", "tool_done", "run_end"]));
  lap("the approved tool ran, and the answer ended");
});

test.skipIf(!existsSync("/usr/sbin/nginx") || !existsSync("/usr/bin/chromium"))(
  "the installed app chats on a phone's page behind nginx with TLS",
  async () => {
    const installed = execFileSync("npx", [...npx.slice(0, -1), "which", "mini-openclaw"], {
      env: env(),
      encoding: "utf8",
    });
    const lap = stopwatch();
    const { answer } = await chatThrough(
      { name: "claw.example.com", path: "/", program: installed.trim() },
      (options) => startNginx("claw.conf", options),
    );
    lap("a server, nginx with TLS, a browser, a login by the link, and a whole answer on the phone");

    expect(answer).toContain("README.md");
  },
);
