import type { DialectCommand, DialectConnection, PerformOptions } from "@mini-openclaw/gateway";
import type { ServerEvent } from "@mini-openclaw/protocol";
import { RequestError, toRequestError } from "../wire/request-error.ts";

/** The part of a connection that runs commands. */
export type Performer = Pick<DialectConnection, "perform">;

type Answer<Type extends ServerEvent["type"]> = Extract<ServerEvent, { type: Type }>;

// The feed of a session has the events. Otherwise the connection would watch it twice.
const withoutEvents: PerformOptions = { onEvent: () => undefined, signal: AbortSignal.abort() };

/**
 * Runs a command and returns its answer of a type.
 *
 * @throws RequestError if the command is refused
 */
export async function perform<Type extends ServerEvent["type"]>(
  connection: Performer,
  command: DialectCommand,
  type: Type,
  options = withoutEvents,
): Promise<Answer<Type>> {
  const answer = await connection.perform(command, options);
  if (answer?.type === type) return answer as Answer<Type>;
  if (answer?.type === "error") throw toRequestError(answer);
  throw new RequestError("UNAVAILABLE", `The gateway answered ${command.type} with ${answer?.type}.`);
}

/**
 * Runs a command that has no answer. Returns false if it was refused with `expected`.
 *
 * @throws RequestError if the command is refused for another reason
 */
export async function attempt(
  connection: Performer,
  command: DialectCommand,
  expected: readonly string[] = [],
): Promise<boolean> {
  const answer = await connection.perform(command, withoutEvents);
  if (answer?.type !== "error") return true;
  if (expected.includes(answer.code)) return false;
  throw toRequestError(answer);
}
