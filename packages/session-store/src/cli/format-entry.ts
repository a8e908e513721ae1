import type { Entry, TodoItem, ToolCallRecord } from "@mini-openclaw/protocol";
import { blobsOf } from "../model/blobs-of.ts";
import { bold, dim, instant, safe, safeLine, type Terminal } from "./terminal.ts";

/** Formats an entry for people. */
export function formatEntry(terminal: Terminal, entry: Entry): string {
  const head = `${dim(terminal, `${entry.seq}`.padStart(5))} ${dim(terminal, instant(entry.timestamp))} `;
  if (!("role" in entry)) return `${head}${dim(terminal, safeLine(describeRecord(entry)))}\n`;
  const who = entry.role === "tool" ? `tool ${entry.toolName}${entry.isError ? " (error)" : ""}` : entry.role;
  const mark = entry.role === "assistant" && entry.partial ? ` (${entry.partial})` : "";
  const calls = entry.role === "assistant" ? (entry.toolCalls ?? []).map(describeCall) : [];
  const lines = [
    ...(entry.content === "" ? [] : entry.content.split("\n")),
    ...calls.flatMap((call) => call.split("\n")),
    ...blobsOf(entry).map((id) => `blob ${id}`),
  ];
  const text = lines.map((line) => `      ${safe(line)}\n`).join("");
  return `${head}${bold(terminal, safeLine(`${who}${mark}`))}\n${text}`;
}

function describeRecord(entry: Exclude<Entry, { role: string }>): string {
  if (entry.type === "run_end") {
    const { runId, outcome, error } = entry;
    return `run ${runId} ended: ${outcome}${error ? `, ${error.code}: ${error.message}` : ""}`;
  }
  if (entry.type === "todo_updated") return `list: ${entry.items.map(describeStep).join(", ") || "empty"}`;
  if (entry.title !== undefined) return `new title: ${entry.title}`;
  return entry.archived ? "archived" : "unarchived";
}

function describeStep({ text, state }: TodoItem): string {
  return `${text} (${state})`;
}

function describeCall({ toolName, input, output }: ToolCallRecord): string {
  const answer = output === undefined ? "" : ` → ${output}`;
  return `calls ${toolName} ${JSON.stringify(input)}${answer}`;
}
