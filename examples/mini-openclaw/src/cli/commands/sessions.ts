import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../load.ts";

/** Runs the command of `@mini-openclaw/session-store` on the sessions of this data directory. */
export async function sessions(args: readonly string[]): Promise<never> {
  const command = fileURLToPath(new URL("session-store.js", import.meta.url));
  const folder = args.includes("--dir") ? [] : ["--dir", loadConfig({}).sessionsDir];
  const isHelp = args.length === 0 || args.includes("--help") || args.includes("-h");
  const child = spawn(process.execPath, [command, ...args, ...folder], {
    stdio: ["inherit", isHelp ? "pipe" : "inherit", "pipe"],
  });
  rename(child.stdout, process.stdout);
  rename(child.stderr, process.stderr);
  const [code] = (await once(child, "close")) as [number | null];
  return process.exit(code ?? 1);
}

/** Prints a text with the name under which people call the command here. */
function rename(from: Readable | null, to: NodeJS.WriteStream): void {
  from?.setEncoding("utf8").on("data", (text: string) => {
    to.write(text.replaceAll("session-store", "mini-openclaw sessions"));
  });
}
