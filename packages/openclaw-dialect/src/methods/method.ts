import type { DialectConnection } from "@mini-openclaw/gateway";
import type { Feeds } from "../feeds/feeds.ts";
import type { RunEnds } from "../feeds/run-ends.ts";
import type { FrameWriter } from "../wire/frames.ts";
import type { Params } from "../wire/params.ts";
import { toFullKey } from "../wire/session-key.ts";

/** The model's name and size, for clients that display them. */
export interface ModelLabel {
  /** The name of the provider, such as `anthropic`. */
  readonly provider: string;
  /** The id of the model. */
  readonly id: string;
  /** The size of the model's context window in tokens. */
  readonly contextTokens?: number;
}

/** The settings of one connection. */
export interface ViewSettings {
  /** True if the client asked for the activity of all sessions. */
  isSubscribed: boolean;
  /** The detail in which a terminal shows tool calls, by session key. */
  readonly verboseLevels: Map<string, string>;
}

/** The parts of a connection that methods use. */
export interface MethodContext {
  readonly connection: DialectConnection;
  readonly frames: FrameWriter;
  readonly feeds: Feeds;
  readonly runEnds: RunEnds;
  readonly view: ViewSettings;
  readonly model: ModelLabel | undefined;
  /** For an urgent method: resolves when the earlier messages are accepted or refused. */
  readonly sent?: Promise<unknown> | undefined;
}

/**
 * A method of OpenClaw's protocol. Returns the payload of the response, or `undefined` if it has
 * responded itself. Throws a `RequestError` to refuse the request.
 */
export type Method = (params: Params, context: MethodContext, requestId: string) => unknown;

// The longest session key.
const MAX_KEY_CHARS = 512;

/** Reads the key of a session. Without one, it is `fallback`. */
export function readKey(params: Params, name: string, fallback?: string): string {
  const key = fallback === undefined ? undefined : (params.optionalText(name, MAX_KEY_CHARS) ?? fallback);
  return toFullKey(key ?? params.text(name, MAX_KEY_CHARS), params.optionalText("agentId", MAX_KEY_CHARS));
}
