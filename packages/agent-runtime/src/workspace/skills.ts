import { readdir, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { isMissing, readTextFile } from "../files/read-text.ts";
import { type ParseYaml, parseFrontMatter } from "./front-matter.ts";

/** Front matter is looked for at the start of a SKILL.md only. Its fields are at most 2 KiB by the specification. */
const MAX_FRONT_MATTER_CHARS = 65_536;

/** The index is at most so long, in UTF-16 units; of more skills the last are left out. Chosen to fit its section of the prompt. */
const MAX_INDEX_CHARS = 19_000;

/** A skill as the index shows it. */
export interface Skill {
  name: string;
  description: string;
  /** Absolute path of its SKILL.md. */
  path: string;
  /** Only its user starts it; the index leaves it out. `disable-model-invocation` in its front matter. */
  isHidden?: true;
}

export interface LoadedSkills {
  /** In the order of their names. */
  skills: readonly Skill[];
  /** What was wrong with which file, in words for people. */
  diagnostics: readonly string[];
}

export interface SkillsOptions {
  workspaceDir: string;
  /**
   * Directories of skills. Of two skills with one name, the one in the directory that comes first counts.
   * @default `.openclaw/skills` and `.agents/skills` in the workspace
   */
  directories?: readonly string[];
}

interface Candidate {
  version: string;
  skill?: Skill;
  fault?: string;
}

/** Finds skills: `<directory>/<name>/SKILL.md`. Reads a file again only when its time or size changed. */
export class SkillsLoader {
  readonly #workspaceDir: string;
  readonly #directories: readonly string[];
  #cache = new Map<string, Candidate>();

  constructor({ workspaceDir, directories }: SkillsOptions) {
    this.#workspaceDir = workspaceDir;
    this.#directories = directories ?? [
      join(workspaceDir, ".openclaw", "skills"),
      join(workspaceDir, ".agents", "skills"),
    ];
  }

  /** The skills that are there now. Never rejects because of a bad skill: `diagnostics` says which and why. */
  async load(): Promise<LoadedSkills> {
    const paths = (await Promise.all(this.#directories.map(listSkillFiles))).flat();
    const candidates = await Promise.all(paths.map((path) => this.#look(path)));
    const found = new Map<string, Candidate>();
    const skills = new Map<string, Skill>();
    const diagnostics: string[] = [];
    for (const [index, candidate] of candidates.entries()) {
      const path = paths[index] as string;
      if (!candidate) continue;
      found.set(path, candidate);
      if (candidate.fault) diagnostics.push(`${path}: ${candidate.fault}`);
      const { skill } = candidate;
      if (!skill) continue;
      const first = skills.get(skill.name);
      if (first) diagnostics.push(`${path}: ${first.path} has the same name and counts`);
      else skills.set(skill.name, skill);
    }
    this.#cache = found;
    const byName = [...skills.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return { skills: byName, diagnostics };
  }

  /** The index for the system prompt; empty when there are no skills to show. */
  async index(): Promise<string> {
    const { skills } = await this.load();
    return formatSkillsIndex(
      skills.filter(({ isHidden }) => !isHidden),
      this.#workspaceDir,
    );
  }

  async #look(path: string): Promise<Candidate | undefined> {
    try {
      const { mtimeMs, size } = await stat(path);
      const version = `${mtimeMs}:${size}`;
      const known = this.#cache.get(path);
      if (known?.version === version) return known;
      const text = (await readTextFile(path))?.slice(0, MAX_FRONT_MATTER_CHARS);
      // Imported on first use: costs 20 ms, and many workspaces have no skills.
      const { parse } = await import("yaml");
      return text === undefined ? undefined : { version, ...toSkill(path, text, parse) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      return { version: "", fault: error instanceof Error ? error.message : String(error) };
    }
  }
}

async function listSkillFiles(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    return names.sort().map((name) => join(directory, name, "SKILL.md"));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function toSkill(path: string, text: string, parseYaml: ParseYaml): Omit<Candidate, "version"> {
  const { fields, fault } = parseFrontMatter(text, parseYaml);
  const folder = basename(dirname(path));
  const { name = folder, description } = fields;
  if (typeof description !== "string" || description.trim() === "") {
    return { fault: fault ?? "it has no `description`; the index cannot show it" };
  }
  const skill: Skill = {
    name: String(name),
    description: description.trim(),
    path,
    ...(fields["disable-model-invocation"] === true && { isHidden: true }),
  };
  if (fault) return { skill, fault };
  return name === folder
    ? { skill }
    : { skill, fault: `its \`name\` is ${String(name)}, not that of its folder` };
}

/** `<available_skills>` with name, description and location of each; empty when there are none. */
function formatSkillsIndex(skills: readonly Skill[], workspaceDir: string): string {
  if (skills.length === 0) return "";
  let room = MAX_INDEX_CHARS;
  // Whole ones only: cut elsewhere, one skill's name would stand before another's location.
  const shown = skills
    .map((skill) => formatSkill(skill, workspaceDir))
    .filter((text) => {
      if (text.length >= room) return false;
      room -= text.length + 1;
      return true;
    });
  const missing = skills.length - shown.length;
  const mark = missing === 0 ? [] : [`  [${missing} more skills are not shown]`];
  return ["<available_skills>", ...shown, ...mark, "</available_skills>"].join("\n");
}

function formatSkill({ name, description, path }: Skill, workspaceDir: string): string {
  return [
    "  <skill>",
    `    <name>${escapeXml(name)}</name>`,
    `    <description>${escapeXml(description)}</description>`,
    `    <location>${escapeXml(toLocation(path, workspaceDir))}</location>`,
    "  </skill>",
  ].join("\n");
}

/** Relative to the workspace, as `read_file` wants it, where it lies inside. */
function toLocation(path: string, workspaceDir: string): string {
  const location = relative(workspaceDir, path);
  return location.startsWith("..") || isAbsolute(location) ? path : location;
}

function escapeXml(text: string): string {
  const escapes: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  return text.replace(/[&<>"']/g, (character) => escapes[character] as string);
}
