import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { bundleProgram } from "../../../../scripts/bundle-program.mjs";

/** Bundles `writer.ts` into a folder. Returns the path of the program. */
export function buildWriter(folder: string): Promise<string> {
  return bundleProgram(new URL("./writer.ts", import.meta.url), folder);
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
