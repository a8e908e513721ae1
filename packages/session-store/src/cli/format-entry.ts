import type { Entry, ToolCallRecord } from "@mini-openclaw/protocol";
import { bold, dim, instant, safe, type Terminal } from "./terminal.ts";

/** An entry for people. */
export function formatEntry(terminal: Terminal, entry: Entry): string {
  const head = `${dim(terminal, `${entry.seq}`.padStart(5))} ${dim(terminal, instant(entry.timestamp))} `;
  if (!("role" in entry)) return `${head}${dim(terminal, safe(describeRecord(entry)))}\n`;
  const who = entry.role === "tool" ? `tool ${entry.toolName}${entry.isError ? " (error)" : ""}` : entry.role;
  const mark = entry.role === "assistant" && entry.partial ? ` (${entry.partial})` : "";
  const calls = entry.role === "assistant" ? (entry.toolCalls ?? []).map(describeCall) : [];
  const lines = [...(entry.content === "" ? [] : entry.content.split("\n")), ...calls];
  return `${head}${bold(terminal, safe(`${who}${mark}`))}\n${lines.map((line) => `      ${safe(line)}\n`).join("")}`;
}

/** An entry as a section of a Markdown document. */
export function toMarkdown(entry: Entry): string {
  if (!("role" in entry)) return "";
  if (entry.role === "tool") return `\n**${entry.toolName}** answered:\n\n${fenced(entry.content)}`;
  const calls = entry.role === "assistant" ? (entry.toolCalls ?? []) : [];
  const called = calls.map(
    ({ toolName, input, output }) =>
      `\n**${toolName}** called with:\n\n${fenced(JSON.stringify(input, null, 2), "json")}${output === undefined ? "" : `\nIt answered:\n\n${fenced(output)}`}`,
  );
  const text = entry.content === "" ? "" : `\n${entry.content}\n`;
  return `\n## ${entry.role}, ${instant(entry.timestamp)} UTC\n${text}${called.join("")}`;
}

function describeRecord(entry: Exclude<Entry, { role: string }>): string {
  if (entry.type === "run_end") return `run ${entry.runId} ended: ${entry.outcome}`;
  if (entry.title !== undefined) return `new title: ${entry.title}`;
  return entry.archived ? "archived" : "taken out of the archive";
}

function describeCall({ toolName, input, output }: ToolCallRecord): string {
  const answer = output === undefined ? "" : ` → ${output}`;
  return `calls ${toolName} ${JSON.stringify(input)}${answer}`;
}

/** A code block whose fence is longer than any in the text. */
function fenced(text: string, language = ""): string {
  let longest = 2;
  for (const [ticks] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, ticks.length);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}\n`;
}
