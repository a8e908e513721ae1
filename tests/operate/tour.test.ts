import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startServer, temporaryDirectory } from "../e2e/server.ts";
import { chatThrough } from "./phone.ts";
import { startNginx } from "./proxy.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const headers = { "content-type": "application/json", accept: "text/event-stream" };
const body = JSON.stringify({ content: "list the files" });

/** Prints the seconds of each step. Only an idle machine has times that mean anything. */
function stopwatch() {
  let last = performance.now();
  return (step: string) => {
    const now = performance.now();
    console.log(`${((now - last) / 1000).toFixed(2).padStart(6)} s  ${step}`);
    last = now;
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

test("a new user's first minutes with the packed app, in an empty folder and an empty home", async () => {
  await using folder = await temporaryDirectory();
  const [home, packed] = [join(folder.path, "home"), join(folder.path, "packed")];
  mkdirSync(home);
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, npm_config_update_notifier: "false" };
  const run = (...command: [string, ...string[]]) =>
    execFileSync(command[0], command.slice(1), { cwd: home, env, encoding: "utf8", stdio: "pipe" });
  const pack = ["pack", "--json", "--pack-destination", packed];
  const pnpm = join(root, "scripts", "pnpm.mjs");
  const cwd = join(root, "examples", "mini-openclaw");
  const { filename } = JSON.parse(
    execFileSync(process.execPath, [pnpm, ...pack], { cwd, encoding: "utf8", stdio: "pipe" }),
  ) as { filename: string };

  const lap = stopwatch();
  run(
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    "--prefix",
    home,
    join(packed, filename.split("/").at(-1) ?? ""),
  );
  lap("npm installs the package");
  const program = join(home, "node_modules", "mini-openclaw", "dist", "main.js");
  {
    await using server = await startServer(home, {}, program);
    lap("the server listens");
    const answer = await fetch(`${server.url}sessions/current/messages`, { method: "POST", headers, body });
    for await (const { type } of eventsOf(answer)) {
      if (type === "chunk") lap("the first words of an answer");
      if (type === "chunk") break;
    }
    run(process.execPath, program, "schedule", "add", "tour", "* * * * *", "list the files");
    const list = () => run(process.execPath, program, "schedule", "ls", "--json");
    await expect.poll(list, { timeout: 120_000, interval: 1000 }).toContain('"outcome": "completed"');
    lap("a schedule of each minute ran");
  }
  {
    await using server = await startServer(home, { MINI_OPENCLAW_APPROVAL: "all" }, program);
    lap("the server listens again, and asks before each tool");
    const { sessionId } = (await (
      await fetch(`${server.url}sessions`, { method: "POST", headers, body: "{}" })
    ).json()) as { sessionId: string };
    const at = `${server.url}sessions/${sessionId}/`;
    const types: string[] = [];
    for await (const { type, callId } of eventsOf(
      await fetch(`${at}messages`, { method: "POST", headers, body }),
    )) {
      types.push(type);
      if (type !== "approval_request") continue;
      lap("the first approval is asked for");
      const decision = JSON.stringify({ callId, decision: "once" });
      await fetch(`${at}approve`, { method: "POST", headers, body: decision });
    }
    expect(types).toEqual(expect.arrayContaining(["approval_request", "tool_done", "run_end"]));
    lap("the approved tool ran, and the answer ended");
  }
  if (!existsSync("/usr/sbin/nginx") || !existsSync("/usr/bin/chromium")) return;
  const { answer } = await chatThrough({ name: "claw.example.com", path: "/", program }, (options) =>
    startNginx("claw.conf", options),
  );
  expect(answer).toContain("README.md");
  lap("a server, nginx with TLS, a browser, and a chat on a phone's page");
});
