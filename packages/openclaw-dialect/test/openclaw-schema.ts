import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";

/** OpenClaw's own description of its protocol, from its package `@openclaw/gateway-protocol`. */
interface ProtocolSchema {
  definitions: Record<string, object>;
}

// The package has the file, and no export of it.
const file = new URL("../node_modules/@openclaw/gateway-protocol/protocol.schema.json", import.meta.url);
const { definitions } = JSON.parse(readFileSync(file, "utf8")) as ProtocolSchema;

const ajv = new Ajv({ strict: false, allErrors: true });
const validators = new Map<string, ValidateFunction>();

/** Throws if a value is not what OpenClaw's schema allows. */
export function checkSchema(name: string, value: unknown): void {
  const validate = validators.get(name) ?? ajv.compile(definitionOf(name));
  validators.set(name, validate);
  if (validate(value)) return;
  const problem = ajv.errorsText(validate.errors, { dataVar: name });
  throw new Error(`${problem}: ${JSON.stringify(value)}`);
}

function definitionOf(name: string): object {
  const definition = definitions[name];
  if (!definition) throw new Error(`OpenClaw's schema has no ${name}.`);
  return definition;
}

/** The definitions of the payloads of events. */
const events: Readonly<Record<string, string>> = {
  agent: "AgentEvent",
  chat: "ChatEvent",
  tick: "TickEvent",
  shutdown: "ShutdownEvent",
};

/** The definitions of the payloads of responses. */
const results: Readonly<Record<string, string>> = {
  connect: "HelloOk",
  "agents.list": "AgentsListResult",
  "models.list": "ModelsListResult",
  "commands.list": "CommandsListResult",
  "question.list": "QuestionListResult",
  "taskSuggestions.list": "TaskSuggestionsListResult",
  "sessions.create": "SessionsCreateResult",
  "sessions.delete": "SessionsDeleteResult",
};

/** Throws if the payload of an event is not what OpenClaw's schema allows. */
export function checkEvent(event: string, payload: object): void {
  const name = events[event];
  if (name === undefined) return;
  // OpenClaw's own gateway adds the key too, and its terminal needs it.
  const { sessionKey: _, ...rest } = payload as { sessionKey?: string };
  checkSchema(name, event === "agent" ? rest : payload);
}

/** Throws if the payload of a response is not what OpenClaw's schema allows. */
export function checkResult(method: string, payload: unknown): void {
  const name = results[method];
  if (name !== undefined) checkSchema(name, payload);
  if (method === "health") checkSchema("Snapshot", { presence: [], health: payload, ...emptySnapshot });
  const { sessions = [] } = payload as { sessions?: unknown[] };
  if (method === "sessions.list") for (const row of sessions) checkSchema("SessionRow", row);
}

const emptySnapshot = { stateVersion: { presence: 0, health: 0 }, uptimeMs: 0 };
