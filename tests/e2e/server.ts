import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));

export type Env = Record<string, string>;

/** A directory of its own for one test. */
export async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), "mini-openclaw-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Runs the example as its users do: `node dist/main.js`, on a free port, with nothing but the
 * environment given.
 */
function runMain(env: Env, cwd: string, program = main): ChildProcess & { text: () => string } {
  const child = spawn(process.execPath, [program], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, MINI_OPENCLAW_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return Object.assign(child, { text: () => text });
}

/** Starts a server that must come up; `stop` ends it and gives its exit code. */
export async function startServer(workspace: string, env: Env = {}, program?: string) {
  const child = runMain(env, workspace, program);
  // After the last word that it printed, which may be read only when the process has gone.
  const exited = once(child, "close");
  while (!/^Open (\S+)/m.test(child.text())) {
    await Promise.race([once(child.stdout ?? child, "data"), exited]);
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The server did not start:\n${child.text()}`);
  }
  const url = /^Open (\S+)/m.exec(child.text())?.[1] ?? "";
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  };
  return {
    url,
    webSocketUrl: url.replace("http", "ws"),
    pid: child.pid,
    text: child.text,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop("SIGKILL");
    },
  };
}

/** Runs a server that is expected to refuse: its exit code and all that it printed. */
export async function runToExit(workspace: string, env: Env): Promise<{ code: number | null; text: string }> {
  const child = runMain(env, workspace);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, text: child.text() };
}
