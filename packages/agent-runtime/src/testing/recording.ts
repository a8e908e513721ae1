import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { ModelEvent, ModelRequest } from "@mini-openclaw/protocol";

/** The first line of a recording. */
export interface RecordingHeader {
  type: "recording";
  v: 1;
  /** The name of the model that was recorded. */
  model: string;
  recordedAt: number;
}

/** Every further line of a recording: one turn of the model, whole. */
export interface RecordedTurn {
  type: "turn";
  /** Its place among the turns that were asked for, from 1. */
  turn: number;
  request: ModelRequest;
  events: readonly ModelEvent[];
  /** True if the caller went away before the turn was complete. */
  stopped?: true;
  /** The provider's error. */
  error?: RecordedError;
}

export interface RecordedError {
  message: string;
  code?: string;
  retryable?: boolean;
  retryAfterMs?: number;
}

export interface Recording {
  model: string;
  /** In the order in which they were asked for. */
  turns: readonly RecordedTurn[];
}

/** Reads a recording. Throws an error that names the line that is none of one. */
export function readRecording(file: string): Recording {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  const records = lines.map((line, index) => parseLine(line, `${basename(file)}, line ${index + 1}`));
  const [header, ...rest] = records;
  if (header?.type !== "recording") throw new Error(`${basename(file)} does not begin as a recording does.`);
  const turns = rest.filter((record) => record.type === "turn").sort((a, b) => a.turn - b.turn);
  return { model: header.model, turns };
}

function parseLine(line: string, place: string): RecordingHeader | RecordedTurn {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (cause) {
    throw new Error(`${place}: this is not JSON. Record it again.`, { cause });
  }
  if (isHeader(record) || isTurn(record)) return record;
  throw new Error(`${place}: this is no record of a turn, or one of a later version. Record it again.`);
}

function isHeader(record: unknown): record is RecordingHeader {
  if (typeof record !== "object" || record === null || !("type" in record) || !("v" in record)) return false;
  return record.type === "recording" && record.v === 1 && "model" in record;
}

function isTurn(record: unknown): record is RecordedTurn {
  if (typeof record !== "object" || record === null || !("type" in record)) return false;
  return record.type === "turn" && "request" in record && "events" in record && Array.isArray(record.events);
}
