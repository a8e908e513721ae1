#!/usr/bin/env node
// Packs every public package and checks its manifest, its types and its files. Then installs the
// libraries that stand alone in an empty project, and runs them by `import` and by `require`.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const ALLOWED_FILE =
  /^package\/(package\.json|README\.md|LICENSE|CHANGELOG\.md|schema\.json|(dist|src)\/.+)$/;
const STAND_ALONE = ["protocol", "session-store"];

const folder = mkdtempSync(join(tmpdir(), "packed-"));
/** @type {string[]} */
const problems = [];
/** @type {Map<string, string>} */
const tarballs = new Map();
try {
  for (const name of readdirSync("packages")) tarballs.set(name, packAndCheck(name));
  runInEmptyProject();
} finally {
  rmSync(folder, { recursive: true });
}
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? `${tarballs.size} packages: good` : `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

/** @param {string} name */
function packAndCheck(name) {
  const cwd = join("packages", name);
  const packed = JSON.parse(run("pnpm", ["pack", "--json", "--pack-destination", folder], cwd));
  const tarball = join(folder, packed.filename.split("/").at(-1));
  const files = run("tar", ["-tzf", tarball], ".").trim().split("\n");
  for (const file of files) {
    if (!ALLOWED_FILE.test(file)) problems.push(`${name}: ${file} does not belong in the package`);
  }
  for (const file of [
    "package/README.md",
    "package/LICENSE",
    "package/dist/index.js",
    "package/dist/index.d.ts",
  ]) {
    if (!files.includes(file)) problems.push(`${name}: ${file} is missing`);
  }
  const { scripts = {}, dependencies = {} } = JSON.parse(
    run("tar", ["-xzOf", tarball, "package/package.json"], "."),
  );
  for (const script of ["preinstall", "install", "postinstall"]) {
    if (script in scripts) problems.push(`${name}: has a ${script} script`);
  }
  for (const [dependency, range] of Object.entries(dependencies)) {
    if (/^(workspace|catalog):/.test(String(range))) problems.push(`${name}: ${dependency} is ${range}`);
  }
  attempt(name, "publint", ["exec", "publint", tarball, "--strict"]);
  attempt(name, "attw", ["exec", "attw", tarball, "--profile", "esm-only", "--quiet"]);
  return tarball;
}

/** The packed libraries, installed with npm alone, work by `import` and by `require`. */
function runInEmptyProject() {
  const project = mkdtempSync(join(folder, "project-"));
  writeFileSync(join(project, "package.json"), '{"private":true}');
  const chosen = STAND_ALONE.map((name) => tarballs.get(name) ?? "");
  run(
    "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", ...chosen],
    project,
  );
  const program = readFileSync(new URL("packed-program.txt", import.meta.url), "utf8");
  const required = program.replace(/^import (.+) from (".+");$/gm, "const $1 = require($2);");
  for (const [file, text] of [
    ["program.mjs", program],
    ["program.cjs", required],
  ]) {
    writeFileSync(join(project, String(file)), String(text));
    const output = run(process.execPath, [String(file)], project).trim();
    if (output !== "kept: hello")
      problems.push(`${file}: expected "kept: hello", got ${JSON.stringify(output)}`);
  }
}

/** @param {string} name @param {string} tool @param {string[]} args */
function attempt(name, tool, args) {
  try {
    run("pnpm", args, ".");
  } catch (error) {
    const { stdout, stderr } = /** @type {{ stdout: string, stderr: string }} */ (error);
    problems.push(`${name}: ${tool}:\n${stdout}${stderr}`);
  }
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
