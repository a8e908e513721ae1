import { isRecord } from "@mini-openclaw/protocol/shared";

/** A line of a session file, as an object. */
type Line = Record<string, unknown>;

/**
 * The session files of other programs, by what no other program writes. Seen in files that Claude
 * Code 2.1.332, Codex 0.171.0, pi 1.6.0, Qwen Code 0.15.10 and Gemini CLI 0.61.0 wrote on
 * 2026-11-29, and in the sources of OpenClaw, which embeds pi, and of older versions of Gemini CLI.
 */
const programs: readonly { readonly name: string; readonly isLine: (line: Line) => boolean }[] = [
  {
    name: "Codex",
    isLine: ({ type, payload, record_type, instructions, id }) =>
      (typeof type === "string" && isRecord(payload)) ||
      record_type === "state" ||
      (instructions !== undefined && typeof id === "string"),
  },
  {
    name: "pi or OpenClaw",
    isLine: ({ type, version, id, timestamp, cwd }) =>
      type === "session" &&
      typeof id === "string" &&
      typeof timestamp === "string" &&
      (typeof cwd === "string" || typeof version === "number"),
  },
  {
    name: "Gemini CLI",
    isLine: ({ sessionId, projectHash, type }) =>
      (typeof sessionId === "string" && typeof projectHash === "string") || type === "gemini",
  },
  {
    name: "Qwen Code",
    isLine: ({ sessionId, uuid, message }) =>
      typeof sessionId === "string" && typeof uuid === "string" && hasParts(message),
  },
  {
    name: "Claude Code",
    isLine: ({ sessionId, type, isSidechain, operation, summary, leafUuid, snapshot }) =>
      (typeof sessionId === "string" &&
        (isSidechain !== undefined || (type === "queue-operation" && operation !== undefined))) ||
      (type === "summary" && typeof summary === "string" && leafUuid !== undefined) ||
      (type === "file-history-snapshot" && isRecord(snapshot)),
  },
];

/** Stands for the program that wrote a file, if nothing in the file names one. */
export const unknownProgram = "an unknown program";

/** Pure: names the program that wrote the first lines of a file. */
export function programOf(text: string): string {
  for (const one of text.split("\n")) {
    const line = parseObject(one);
    if (!line) continue;
    const program = programs.find(({ isLine }) => isLine(line));
    if (program) return program.name;
  }
  // Older versions of Gemini CLI write one object over many lines.
  if (text.includes('"projectHash"') && text.includes('"sessionId"')) return "Gemini CLI";
  return unknownProgram;
}

function parseObject(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function hasParts(message: unknown): boolean {
  return isRecord(message) && Array.isArray(message["parts"]);
}
