import { join } from "node:path";
import type { SystemPrompt } from "@mini-openclaw/protocol";
import { cutMiddle } from "./cut-text.ts";
import type { Tool } from "./tool.ts";
import type { MemoryManager } from "./workspace/memory.ts";
import { readTextFile } from "./workspace/read-text.ts";
import type { SkillsLoader } from "./workspace/skills.ts";

/** Who the agent is, unless its maker says otherwise. */
export const defaultIdentity = `You are Mini OpenClaw, a personal assistant that works in its user's workspace.
Use your tools to look and to act instead of guessing, and say plainly what you did and what you found.
Answer in the language of the user.`;

/** Each file of the workspace gives the prompt at most this many UTF-16 units. OpenClaw's limit for its bootstrap files. */
const MAX_SECTION_CHARS = 20_000;

/** What {@link buildSystemPrompt} is made of. */
export interface PromptSources {
  identity?: string;
  workspaceDir?: string;
  memory?: MemoryManager;
  skills?: SkillsLoader;
  tools: readonly Tool[];
  /** The clock: milliseconds since 1970. */
  now: number;
  /** How many days before today the prompt shows the log of. */
  dailyLogDays: number;
}

/**
 * The system prompt, in this order: identity, `.openclaw/SOUL.md`, `.openclaw/TOOLS.md`, memory, skills, runtime, tools.
 *
 * A part that is not there is left out. What changes with the clock stands in `volatile`, so that the model's server can
 * keep what comes before it in its cache.
 */
export async function buildSystemPrompt(sources: PromptSources): Promise<SystemPrompt> {
  const { identity = defaultIdentity, workspaceDir, memory, skills, tools, now } = sources;
  const sections = await Promise.all([
    section("Identity", async () => identity),
    workspaceDir && section("Soul", () => bootstrapFile(workspaceDir, "SOUL.md")),
    workspaceDir && section("Notes on tools", () => bootstrapFile(workspaceDir, "TOOLS.md")),
    memory && section("Memory", () => memory.readLongTerm()),
    ...logSections(memory, sources.dailyLogDays),
    skills && section("Skills", () => skillsSection(skills)),
    section("Runtime", async () => runtimeFacts(workspaceDir)),
    section("Tools", async () => listTools(tools)),
  ]);
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  return { stable: sections.filter(Boolean).join("\n\n"), volatile: `The time is ${time}.` };
}

async function section(title: string, read: () => Promise<string | undefined>): Promise<string> {
  try {
    const text = (await read())?.trim();
    return text ? `# ${title}\n\n${cutMiddle(text, MAX_SECTION_CHARS)}` : "";
  } catch (error) {
    // The run goes on without the file; the model can tell its user.
    return `# ${title}\n\n[could not be read: ${error instanceof Error ? error.message : String(error)}]`;
  }
}

function bootstrapFile(workspaceDir: string, name: string): Promise<string | undefined> {
  return readTextFile(join(workspaceDir, ".openclaw", name), MAX_SECTION_CHARS * 4);
}

function logSections(memory: MemoryManager | undefined, days: number): Promise<string>[] {
  if (!memory) return [];
  const oldestFirst = Array.from({ length: days + 1 }, (_, index) => days - index);
  return oldestFirst.map(async (daysAgo) => {
    const title = daysAgo === 0 ? "Log of today" : `Log of ${daysAgo} ${daysAgo === 1 ? "day" : "days"} ago`;
    return section(title, async () => (await memory.readDailyLog({ daysAgo }))?.text);
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
