// Reads public skills with `SkillsLoader`: all SKILL.md files below a folder, else those of npm
// packages that it installs in a temporary folder. Fails if one is left out without a diagnostic,
// or if a description is not the one that YAML reads. Build the package first, then run
//   node packages/agent-runtime/benchmarks/public-skills.mjs [FOLDER]
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { SkillsLoader } from "@mini-openclaw/agent-runtime";
import { parse } from "yaml";

const packages = [
  "@framers/agentos-skills@0.10.1",
  "ai-labs-claude-skills@2.0.1",
  "@wednesday-solutions-eng/ai-agent-skills@1.1.0",
];

/** Returns the description that YAML reads, or undefined where the front matter is not YAML. */
function describe(text) {
  try {
    return parse(/^---\r?\n(.*?)\r?\n---/s.exec(text)?.[1] ?? "").description?.trim();
  } catch {
    return undefined;
  }
}

async function check(folder) {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => /(^|[\\/])skill\.md$/i.test(name)).map((name) => join(folder, name));
  // Each skill's group is a directory of its own, so that equal names of groups do not clash.
  const directories = [...new Set(files.map((file) => dirname(dirname(file))))];
  const faults = [];
  let count = 0;
  for (const directory of directories) {
    const { skills, diagnostics } = await new SkillsLoader({
      workspaceDir: folder,
      directories: [directory],
    }).load();
    const byPath = new Map(skills.map((skill) => [skill.path, skill]));
    for (const file of files.filter((one) => dirname(dirname(one)) === directory)) {
      const skill = byPath.get(file);
      const isNamed = diagnostics.some((one) => one.startsWith(`${file}: `));
      if (skill) count += 1;
      if (!skill && !isNamed) faults.push(`${file}: left out without a diagnostic`);
      const description = describe(await readFile(file, "utf8"));
      if (skill && description !== undefined && skill.description !== description)
        faults.push(`${file}: its description is ${JSON.stringify(skill.description)}`);
    }
  }
  console.log(`${files.length} files, ${count} skills, ${faults.length} faults`);
  for (const fault of faults) console.log(fault);
  if (faults.length > 0 || count === 0) process.exitCode = 1;
}

const [given] = process.argv.slice(2);
if (given !== undefined) {
  await check(resolve(given));
} else {
  const folder = await mkdtemp(join(tmpdir(), "public-skills-"));
  try {
    await writeFile(join(folder, "package.json"), '{"private":true}');
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--legacy-peer-deps"];
    execFileSync("npm", ["install", ...quiet, ...packages], { cwd: folder, stdio: "inherit" });
    await check(join(folder, "node_modules"));
  } finally {
    await rm(folder, { recursive: true });
  }
}
