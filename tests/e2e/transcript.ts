import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A line of a transcript, as far as the tests look into it. */
export interface Line {
  type?: string;
  role?: string;
  content?: string;
  key?: string;
  outcome?: string;
  callId?: string;
  isError?: boolean;
  runId?: string;
  seq?: number;
  toolCalls?: { callId: string; toolName: string; input: Record<string, unknown> }[];
}

/** The lines of a session's file on disk. */
export function readTranscript(workspace: string, sessionId: string): Line[] {
  return readFileSync(transcriptPath(workspace, sessionId), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

export function transcriptPath(workspace: string, sessionId: string): string {
  return join(workspace, ".mini-openclaw", "sessions", `${sessionId}.jsonl`);
}

/** False where `jq` is not installed; in CI it must be. */
export function hasJq(): boolean {
  return process.env["CI"] !== undefined || spawnSync("jq", ["--version"]).status === 0;
}

/** Returns the lines that `jq` prints for a session's file. */
export function jq(filter: string, path: string): string[] {
  return execFileSync("jq", ["-r", filter, path], { encoding: "utf8" }).trimEnd().split("\n");
}
