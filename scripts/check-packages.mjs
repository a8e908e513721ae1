#!/usr/bin/env node
// Packs every public package and checks its manifest, its types and its files. Then installs the
// libraries that stand alone in an empty project, and runs them by `import` and by `require`.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runReadmePrograms } from "./readme-programs.mjs";

const ALLOWED_FILE =
  /^package\/(package\.json|README\.md|LICENSE|CHANGELOG\.md|(config\.)?schema\.json|(dist|src)\/.+)$/;
// The promises of the README.
const MAX_APP_PACKAGES = 40;
const MAX_APP_KIB = 35 * 1024;
const STAND_ALONE = ["protocol", "session-store"];

const folder = mkdtempSync(join(tmpdir(), "packed-"));
/** @type {string[]} */
const problems = [];
/** @type {Map<string, string>} */
const tarballs = new Map();
try {
  for (const name of readdirSync("packages")) {
    tarballs.set(name, packAndCheck(name, join("packages", name), ["index.js", "index.d.ts"]));
  }
  tarballs.set("mini-openclaw", packAndCheck("mini-openclaw", "examples/mini-openclaw", ["main.js"]));
  runInEmptyProject();
  runReadmes();
  runApp();
} finally {
  rmSync(folder, { recursive: true });
}
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? `${tarballs.size} packages: good` : `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

/** @param {string} name @param {string} cwd @param {string[]} entries */
function packAndCheck(name, cwd, entries) {
  const packed = JSON.parse(run("pnpm", ["pack", "--json", "--pack-destination", folder], cwd));
  const tarball = join(folder, packed.filename.split("/").at(-1));
  const files = run("tar", ["-tzf", tarball], ".").trim().split("\n");
  for (const file of files) {
    if (!ALLOWED_FILE.test(file)) problems.push(`${name}: ${file} does not belong in the package`);
  }
  const needed = ["README.md", "LICENSE", ...entries.map((entry) => `dist/${entry}`)];
  for (const file of needed.map((entry) => `package/${entry}`)) {
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
  if (entries.includes("index.js"))
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

/** The first programs of READMEs, with all packages and the SDK that the first README asks for. */
function runReadmes() {
  const project = mkdtempSync(join(folder, "readmes-"));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  run("npm", ["install", ...flags, ...tarballs.values(), "@anthropic-ai/sdk"], project);
  run("npm", ["pkg", "set", "type=module"], project);
  problems.push(...runReadmePrograms(project));
}

/** The app, installed with npm alone, is small, and answers. */
function runApp() {
  const project = mkdtempSync(join(folder, "app-"));
  writeFileSync(join(project, "package.json"), '{"private":true}');
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--omit=dev"];
  run("npm", ["install", ...flags, tarballs.get("mini-openclaw") ?? ""], project);
  const installed = run("npm", ["ls", "--all", "--parseable"], project).trim().split("\n").slice(1);
  const kib = Number(run("du", ["-sk", "--apparent-size", "node_modules"], project).split("\t")[0]);
  if (installed.length > MAX_APP_PACKAGES || kib > MAX_APP_KIB)
    problems.push(`mini-openclaw: installs ${installed.length} packages with ${kib} KiB`);
  const bin = join(project, "node_modules", ".bin", "mini-openclaw");
  const answer = run(bin, ["run", "list the files", "--provider", "demo"], project);
  if (!answer.includes("README.md")) problems.push(`mini-openclaw run: got ${JSON.stringify(answer)}`);
  console.log(`mini-openclaw: ${installed.length} packages, ${(kib / 1024).toFixed(1)} MiB installed`);
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
