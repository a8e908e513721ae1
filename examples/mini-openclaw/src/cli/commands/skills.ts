import { cpSync, existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { SkillsLoader, validateSkill } from "@mini-openclaw/agent-runtime";
import type { Sources } from "../../settings/sources.ts";
import { UsageError } from "../../settings/usage-error.ts";
import { exitCodes } from "../exit.ts";
import { loadConfig, warn } from "../load.ts";
import { oneLine } from "../safe-text.ts";

type Flags = Sources["flags"];

export async function listSkills(flags: Flags): Promise<void> {
  const { workspace, skillsDir } = loadConfig(flags);
  const { skills, diagnostics } = await new SkillsLoader({ workspaceDir: workspace }).load();
  for (const { name, description } of skills) console.log(`${name}\t${oneLine(description)}`);
  for (const diagnostic of diagnostics) warn(oneLine(String(diagnostic), 500));
  if (skills.length === 0)
    console.log(`There are no skills in ${skillsDir}. Add one: mini-openclaw skills add <folder>`);
}

/** Exits with 1 if a skill has a fault. */
export async function validateSkills(folders: readonly string[], flags: Flags): Promise<void> {
  const { workspace, skillsDir } = loadConfig(flags);
  const { skills } =
    folders.length > 0 ? { skills: [] } : await new SkillsLoader({ workspaceDir: workspace }).load();
  const files = folders.length > 0 ? folders.map(fileOf) : skills.map(({ path }) => resolve(workspace, path));
  if (files.length === 0) console.log(`There are no skills in ${skillsDir}.`);
  let isBad = false;
  for (const file of files) {
    const faults = await faultsOf(file);
    console.log(`${file}: ${faults.length === 0 ? "good" : ""}`);
    for (const fault of faults) console.log(`  ${oneLine(fault, 500)}`);
    if (faults.length > 0) isBad = true;
  }
  if (isBad) process.exitCode = exitCodes.failed;
}

export async function addSkill(folder: string, flags: Flags): Promise<void> {
  const { skillsDir } = loadConfig(flags);
  const from = dirname(fileOf(folder));
  const to = join(skillsDir, basename(from));
  const faults = await faultsOf(fileOf(folder));
  if (faults.length > 0) {
    warn(`${from} is not a valid skill:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    process.exit(exitCodes.failed);
  }
  if (existsSync(to))
    throw new UsageError(`\`folder\` must be a new skill, and ${to} exists. Remove it first, or rename one.`);
  if (!relative(from, to).startsWith(".."))
    throw new UsageError(
      `\`folder\` must not contain ${skillsDir}, got ${from}. Move the skill into a folder of its own.`,
    );
  cpSync(from, to, { recursive: true });
  console.log(`Added ${basename(from)} to ${skillsDir}.`);
}

/** @throws UsageError if there is no such file */
function fileOf(path: string): string {
  const file = /\.md$/i.test(path) ? resolve(path) : resolve(path, "SKILL.md");
  if (existsSync(file)) return file;
  throw new UsageError(`\`folder\` must contain a SKILL.md, got ${path}.`);
}

async function faultsOf(file: string): Promise<string[]> {
  return validateSkill(readFileSync(file, "utf8"), basename(dirname(file)));
}
