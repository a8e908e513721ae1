import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { startModelServer, toolCall } from "./model-server.ts";
import { temporaryDirectory } from "./server.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));
const hasScript = existsSync("/usr/bin/script");
const patience = { timeout: 20_000 };

/** Starts a program whose agent has begun a long command, without a sandbox that would end it. */
async function startLongCommand(cwd: string, argv: readonly [string, ...string[]]) {
  const model = await startModelServer();
  const call = toolCall("toolu_1", "bash", { command: "sleep 600 & echo $$ > pid; wait", timeout: 600 });
  model.mock.on({ hasToolResult: false }, { content: "", toolCalls: [call] });
  model.mock.on({ hasToolResult: true }, { content: "Done." });
  const [program, ...args] = argv;
  const child = spawn(program, args, {
    cwd,
    env: {
      ...{ PATH: process.env["PATH"] ?? "", HOME: cwd, ...model.env },
      ...{ MINI_OPENCLAW_SANDBOX: "off", MINI_OPENCLAW_APPROVAL: "off", MINI_OPENCLAW_PORT: "0" },
    },
  });
  const file = join(cwd, "pid");
  let output = "";
  child.stdout.on("data", (text: Buffer) => {
    output += String(text);
  });
  return {
    child,
    output: () => output,
    /** Resolves with the process of the command. */
    async command(): Promise<number> {
      await expect.poll(() => existsSync(file) && readFileSync(file, "utf8"), patience).toMatch(/^\d+\n$/);
      return Number(readFileSync(file, "utf8"));
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await model[Symbol.asyncDispose]();
    },
  };
}

function exists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function codeOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}

describe("a signal during a command of the agent", () => {
  test("SIGTERM stops the run and its command, and leaves no address", async () => {
    await using folder = await temporaryDirectory();
    await using started = await startLongCommand(folder.path, [process.execPath, main, "run", "go"]);
    started.child.stdin.end();
    const pid = await started.command();

    started.child.kill("SIGTERM");

    expect(await codeOf(started.child)).toBe(130);
    // A killed process exists until the system has collected it.
    await expect.poll(() => exists(pid), patience).toBe(false);
    expect(existsSync(join(folder.path, ".mini-openclaw", "address"))).toBe(false);
  });

  test("a second one ends the server at once, and the command with it", async () => {
    await using folder = await temporaryDirectory();
    await using started = await startLongCommand(folder.path, [process.execPath, main]);
    const { child, output } = started;
    await expect.poll(() => /^Open (\S+)/m.exec(output())?.[1], patience).toBeDefined();
    const url = /^Open (\S+)/m.exec(output())?.[1] ?? "";
    const post = async (path: string, body: object): Promise<{ sessionId: string }> => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      return (await answer.json()) as { sessionId: string };
    };
    const { sessionId } = await post("sessions", {});
    const answered = post(`sessions/${sessionId}/messages`, { content: "go" }).catch(() => undefined);
    const pid = await started.command();

    child.kill("SIGTERM");
    await expect.poll(output, patience).toContain("SIGTERM: waiting for active runs.");
    expect(exists(pid)).toBe(true);
    child.kill("SIGTERM");

    expect(await codeOf(child)).toBe(1);
    await answered;
    await expect.poll(() => exists(pid), patience).toBe(false);
  });

  test.skipIf(!hasScript)("a terminal that is closed ends the chat and the command", async () => {
    await using folder = await temporaryDirectory();
    const inTerminal = `exec ${process.execPath} ${main} chat`;
    const argv = ["/usr/bin/script", "-qefc", inTerminal, "/dev/null"] as const;
    await using started = await startLongCommand(folder.path, argv);
    await expect.poll(started.output, patience).toContain("/quit leaves");
    started.child.stdin.write("go\r");
    const pid = await started.command();

    // The terminal goes with the program that made it.
    started.child.kill("SIGKILL");

    await expect.poll(() => exists(pid), patience).toBe(false);
    await expect.poll(() => existsSync(join(folder.path, ".mini-openclaw", "address")), patience).toBe(false);
  });
});
