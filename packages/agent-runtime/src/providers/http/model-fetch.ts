import { describeValue } from "@mini-openclaw/protocol/shared";
import { AgentError } from "../../shared/errors.ts";
import { withoutHalves } from "../convert/json.ts";
import { fromAnswer } from "../errors/api-errors.ts";
import { secretsIn } from "../errors/secrets.ts";
import type { Body } from "./body.ts";
import { createNodeFetch, type Fetch, MAX_ERROR_BYTES } from "./node-fetch.ts";
import { webBody } from "./web-body.ts";

/** Makes requests to a model's server, and opens the bodies of its answers. */
export interface ModelFetch {
  fetch: Fetch;
  bodyOf: (response: Response) => Body;
}

/**
 * Returns a `fetch` for an SDK. It throws an answer that is no success as an AgentError. So the
 * text of a failure is read once, in one way and up to a limit, for every SDK.
 */
export function createModelFetch(own: Fetch | undefined, secrets: readonly string[]): ModelFetch {
  const { fetch: send, bodyOf } = own ? { fetch: own, bodyOf: webBody } : createNodeFetch();
  return {
    bodyOf,
    async fetch(url, init) {
      const response = await send(url, withWellFormedBody(init));
      checkResponse(response);
      if (response.ok) return response;
      throw await refusal(response, addressOf(url), [...secrets, ...secretsIn(new Headers(init?.headers))]);
    },
  };
}

/** Checks what somebody else's `fetch` resolved with. */
function checkResponse(given: unknown): void {
  const { ok, headers } = Object(given) as Partial<Response>;
  if (typeof ok === "boolean" && typeof headers?.get === "function") return;
  const text = `The provider's \`fetch\` must resolve with a Response, got ${describeValue(given)}.`;
  throw new AgentError("MODEL_FAILED", text);
}

async function refusal(response: Response, url: string, secrets: readonly string[]): Promise<AgentError> {
  const { status, headers } = response;
  // The status alone is a reason too.
  const body = await readHead(response).catch(() => "");
  return fromAnswer({ status, headers, url, body }, secrets);
}

async function readHead({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, MAX_ERROR_BYTES).toString();
}

function addressOf(url: string | URL | Request): string {
  return url instanceof Request ? url.url : String(url);
}

/**
 * Replaces each half of a character in a body of JSON. The half may come from a model, a tool or a
 * user's client. The Messages API refuses the whole request for it, and each later one of the
 * session too.
 */
function withWellFormedBody(init: RequestInit | undefined): RequestInit | undefined {
  const body = init?.body;
  return typeof body === "string" ? { ...init, body: withoutHalves(body) } : init;
}
