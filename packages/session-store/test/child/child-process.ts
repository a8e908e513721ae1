import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

/** Bundles `writer.ts` into a folder, so that plain Node runs it. Gives the path of the program. */
export async function buildWriter(folder: string): Promise<string> {
  await build({
    entry: { writer: fileURLToPath(new URL("./writer.ts", import.meta.url)) },
    outDir: folder,
    outExtension: () => ({ js: ".mjs" }),
    format: ["esm"],
    platform: "node",
    target: "node20.19",
    noExternal: [/./],
    esbuildOptions: (options) => {
      options.conditions = ["@mini-openclaw/source"];
    },
    config: false,
    silent: true,
  });
  return join(folder, "writer.mjs");
}

export interface Writer {
  readonly child: ChildProcess;
  /** The lines that the process printed so far. */
  readonly lines: string[];
  /** Resolves at its next line, or when it ends. */
  nextLine(): Promise<void>;
  /** Sends SIGKILL and waits until it is gone and all it said has been read. */
  kill(): Promise<void>;
}

/** Starts a writer process. */
export function startWriter(program: string, ...args: string[]): Writer {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  let wake = () => {};
  let unfinished = "";
  // A line whose end the process did not live to say was not said.
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const pieces = (unfinished + text).split("\n");
    unfinished = pieces.pop() ?? "";
    lines.push(...pieces);
    if (pieces.length > 0) wake();
  });
  const ended = once(child, "close").then(() => wake());
  return {
    child,
    lines,
    nextLine: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        wake = resolve;
      }),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
