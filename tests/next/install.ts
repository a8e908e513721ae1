import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The example, as it is in the repository. */
export const example = join(root, "examples/next-use-chat");

/** The reason to skip the tests of Next.js itself, or `undefined`. */
export const skipReason: string | undefined = findSkipReason();

function findSkipReason(): string | undefined {
  if (!existsSync("/usr/bin/chromium")) return "there is no /usr/bin/chromium";
  if (process.env["NEXT_EXAMPLE"] === "1") return undefined;
  return "NEXT_EXAMPLE=1 installs Next.js (400 MB), builds the example and runs these tests";
}

/** The fields of a manifest that are read here. */
export interface Manifest {
  dependencies: Record<string, string>;
  overrides?: Record<string, string>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/**
 * Installs the example with the packed packages of this repository in a folder, and builds it with
 * the agent of `agent.txt`. Next.js builds nothing below a folder `node_modules`.
 */
export function buildExample(folder: string): void {
  cpSync(example, folder, { recursive: true });
  cpSync(fileURLToPath(new URL("agent.txt", import.meta.url)), join(folder, "agent.mjs"));
  const manifest = readManifest(folder);
  for (const name of ["protocol", "session-store", "gateway", "ai-sdk"]) {
    const file = join(folder, `${name}.tgz`);
    const pack = ["scripts/pnpm.mjs", "--dir", `packages/${name}`, "pack", "--out", file];
    execFileSync(process.execPath, pack, { cwd: root });
    manifest.dependencies[`@mini-openclaw/${name}`] = `file:${file}`;
  }
  manifest.overrides = { "@mini-openclaw/protocol": "$@mini-openclaw/protocol" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const options = { cwd: folder, env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" } };
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], options);
  execFileSync("npm", ["run", "build"], options);
}
