import type { ClientEvent, CreateCommand, ListCommand, SessionMeta } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { GatewayError } from "../shared/errors.ts";
import type { Caller } from "../shared/principal.ts";
import type { CommandContext } from "./command-context.ts";
import { findOrCreateOwnSession } from "./own-session.ts";

// The longest key that a store saves.
const MAX_KEY_CHARS = 512;

/**
 * Adds an answer in place of the agent's, behind the active run. A dialect may offer it to its
 * clients. The answer is `ack` if the command has an `id`.
 */
export interface AnswerCommand {
  type: "answer";
  id?: string;
  sessionId: string;
  content: string;
}

/**
 * A command of the protocol, or an `answer`. In place of its `sessionId` it may have a `key` of the
 * caller, which names the caller's newest session of that key.
 */
export type KeyedCommand = ClientEvent | AnswerCommand | WithKey<ClientEvent | AnswerCommand>;

type WithKey<Command> = Command extends { type: "create" | "list" }
  ? Command & { key: string }
  : Command extends { sessionId?: string }
    ? Omit<Command, "sessionId"> & { key: string }
    : never;

/** A command whose session is known by its id. A new session and a list may have a stored key. */
export type CommandOfKey = ClientEvent | AnswerCommand | ((CreateCommand | ListCommand) & { key: string });

/**
 * Returns a caller whose keys begin with a prefix, if there is one. The prefix has the caller's own
 * key, so that the keys of two callers are never the same.
 */
export function withKeys(caller: Caller, prefix: string | undefined): Caller {
  if (prefix === undefined) return caller;
  const own = caller.key.replaceAll("%", "%25").replaceAll("/", "%2F");
  return { ...caller, keyPrefix: `${prefix}${own}/` };
}

/**
 * Returns a command with the id of the session that its key names. A key without a session names
 * an empty one. A `create` gets the key that its session is to have, and a `list` that of its
 * sessions.
 *
 * @throws GatewayError `INVALID_FRAME`, `FORBIDDEN`
 */
export async function withSessionId(command: KeyedCommand, context: CommandContext): Promise<CommandOfKey> {
  if (!("key" in command)) return command;
  const { caller } = context;
  const { key: name, ...rest } = command;
  const key = toStoredKey(name, caller);
  if (rest.type === "create" || rest.type === "list") return { ...rest, key };
  const { sessionId } = await findByKey({ ...caller, key }, context);
  return { ...rest, sessionId } as CommandOfKey;
}

/** Returns the caller's newest session of its key. Without one, it is empty. */
async function findByKey(caller: Caller, { store, permissions }: CommandContext): Promise<SessionMeta> {
  const session = await findOrCreateOwnSession(store, caller);
  if (session.lastSeq === 0) await permissions.assertAllowed(caller, "create");
  return session;
}

function toStoredKey(name: unknown, { keyPrefix }: Caller): string {
  if (keyPrefix === undefined)
    throw new GatewayError("INVALID_FRAME", "`key` needs a dialect with a `keyPrefix`. Send a `sessionId`.");
  const most = MAX_KEY_CHARS - keyPrefix.length;
  if (typeof name === "string" && name !== "" && name.length <= most) return keyPrefix + name;
  const expected = `a text of 1 to ${most} characters`;
  throw new GatewayError("INVALID_FRAME", mustBe("key", expected, name));
}
