import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../load.ts";

/** Runs the command of `@mini-openclaw/session-store` on the sessions of this data directory. */
export function sessions(args: readonly string[]): never {
  const command = fileURLToPath(new URL("session-store.js", import.meta.url));
  const folder = args.includes("--dir") ? [] : ["--dir", loadConfig({}).sessionsDir];
  const { status } = spawnSync(process.execPath, [command, ...args, ...folder], { stdio: "inherit" });
  process.exit(status ?? 1);
}
