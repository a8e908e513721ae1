// Measures the cost of 500 skills in a run's system prompt, read for the first time and from the
// cache. Build the package first, then run
//   node packages/agent-runtime/benchmarks/skills.mjs
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SkillsLoader } from "@mini-openclaw/agent-runtime";

const workspaceDir = await mkdtemp(join(tmpdir(), "skills-"));

async function measure(name, work) {
  const start = performance.now();
  const result = await work();
  console.log(`${name.padEnd(28)} ${(performance.now() - start).toFixed(1).padStart(7)} ms`);
  return result;
}

try {
  for (let number = 0; number < 500; number += 1) {
    const folder = join(workspaceDir, ".openclaw/skills", `skill-${number}`);
    await mkdir(folder, { recursive: true });
    const front = `---\nname: skill-${number}\ndescription: Does the thing of number ${number} when asked to.\n---\n`;
    await writeFile(join(folder, "SKILL.md"), `${front}${"A line of the skill's text.\n".repeat(200)}`);
  }
  console.log(`500 skills of 6 KB (Node ${process.versions.node})`);
  const loader = await measure("make the loader", () => new SkillsLoader({ workspaceDir }));
  const { skills } = await measure("read for the first time", () => loader.load());
  if (skills.length !== 500) throw new Error(`The loader found ${skills.length} skills of 500.`);
  await measure("from the cache", () => loader.load());
  await measure("from the cache, as an index", () => loader.index());
} finally {
  await rm(workspaceDir, { recursive: true });
}
