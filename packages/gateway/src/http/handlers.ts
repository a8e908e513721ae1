import { createId } from "../shared/create-id.ts";
import { HttpError } from "./answer/http-error.ts";
import { sendBlob } from "./answer/send-blob.ts";
import { exportSession } from "./export-session.ts";
import { getEvents } from "./get-events.ts";
import { postMessage } from "./post-message.ts";
import {
  answerCommand,
  type RequestContext,
  readFields,
  readSession,
  readSessionId,
} from "./request-context.ts";
import type { RouteName } from "./routes.ts";
import { queryFields, requestIdOf, toCommand } from "./to-command.ts";

type Handler = (context: RequestContext) => Promise<void>;

/** Commands whose fields are the body and the session of the path. */
type PlainCommand = "abort" | "approve" | "rename" | "fork" | "archive" | "unarchive" | "delete" | "undelete";

/** Answers each route. A handler throws errors that `toHttpError` turns into answers. */
export const handlers: Readonly<Record<RouteName, Handler>> = {
  list: (context) => answerCommand(context, 200, toCommand("list", queryFields(context.match.query))),
  search: (context) => answerCommand(context, 200, toCommand("search", queryFields(context.match.query))),
  create: (context) => answerCommand(context, 201, toCommand("create", {})),
  history: async (context) => {
    const fields = { ...queryFields(context.match.query), sessionId: await readSessionId(context) };
    return answerCommand(context, 200, toCommand("history", fields));
  },
  abort: command("abort", 202),
  approve: command("approve", 202),
  rename: command("rename", 200),
  fork: command("fork", 201),
  archive: command("archive", 200),
  unarchive: command("unarchive", 200),
  delete: command("delete", 200),
  undelete: command("undelete", 200),
  retry: acknowledged("retry"),
  edit: acknowledged("edit"),
  message: postMessage,
  events: getEvents,
  blob: async (context) => {
    const { deps, match, response } = context;
    const { sessionId } = await readSession(context, "resume");
    const bytes = await deps.commands.store.loadBlob?.(sessionId, match.blob);
    if (!bytes) throw new HttpError(404, "NOT_FOUND", "`blob` must be the id of a file of the session.");
    sendBlob(response, match.blob, bytes);
  },
  export: async (context) =>
    exportSession(context.deps.commands.store, await readSession(context, "export"), context.response),
};

function acknowledged(type: "retry" | "edit"): Handler {
  return async (context) => {
    const fields = await readFields(context);
    // It has an id in any case, because the `ack` with the run's id answers only commands with one.
    const id = { id: createId(), ...requestIdOf(context.request, fields) };
    const sessionId = await readSessionId(context);
    return answerCommand(context, 202, toCommand(type, { ...fields, ...id, sessionId }));
  };
}

function command(type: PlainCommand, status: number): Handler {
  return async (context) => {
    const fields = await readFields(context);
    return answerCommand(
      context,
      status,
      toCommand(type, { ...fields, sessionId: await readSessionId(context) }),
    );
  };
}
