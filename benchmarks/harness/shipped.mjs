// The example server as it ships, and a workspace such as its users have.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** This checkout. */
const own = fileURLToPath(new URL("../..", import.meta.url));

/** A checkout of an older commit, built, to be measured beside this one. `undefined`: none. */
export const oldCheckout = process.env["BENCH_OLD"] || undefined;

const SKILLS = 8;
const line = "The words of a file that its user has written, and that every request carries.\n";

/**
 * Writes what the prompt of the example server is made of: SOUL.md, TOOLS.md, MEMORY.md and skills.
 * @param {string} folder
 */
export function writeWorkspace(folder) {
  const openclaw = join(folder, ".openclaw");
  mkdirSync(openclaw);
  writeFileSync(join(openclaw, "SOUL.md"), line.repeat(20));
  writeFileSync(join(openclaw, "TOOLS.md"), line.repeat(20));
  writeFileSync(join(folder, "MEMORY.md"), `- ${line}`.repeat(40));
  for (let number = 1; number <= SKILLS; number += 1) {
    const skill = join(openclaw, "skills", `skill-${number}`);
    mkdirSync(skill, { recursive: true });
    const head = `---\nname: skill-${number}\ndescription: Use it when number ${number} is asked for.\n---\n`;
    writeFileSync(join(skill, "SKILL.md"), head + line.repeat(50));
  }
  return folder;
}

/**
 * Starts the example server of a checkout, with the settings that it has by itself. No summaries:
 * they are further calls of the model, in the middle of the measured ones.
 * @param {import("./benchmark.mjs").Bench} bench
 * @param {number} modelPort
 * @param {string} [checkout]
 * @param {Record<string, string>} [settings]
 */
export function startShipped({ start, folder }, modelPort, checkout = own, settings = {}) {
  const workspace = writeWorkspace(folder());
  return start(join(checkout, "examples/mini-openclaw/dist/main.js"), {
    env: {
      MINI_OPENCLAW_PORT: "0",
      MINI_OPENCLAW_WORKSPACE: workspace,
      MINI_OPENCLAW_COMPACT_AT: "0",
      ANTHROPIC_API_KEY: "none",
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${modelPort}`,
      ...settings,
    },
    readPort: /http:\/\/127\.0\.0\.1:(\d+)\//,
  });
}
