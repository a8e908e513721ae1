#!/usr/bin/env node
// Tries the release of all packages in a copy of the repository: the changesets become versions and
// CHANGELOGs, and pnpm publishes without sending anything. The working tree stays as it is. By
// hand: `npm run build && node scripts/check-release.mjs`.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "release-"));
/** @type {string[]} */
const problems = [];
try {
  run("git", ["clone", "--quiet", "--no-hardlinks", root, copy], root);
  run(process.execPath, ["scripts/pnpm.mjs", "install", "--frozen-lockfile", "--prefer-offline"], copy);
  run(process.execPath, ["scripts/pnpm.mjs", "exec", "changeset", "version"], copy);
  const folders = [...readdirSync(join(copy, "packages")).map((name) => `packages/${name}`)];
  folders.push("examples/mini-openclaw");
  const versions = new Set(folders.map(check));
  // A package that another one has as a peer would raise the whole group by a major version.
  if (versions.size > 1) problems.push(`The versions differ: ${[...versions].join(", ")}.`);
  const left = readdirSync(join(copy, ".changeset")).filter((name) => /^(?!README).*\.md$/.test(name));
  if (left.length > 0) problems.push(`Changesets are left: ${left.join(", ")}.`);
  const args = ["publish", "--recursive", "--dry-run", "--no-git-checks", "--access", "public"];
  const published = run(process.execPath, ["scripts/pnpm.mjs", ...args], copy);
  console.log(`Would publish ${folders.length} packages, version ${[...versions].join(", ")}.`);
  for (const complaint of published.split("\n").filter((line) => /WARN(?!.*dry run)|ERR/.test(line)))
    problems.push(complaint);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

/**
 * Checks the version and the CHANGELOG of a package, and copies what its build wrote.
 * @param {string} folder
 * @returns {string} its version
 */
function check(folder) {
  const { name, version } = JSON.parse(readFileSync(join(copy, folder, "package.json"), "utf8"));
  const log = join(copy, folder, "CHANGELOG.md");
  if (version === "0.0.0") problems.push(`${name} keeps version 0.0.0.`);
  if (!existsSync(log) || !readFileSync(log, "utf8").includes(`## ${version}`))
    problems.push(`${name}: CHANGELOG.md has no section of ${version}.`);
  if (existsSync(join(root, folder, "dist")))
    cpSync(join(root, folder, "dist"), join(copy, folder, "dist"), { recursive: true });
  else problems.push(`${name} is not built. Run npm run build first.`);
  return version;
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
