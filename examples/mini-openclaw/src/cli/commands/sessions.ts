import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import process from "node:process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../load.ts";

// Not in the middle of a line, where a path may have the name.
const COMMAND = /(?<=^|^ {2}|^Try "|\bUse: )session-store(?=:| )/gm;

/** Runs the command of `@mini-openclaw/session-store` on the sessions of this data directory. */
export async function sessions(args: readonly string[]): Promise<never> {
  const command = fileURLToPath(new URL("session-store.js", import.meta.url));
  const hasFolder = args.some((arg) => arg === "--dir" || arg.startsWith("--dir="));
  const folder = hasFolder ? [] : ["--dir", loadConfig({}).sessionsDir];
  const isHelp = args.length === 0 || args.includes("--help") || args.includes("-h");
  // The folder is in front, because what follows `--` is no option.
  const child = spawn(process.execPath, [command, ...folder, ...args], {
    stdio: ["inherit", isHelp ? "pipe" : "inherit", "pipe"],
  });
  rename(child.stdout, process.stdout);
  rename(child.stderr, process.stderr);
  // Otherwise the command would continue to work when nobody waits for it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (signal !== "SIGINT" || !hasTerminal()) child.kill(signal);
    });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0));
}

/** Returns true if Ctrl+C reaches the command too. A second SIGINT would end it at once. */
function hasTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
}

/** Prints a text with the name under which people call the command here. */
function rename(from: Readable | null, to: NodeJS.WriteStream): void {
  from?.setEncoding("utf8").on("data", (text: string) => {
    to.write(text.replaceAll(COMMAND, "mini-openclaw sessions"));
  });
}
