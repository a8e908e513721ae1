import { approvalMethods } from "./approval-methods.ts";
import { chatMethods } from "./chat-methods.ts";
import { fixedMethods } from "./fixed-methods.ts";
import { injectMethods } from "./inject-answer.ts";
import { listMethods } from "./list-methods.ts";
import type { Method } from "./method.ts";
import { runMethods } from "./run-methods.ts";
import { sessionMethods } from "./session-methods.ts";

/** All methods except `connect`. */
export const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    ...fixedMethods,
    ...chatMethods,
    ...injectMethods,
    ...runMethods,
    ...listMethods,
    ...sessionMethods,
    ...approvalMethods,
  }),
);

/** Methods that start a run. Clients get the response before the events of the run. */
export const messageMethods: ReadonlySet<string> = new Set([
  "chat.send",
  "sessions.send",
  "sessions.create",
  "agent",
]);

/** Methods that may take long. Later requests do not wait for them. */
export const slowMethods: ReadonlySet<string> = new Set([
  "agent.wait",
  "chat.inject",
  "health",
  "sessions.list",
  "sessions.preview",
  "sessions.reset",
  "sessions.delete",
]);

/** Methods that do not wait for earlier requests. */
export const urgentMethods: ReadonlySet<string> = new Set([
  "chat.abort",
  "sessions.abort",
  "plugin.approval.resolve",
]);

/** All events that clients may get. */
export const eventNames: readonly string[] = [
  "connect.challenge",
  "agent",
  "chat",
  "session.message",
  "sessions.changed",
  "plugin.approval.requested",
  "plugin.approval.resolved",
  "tick",
  "shutdown",
];
