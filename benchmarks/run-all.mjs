// Runs every benchmark, one after the other, each in a process of its own.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const questions = [
  "time-to-first-chunk.mjs",
  "delta-latency.mjs",
  "cpu-per-delta.mjs",
  "slow-client.mjs",
  "many-sessions.mjs",
  "idle-connections.mjs",
  "start.mjs",
  "openclaw.mjs",
  "app-costs.mjs",
  "ai-sdk.mjs",
];
for (const question of questions) {
  const path = fileURLToPath(new URL(question, import.meta.url));
  const { status } = spawnSync(process.execPath, [path], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
