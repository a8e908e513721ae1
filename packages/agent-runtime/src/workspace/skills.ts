import { stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { OWN_FOLDER } from "../files/hidden-paths.ts";
import { below } from "../files/path-error.ts";
import { isMissing, readTextBeneath } from "../files/read-text.ts";
import { checkArrays, checkKnown, checkText } from "../shared/check-options.ts";
import { FileBacked, type Loaded } from "./file-backed.ts";
import { findSkills } from "./find-skills.ts";
import { type ParseYaml, parseFrontMatter } from "./front-matter.ts";
import { formatSkillsIndex, type Skill } from "./skills-index.ts";

/**
 * Front matter is looked for at the start of a SKILL.md only. Its fields are at most 2 KiB by the
 * specification.
 */
const MAX_FRONT_MATTER_CHARS = 65_536;

export interface LoadedSkills {
  /** In the order of their names. */
  skills: readonly Skill[];
  /** Faults with the paths of their files, in words for people. */
  diagnostics: readonly string[];
}

export interface SkillsOptions {
  workspaceDir: string;
  /**
   * Directories of skills. Of two skills with one name, the one in the directory that comes first
   * counts.
   *
   * @default `.openclaw/skills` and `.agents/skills` in the workspace
   */
  directories?: readonly string[];
}

interface Candidate {
  version: string;
  skill?: Skill;
  fault?: string;
}

/**
 * Finds skills: `<directory>/<name>/SKILL.md`. Searches the directories again only when something
 * in them changed, and reads a file again only when its time or size changed.
 */
export class SkillsLoader {
  /** The directories that are searched. `read_file` may read in them wherever they lie. */
  readonly directories: readonly string[];
  readonly #workspaceDir: string;
  #cache = new Map<string, Candidate>();
  readonly #loaded = new FileBacked(() => this.#load());

  /** @throws AgentError `INVALID_OPTION` */
  constructor(options: SkillsOptions) {
    checkKnown("new SkillsLoader", options, { workspaceDir: true, directories: true });
    const workspaceDir = checkText("workspaceDir", options.workspaceDir);
    checkArrays(options, ["directories"]);
    const { directories } = options;
    for (const [index, directory] of (directories ?? []).entries())
      checkText(`directories[${index}]`, directory);
    this.#workspaceDir = workspaceDir;
    this.directories = directories ?? [
      join(workspaceDir, ".openclaw", "skills"),
      join(workspaceDir, ".agents", "skills"),
    ];
  }

  /**
   * Returns the skills that are there now. Never rejects because of a bad skill: `diagnostics`
   * names it and the reason.
   */
  async load(): Promise<LoadedSkills> {
    return (await this.#loaded.get()).loaded;
  }

  /** The index for the system prompt, or empty when there are no skills to show. */
  async index(): Promise<string> {
    return (await this.#loaded.get()).index;
  }

  async #load(): Promise<Loaded<{ loaded: LoadedSkills; index: string }>> {
    const found = await Promise.all(this.directories.map(findSkills));
    const paths = found.flatMap((one) => one.paths);
    const read = await Promise.all(paths.map(async (path) => ({ path, candidate: await this.#read(path) })));
    const candidates = new Map(read.flatMap(({ path, candidate }) => (candidate ? [[path, candidate]] : [])));
    this.#cache = candidates;
    const { skills, faults } = nameSkills(candidates);
    const diagnostics = found.flatMap((one) => one.diagnostics);
    for (const [path, { fault }] of candidates) {
      for (const one of [fault, faults.get(path)]) if (one !== undefined) diagnostics.push(`${path}: ${one}`);
    }
    skills.sort((a, b) => (a.name < b.name ? -1 : 1));
    const shown = skills.filter(({ isHidden }) => !isHidden);
    return {
      value: { loaded: { skills, diagnostics }, index: formatSkillsIndex(shown, this.#workspaceDir) },
      paths: [...found.flatMap((one) => one.folders), ...paths],
    };
  }

  async #read(path: string): Promise<Candidate | undefined> {
    try {
      const { mtimeMs, size } = await stat(path);
      const version = `${mtimeMs}:${size}`;
      const known = this.#cache.get(path);
      if (known?.version === version) return known;
      // A link must not lead out: a repository could bring its user's keys into the prompt with
      // one.
      const roots = [this.#workspaceDir, ...this.directories];
      const root = roots.find((one) => below(one, path) !== undefined) ?? dirname(path);
      const folder = { dir: root, hidden: [OWN_FOLDER] };
      const text = (await readTextBeneath(folder, relative(root, path)))?.slice(0, MAX_FRONT_MATTER_CHARS);
      // Imported on first use: costs 20 ms, and many workspaces have no skills.
      const { parse } = await import("yaml");
      return text === undefined ? undefined : { version, ...toSkill(path, text, parse) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      return { version: "", fault: error instanceof Error ? error.message : String(error) };
    }
  }
}

/**
 * Decides which skill has which name: the one whose folder has it goes first, then the one that was
 * found first.
 */
function nameSkills(candidates: ReadonlyMap<string, Candidate>) {
  const byName = new Map<string, Skill>();
  const faults = new Map<string, string>();
  const all = [...candidates.values()].flatMap(({ skill }) => skill ?? []);
  const isOwn = (skill: Skill) => skill.name === folderOf(skill.path);
  for (const skill of [...all.filter(isOwn), ...all.filter((one) => !isOwn(one))]) {
    const first = byName.get(skill.name);
    const folder = folderOf(skill.path);
    if (!first) {
      byName.set(skill.name, skill);
    } else if (byName.has(folder)) {
      faults.set(skill.path, `${first.path} has the same name and counts`);
    } else {
      byName.set(folder, { ...skill, name: folder });
      faults.set(skill.path, `${first.path} has the same name, so that this one is named ${folder}`);
    }
  }
  return { skills: [...byName.values()], faults };
}

function folderOf(path: string): string {
  return basename(dirname(path));
}

function toSkill(path: string, text: string, parseYaml: ParseYaml): Omit<Candidate, "version"> {
  const { fields, fault } = parseFrontMatter(text, parseYaml);
  const folder = folderOf(path);
  const { description } = fields;
  const given = toName(fields["name"] ?? folder);
  const name = given ?? folder;
  if (typeof description !== "string" || description.trim() === "") {
    return { fault: fault ?? "it has no `description`; the index cannot show it" };
  }
  const skill: Skill = {
    name,
    description: description.trim(),
    path,
    ...(isYes(fields["disable-model-invocation"]) && { isHidden: true }),
  };
  if (fault) return { skill, fault };
  if (given === undefined) return { skill, fault: `its \`name\` is no text, so that it is named ${folder}` };
  return name === folder ? { skill } : { skill, fault: `its \`name\` is ${name}, not that of its folder` };
}

/** `yes` and `on` are true in the YAML that other agents read. */
function isYes(value: unknown): boolean {
  return value === true || (typeof value === "string" && /^(?:true|yes|on)$/i.test(value.trim()));
}

/** Returns a name in one line, or `undefined` for a value by which no model can call a skill. */
function toName(value: unknown): string | undefined {
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof text === "string" ? text.trim().replaceAll(/\s+/g, " ") || undefined : undefined;
}
