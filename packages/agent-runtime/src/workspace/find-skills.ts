import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../files/read-text.ts";

/**
 * Folders above a skill's own, in a directory of skills. Groups of groups are rare. More are named
 * in a diagnostic.
 */
const MAX_DEPTH = 3;

/** Skill files that were found, and folders that were not searched, with the reason. */
export interface FoundSkills {
  paths: readonly string[];
  diagnostics: readonly string[];
  /** The folders whose entries decide what is found. */
  folders: readonly string[];
}

/**
 * Finds `<name>/SKILL.md` in a directory of skills, in groups of folders too. `skill.md` counts in
 * any case, as it does on disks that compare names without it.
 */
export async function findSkills(directory: string): Promise<FoundSkills> {
  return await search(directory, 0);
}

async function search(folder: string, depth: number): Promise<FoundSkills> {
  const entries = await entriesIn(folder);
  if (entries instanceof Error) {
    return { paths: [], diagnostics: [`${folder}: ${entries.message}`], folders: [folder] };
  }
  const files = entries.map(({ name }) => name).filter((name) => name.toLowerCase() === "skill.md");
  const file = files.includes("SKILL.md") ? "SKILL.md" : files[0];
  // The folders in a skill's own hold what belongs to it.
  if (file !== undefined && depth > 0) {
    // As long as SKILL.md is there, no other entry counts.
    const folders = file === "SKILL.md" ? [] : [folder];
    return { paths: [join(folder, file)], diagnostics: [], folders };
  }
  const inner = entries.filter(isSearched).map(({ name }) => join(folder, name));
  if (depth > MAX_DEPTH) {
    const tooDeep = `${folder}: its folders are too deep to be searched`;
    return { paths: [], diagnostics: inner.length === 0 ? [] : [tooDeep], folders: [folder] };
  }
  const found = await Promise.all(inner.map((path) => search(path, depth + 1)));
  return {
    paths: found.flatMap(({ paths }) => paths),
    diagnostics: found.flatMap(({ diagnostics }) => diagnostics),
    folders: [folder, ...found.flatMap(({ folders }) => folders)],
  };
}

/**
 * A link may lead to a skill's folder. Whether it leads out of the workspace shows when its file is
 * read.
 */
function isSearched(entry: Dirent): boolean {
  const isFolder = entry.isDirectory() || entry.isSymbolicLink();
  return isFolder && !entry.name.startsWith(".") && entry.name !== "node_modules";
}

/**
 * Returns the entries of a folder in the order of their names, or none if it is not there or no
 * folder.
 */
async function entriesIn(folder: string): Promise<Dirent[] | Error> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isMissing(error)) return [];
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    return new Error(`The folder cannot be read${code}.`);
  }
}
