// OpenClaw 2026.9.6, unmodified: its command line and its terminal.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startGateway, TOKEN } from "./gateway.ts";
import { installOpenClaw, type OpenClaw, skipReason } from "./install.ts";
import { keys, TerminalProgram } from "./terminal.ts";

// It takes 5 s to start on an idle machine, and much longer on a busy one.
const PATIENCE = { timeout: 100_000 };

const run = promisify(execFile);
if (skipReason !== undefined) console.info(`The tests of OpenClaw's terminal are skipped: ${skipReason}.`);

describe.skipIf(skipReason !== undefined)("OpenClaw's", () => {
  let openClaw: OpenClaw;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let home = "";
  const terminals: TerminalProgram[] = [];

  beforeAll(async () => {
    openClaw = installOpenClaw();
    home = mkdtempSync(join(tmpdir(), "openclaw-home-"));
    gateway = await startGateway();
  }, 600_000);
  afterEach(async () => {
    for (const terminal of terminals.splice(0)) await terminal.close();
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(home, { recursive: true, force: true });
  });

  /** Its settings and sessions are in a temporary folder, and it may not look for updates. */
  const env = () => ({
    PATH: process.env["PATH"],
    HOME: home,
    TERM: "xterm-256color",
    OPENCLAW_STATE_DIR: home,
    CI: "1",
  });

  async function call(...line: string[]): Promise<string> {
    const target = ["--url", gateway.url, "--token", TOKEN];
    const { stdout } = await run(openClaw.node, [openClaw.program, ...line, ...target], { env: env() });
    return stdout;
  }

  function openTerminal(session: string): TerminalProgram {
    const line = [openClaw.node, openClaw.program, "tui", "--url", gateway.url, "--token", TOKEN];
    const terminal = new TerminalProgram([...line, "--session", session].join(" "), {
      cwd: home,
      env: env(),
    });
    terminals.push(terminal);
    return terminal;
  }

  const shows = (terminal: TerminalProgram, text: string) =>
    expect.poll(() => terminal.text, PATIENCE).toContain(text);

  async function connectTerminal(session: string): Promise<TerminalProgram> {
    const terminal = openTerminal(session);
    await shows(terminal, "gateway connected");
    return terminal;
  }

  async function submit(terminal: TerminalProgram, text: string): Promise<void> {
    terminal.type(text);
    await shows(terminal, text);
    terminal.type(keys.enter);
  }

  test("`gateway call health` gets the answer", async () => {
    const output = await call("gateway", "call", "health");

    expect(output).toContain('"ok": true');
  });

  test("`gateway health` reports a healthy gateway", async () => {
    expect(await call("gateway", "health")).toMatch(/OK \(\d+ms\)/);
  });

  test("`gateway probe` reads everything that it asks for", async () => {
    const output = await call("gateway", "probe", "--json");

    expect(JSON.parse(output)).toMatchObject({
      ok: true,
      targets: expect.arrayContaining([
        expect.objectContaining({
          id: "explicit",
          connect: expect.objectContaining({ ok: true, rpcOk: true }),
          health: expect.objectContaining({ ok: true }),
        }),
      ]),
    });
  });

  test("`gateway call` sends a message, reads it and lists its session", async () => {
    const send = { sessionKey: "cli", message: "from the shell", idempotencyKey: "1" };

    const sent = await call("gateway", "call", "chat.send", "--params", JSON.stringify(send));
    await expect.poll(() => gateway.gateway.health().runs).toBe(0);
    const history = await call("gateway", "call", "chat.history", "--params", '{"sessionKey":"cli"}');
    const list = await call("gateway", "call", "sessions.list", "--params", "{}");

    expect(sent).toContain('"status": "started"');
    expect(history).toContain("You said: from the shell");
    expect(list).toContain('"key": "agent:main:cli"');
  });

  test("`gateway call` reports a wrong token", async () => {
    const line = ["gateway", "call", "health", "--url", gateway.url, "--token", "wrong"];

    const failed = run(openClaw.node, [openClaw.program, ...line], { env: env() });

    await expect(failed).rejects.toThrow("unauthorized: gateway token mismatch");
  });

  test("terminal shows answers, a failed run and an aborted one, and is ready after each", async () => {
    const terminal = await connectTerminal("talk");

    await submit(terminal, "hello");
    await shows(terminal, "You said: hello");
    await submit(terminal, "fail");
    await shows(terminal, "run error: AGENT_FAILED");
    await submit(terminal, "hang");
    await shows(terminal, "Hanging around.");
    terminal.type(keys.escape);
    await shows(terminal, "run aborted");
    await submit(terminal, "still there");
    await shows(terminal, "You said: still there");

    expect(terminal.text).not.toContain("agent is busy");
  });

  test("terminal shows the history after a restart", async () => {
    const first = await connectTerminal("past");
    await submit(first, "remember me");
    await shows(first, "You said: remember me");
    await first.close();

    const second = await connectTerminal("past");

    await shows(second, "You said: remember me");
    expect(second.text).toContain("session agent:main:past");
  });

  test("terminal asks before a tool call, and shows its output", async () => {
    const terminal = await connectTerminal("tools");
    await submit(terminal, "list files");

    await shows(terminal, "It wants to run ls.");
    // The selection begins at `Deny`. Enter selects, and a second one confirms.
    terminal.type(keys.up);
    terminal.type(keys.up);
    terminal.type(keys.enter);
    terminal.type(keys.enter);

    await shows(terminal, "Allowed: once");
    expect(terminal.text).toContain("notes.txt");
  });

  test("terminal begins a new conversation with /reset", async () => {
    const terminal = await connectTerminal("again");
    await submit(terminal, "old news");
    await shows(terminal, "You said: old news");

    await submit(terminal, "/reset");
    await shows(terminal, "session agent:main:again reset");
    await submit(terminal, "good news");
    await shows(terminal, "You said: good news");

    expect(terminal.text).not.toContain("You said: old news");
  });
});
