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

/** A part of the prompt, and its text, which may still be read from a file. */
interface PromptPart extends Omit<PromptSection, "text"> {
  text: string | undefined | Promise<string | undefined>;
}

/**
 * Returns the parts of the system prompt, in this order: identity, `.openclaw/SOUL.md`,
 * `.openclaw/TOOLS.md`, memory, skills, runtime, tools. A part that is not there is left out.
 */
export async function readPromptSections(sources: PromptSources): Promise<PromptSection[]> {
  const { identity = defaultIdentity, workspace, memory, skills, tools } = sources;
  const parts: PromptPart[] = [
    { title: "Identity", source: "options", text: identity },
    { title: "Soul", source: ".openclaw/SOUL.md", text: workspace?.soul.get() },
    { title: "Notes on tools", source: ".openclaw/TOOLS.md", text: workspace?.toolNotes.get() },
    { title: "Memory", source: "MEMORY.md", text: memory?.readLongTerm(), isVolatile: true },
    ...(memory ? logParts(memory, sources.dailyLogDays) : []),
    { title: "Skills", source: "SKILL.md files", text: skills && skillsText(skills) },
    { title: "Runtime", source: "this process", text: runtimeFacts(workspace?.dir) },
    { title: "Tools", source: "tool definitions", text: listTools(tools) },
  ];
  const texts = await Promise.allSettled(parts.map(({ text }) => Promise.resolve(text)));
  return parts.flatMap((part, index) => toSection(part, texts[index]) ?? []);
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

function toSection(
  { title, source, isVolatile }: PromptPart,
  read: PromiseSettledResult<string | undefined> | undefined,
): PromptSection | undefined {
  const text = read?.status === "rejected" ? unreadable(read.reason) : read?.value?.trim();
  if (!text) return undefined;
  const section = { title, source, text: `# ${title}\n\n${cutMiddleLines(text, MAX_PROMPT_FILE_CHARS)}` };
  return isVolatile ? { ...section, isVolatile } : section;
}

/** The run continues without the file, and the model can report it. */
function unreadable(error: unknown): string {
  return `[could not be read: ${error instanceof Error ? error.message : String(error)}]`;
}

function logParts(memory: MemoryManager, days: number): PromptPart[] {
  const oldestFirst = Array.from({ length: days + 1 }, (_, index) => days - index);
  return oldestFirst.map((daysAgo) => ({
    title: daysAgo === 0 ? "Log of today" : `Log of ${daysAgo} ${daysAgo === 1 ? "day" : "days"} ago`,
    source: "daily log",
    text: logText(memory, daysAgo),
    isVolatile: true,
  }));
}

async function logText(memory: MemoryManager, daysAgo: number): Promise<string | undefined> {
  return (await memory.readDailyLog({ daysAgo }))?.text;
}

async function skillsText(skills: SkillsLoader): Promise<string> {
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
