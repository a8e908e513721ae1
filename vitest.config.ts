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

// GATEWAY_STORE=postgres runs the gateway's tests on PostgreSQL instead of the memory store.
const onPostgres = {
  resolve: {
    alias: [
      {
        find: /^@mini-openclaw\/session-store$/,
        replacement: `${import.meta.dirname}/packages/postgres/test/server/swapped-store.ts`,
      },
    ],
  },
};
const notOnPostgres = [
  // These count or order steps within one turn of the event loop. This store waits for its database.
  "is made into JSON once, however many watch",
  "frames of one moment leave in one write",
  "is shown from its message_queued on",
  // These need the first answer of the store before 10 ms or a second of the gateway have passed.
  "a client that answers no ping is pinged, then cut off",
  "a message whose body comes when it has begun to stop is refused as DRAINING",
  // The clock of the whole process stands still, with that of the connections to the database.
  "closing the gateway with an endless drainMs",
  "with a clock that the test controls",
  "… and by itself, within seconds",
  // These read the files of a store on files.
  "every line that it stores matches schema.json",
  "does not reach the session of another by",
  // This is about the longest line of a file.
  "a run whose answer is too long to be saved",
  // These copy the files of a store that is in use, as a crash leaves them.
  "and was cut off by a crash",
  "a message that is repeated in process after a crash",
  "after a crash, on disk",
  "a run that a crash left failed keeps the code of its error",
  "a session with a dead writer get the end of its run",
  "a stream continues after a crash of the gateway",
];
const isSwapped = (root: string) =>
  root === "packages/gateway" && process.env["GATEWAY_STORE"] === "postgres";

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
      ...(isSwapped(root) && onPostgres),
      test: {
        name: root,
        root,
        include: root.startsWith("tests/") ? ["*.test.ts"] : ["test/**/*.test.ts"],
        // What hangs fails; what is slow does not: the slowest takes 45 s in `tests`, 5 s elsewhere, where nothing else runs.
        testTimeout: root.startsWith("tests/") ? 300_000 : 60_000,
        hookTimeout: 60_000,
        expect: { poll: { timeout: 30_000 } },
        ...(isSwapped(root) && {
          // Some tests begin a thousand sessions.
          testTimeout: 300_000,
          globalSetup: ["../postgres/test/server/global-server.ts"],
          // One reads the files of a store. The other has a cluster in memory of its own.
          exclude: ["test/files.test.ts", "test/cluster/**"],
          testNamePattern: new RegExp(`^(?!.*(?:${notOnPostgres.join("|")}))`),
        }),
      },
    })),
  },
});
