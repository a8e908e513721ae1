import { isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { Params } from "../wire/params.ts";

/** A request of a client. */
export interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: Params;
}

/** A frame that is no request. */
export interface BadFrame {
  /** The id of the frame, so that its sender can match the answer. */
  readonly id: string;
  readonly problem: string;
}

/** The id of the answer to a frame whose id cannot be read. */
export const NO_ID = "invalid";

/** Reads a frame of a client. */
export function readRequest(frame: string): Request | BadFrame {
  const value = parse(frame);
  if (!isRecord(value)) return { id: NO_ID, problem: "A frame must be a JSON object." };
  const { type, id, method, params } = value;
  if (typeof id !== "string" || id === "") return bad(NO_ID, mustBe("id", "a text that is not empty", id));
  if (type !== "req") return bad(id, mustBe("type", '"req"', type));
  if (typeof method !== "string" || method === "")
    return bad(id, mustBe("method", "a text that is not empty", method));
  if (params !== undefined && params !== null && !isRecord(params))
    return bad(id, mustBe("params", "an object", params));
  return { id, method, params: new Params(method, params ?? {}) };
}

function bad(id: string, problem: string): BadFrame {
  return { id, problem: `invalid request frame: ${problem}` };
}

function parse(frame: string): unknown {
  try {
    return JSON.parse(frame) as unknown;
  } catch {
    return undefined;
  }
}
