// Runs every benchmark of the store on PostgreSQL, or those that are named, one after the other.
// Each has a database of its own.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

const questions = ["first-words.mjs", "streams.mjs", "events.mjs", "resume.mjs", "million.mjs", "peers.mjs"];
const asked = process.argv.slice(2);
for (const question of asked.length > 0 ? asked : questions) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, question)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
