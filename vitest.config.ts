import { readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

// TEST_TARGET=dist runs the same tests against the built packages.
const conditions = process.env["TEST_TARGET"] === "dist" ? [] : ["@mini-openclaw/source"];
const ssr = {
  resolve: {
    conditions: [...conditions, "module", "node", "development|production"],
    externalConditions: [...conditions, "node", "module-sync"],
  },
};

const workspaces = ["packages", "examples", "tests"].flatMap((folder) =>
  readdirSync(folder).map((name) => `${folder}/${name}`),
);

const everyBranch = [
  "run/run-loop",
  "run/stream-turn",
  "run/turn-state",
  "run/run-deadline",
  "run/ask-turn",
  "run/loop-guard",
  "run/read-turn",
  "run/retry-policy",
  "run/compact",
  "run/compaction-due",
  "budget/budget",
  "budget/daily-spend",
  "budget/run-limits",
  "budget/spending",
  "budget/usage-meter",
  "budget/prices",
  "tool-calls/call-tools",
  "tool-calls/answer-call",
  "tool-calls/run-tool",
  "tool-calls/approvals",
  "context/context",
  "context/fit-context",
  "context/context-window",
  "context/run-context",
  "providers/convert/volatile-context",
];

export default defineConfig({
  test: {
    reporters: ["default", "./scripts/plain-reporter.mjs"],
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts"],
      reporter: ["text-summary", "json-summary"],
      thresholds: {
        lines: 80,
        branches: 80,
        // What decides how every run goes on and ends: each of its branches has a test.
        [`packages/agent-runtime/src/{${everyBranch.join(",")}}.ts`]: { branches: 100 },
      },
    },
    projects: workspaces.map((root) => ({
      ssr,
      test: {
        name: root,
        root,
        include: root.startsWith("tests/") ? ["*.test.ts"] : ["test/**/*.test.ts"],
        // What hangs fails; what is slow does not: the slowest takes 45 s in `tests`, 5 s elsewhere, where nothing else runs.
        testTimeout: root.startsWith("tests/") ? 300_000 : 60_000,
        hookTimeout: 60_000,
        expect: { poll: { timeout: 30_000 } },
      },
    })),
  },
});
