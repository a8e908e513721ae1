import type { SystemPrompt } from "@mini-openclaw/protocol";
import type { Workspace } from "../files/workspace-file.ts";
import { cutMiddleLines } from "../shared/cut-text.ts";
import { toLocalTime } from "../shared/local-time.ts";
import type { Tool } from "../tool-calls/define-tool.ts";
import { type FileBacked, textFile } from "../workspace/file-backed.ts";
import { MAX_PROMPT_FILE_CHARS, type MemoryManager } from "../workspace/memory.ts";
import type { SkillsLoader } from "../workspace/skills.ts";

/** The identity of an agent whose options name none. */
export const defaultIdentity = `You are Mini OpenClaw, a personal assistant that works in its user's workspace.
Use your tools to look and to act instead of guessing, and say plainly what you did and what you found.
Answer in the language of the user.`;

/** The sources of the system prompt. */
export interface PromptSources {
  identity?: string;
  workspace?: PromptWorkspace;
  memory?: MemoryManager;
  skills?: SkillsLoader;
  tools: readonly Tool[];
  /** Days before today whose logs the prompt has. */
  dailyLogDays: number;
}

/** A workspace, and the files of it that the prompt always has. */
export interface PromptWorkspace {
  dir: string;
  soul: FileBacked<string | undefined>;
  toolNotes: FileBacked<string | undefined>;
}

export function openPromptWorkspace(workspace: Workspace): PromptWorkspace {
  return {
    dir: workspace.dir,
    soul: textFile(workspace, ".openclaw/SOUL.md"),
    toolNotes: textFile(workspace, ".openclaw/TOOLS.md"),
  };
}

/** A part of the system prompt. */
export interface PromptSection {
  title: string;
  /** Where its text came from: a file, or what it was made of. */
  source: string;
  text: string;
  /**
   * True for a part that changes between runs: it stands behind the question, where it keeps the
   * cache of what comes before.
   */
  isVolatile?: boolean;
}

/**
 * The parts of the system prompt, in this order: identity, `.openclaw/SOUL.md`,
 * `.openclaw/TOOLS.md`, memory, skills, runtime, tools. A part that is not there is left out.
 */
export async function readPromptSections(sources: PromptSources): Promise<PromptSection[]> {
  const { identity = defaultIdentity, workspace, memory, skills, tools } = sources;
  const sections = await Promise.all([
    section("Identity", "options", async () => identity),
    workspace && section("Soul", ".openclaw/SOUL.md", () => workspace.soul.get()),
    workspace && section("Notes on tools", ".openclaw/TOOLS.md", () => workspace.toolNotes.get()),
    memory && volatile(section("Memory", "MEMORY.md", () => memory.readLongTerm())),
    ...logSections(memory, sources.dailyLogDays).map(volatile),
    skills && section("Skills", "SKILL.md files", () => skillsSection(skills)),
    section("Runtime", "this process", async () => runtimeFacts(workspace?.dir)),
    section("Tools", "tool definitions", async () => listTools(tools)),
  ]);
  return sections.flatMap((one) => one || []);
}

/**
 * Returns the whole system prompt. Memory and time change from run to run: they stand in
 * `volatile`, so that the model's server can keep what comes before it in its cache.
 */
export function toSystemPrompt(
  sections: readonly PromptSection[],
  now: number,
  timeZone?: string,
): SystemPrompt {
  const textOf = (isVolatile: boolean) =>
    sections.filter((one) => (one.isVolatile ?? false) === isVolatile).map(({ text }) => text);
  const { day, time, offset, zone } = toLocalTime(now, timeZone);
  const place = zone === "UTC" ? "Z" : `${offset} (${zone})`;
  const clock = `The time is ${day}T${time}${place}.`;
  return { stable: textOf(false).join("\n\n"), volatile: [...textOf(true), clock].join("\n\n") };
}

async function volatile(reading: Promise<PromptSection | undefined>): Promise<PromptSection | undefined> {
  const read = await reading;
  return read && { ...read, isVolatile: true };
}

async function section(
  title: string,
  source: string,
  read: () => Promise<string | undefined>,
): Promise<PromptSection | undefined> {
  try {
    const text = (await read())?.trim();
    return text
      ? { title, source, text: `# ${title}\n\n${cutMiddleLines(text, MAX_PROMPT_FILE_CHARS)}` }
      : undefined;
  } catch (error) {
    // The run continues without the file, and the model can report it.
    const reason = error instanceof Error ? error.message : String(error);
    return { title, source, text: `# ${title}\n\n[could not be read: ${reason}]` };
  }
}

function logSections(memory: MemoryManager | undefined, days: number): Promise<PromptSection | undefined>[] {
  if (!memory) return [];
  const oldestFirst = Array.from({ length: days + 1 }, (_, index) => days - index);
  return oldestFirst.map((daysAgo) => {
    const title = daysAgo === 0 ? "Log of today" : `Log of ${daysAgo} ${daysAgo === 1 ? "day" : "days"} ago`;
    return section(title, "daily log", async () => (await memory.readDailyLog({ daysAgo }))?.text);
  });
}

async function skillsSection(skills: SkillsLoader): Promise<string> {
  const index = await skills.index();
  const use =
    "Read a skill's file at its location with `read_file` before you do what its description covers.";
  return index && `${use}\n\n${index}`;
}

function runtimeFacts(workspaceDir: string | undefined): string {
  const facts = [`- System: ${process.platform} ${process.arch}, Node ${process.versions.node}`];
  if (workspaceDir) facts.push(`- Workspace: ${workspaceDir}; relative paths start there`);
  return facts.join("\n");
}

function listTools(tools: readonly Tool[]): string {
  return tools.map(({ model }) => `- ${model.name}: ${model.description}`).join("\n");
}
