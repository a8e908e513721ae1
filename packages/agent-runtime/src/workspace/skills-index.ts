import { isAbsolute, relative } from "node:path";

/**
 * The index is at most so long, in UTF-16 units, to fit its section of the prompt. Of more skills
 * the last are left out.
 */
const MAX_INDEX_CHARS = 19_000;

/** A skill as the index shows it. */
export interface Skill {
  name: string;
  description: string;
  /** Absolute path of its SKILL.md. */
  path: string;
  /**
   * Only its user starts it. The index leaves it out. `disable-model-invocation` in its front
   * matter.
   */
  isHidden?: true;
}

/**
 * Returns `<available_skills>` with name, description and location of each, or empty when there are
 * none.
 */
export function formatSkillsIndex(skills: readonly Skill[], workspaceDir: string): string {
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
