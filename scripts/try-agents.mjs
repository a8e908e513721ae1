// Runs the tests of `fromAiSdk` and `fromLangGraph` with other versions of the AI SDK and of
// LangGraph.js, which it installs in a temporary folder: `node scripts/try-agents.mjs ai@7.0.0`.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const root = join(import.meta.dirname, "..");
const source = join(root, "packages/ai-sdk");
// The oldest versions of what the README promises, and the newest ones.
const sets = [
  ["ai@7.0.0", "langchain@1.0.1", "@langchain/langgraph@1.0.0", "@langchain/core@1"],
  ["ai@7", "langchain@1", "@langchain/langgraph@1", "@langchain/core@1"],
];
const files = [
  "agent-steps.test.ts",
  "from-ai-sdk.test.ts",
  "from-lang-graph.test.ts",
  "gate.ts",
  "graph-runs.test.ts",
  "run-agent.ts",
  "scripted-model.ts",
  "scripted-parts.ts",
];
const given = process.argv.slice(2);

for (const packages of given.length > 0 ? [given] : sets) {
  const folder = mkdtempSync(join(tmpdir(), "try-agents-"));
  try {
    run(packages, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string[]} packages @param {string} folder */
function run(packages, folder) {
  console.log(packages.join(" "));
  writeFileSync(join(folder, "package.json"), '{"private":true,"type":"module"}');
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--legacy-peer-deps"];
  execFileSync("npm", ["install", ...quiet, ...packages, "zod@4", "zod-to-json-schema@3"], {
    cwd: folder,
    stdio: "inherit",
  });
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@mini-openclaw"), { recursive: true });
  for (const name of ["protocol", "gateway"])
    symlinkSync(join(root, "packages", name), join(modules, "@mini-openclaw", name));
  symlinkSync(join(root, "node_modules/vitest"), join(modules, "vitest"));
  cpSync(join(source, "src"), join(folder, "src"), { recursive: true });
  for (const name of files) cpSync(join(source, "test", name), join(folder, "test", name));
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const { status } = spawnSync(process.execPath, [vitest, "run", "--root", folder], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
