import process from "node:process";
import type { Session } from "@mini-openclaw/client";
import type { RunEndEvent } from "@mini-openclaw/protocol";
import type { Sources } from "../../settings/sources.ts";
import { startRun } from "../chat/own-run.ts";
import { connectServer, openSession } from "../connect-server.ts";
import { exitCodes, exitWith, onStopSignal } from "../exit.ts";
import { loadConfig, warn, warnOfEnd, warnOfRetry } from "../load.ts";
import type { Options } from "../options.ts";
import { type GivenMessage, readMessage } from "../read-message.ts";
import { oneLine, safe } from "../safe-text.ts";

/** Runs one message, prints its answer, and exits with the code of its outcome. */
export async function run(
  argument: string | undefined,
  flags: Sources["flags"],
  options: Options,
): Promise<void> {
  const { session: sessionId, yes, json } = options;
  const config = loadConfig(flags);
  try {
    const message = await readMessage(argument, options["file"] as string[] | undefined);
    const { client, close } = await connectServer(config);
    const session = await openSession({ client, close }, sessionId);
    const result = await ask(session, message, { isJson: json === true, allowsAll: yes === true });
    if (json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    await close();
    process.exit(exitCodeOf(result));
  } catch (error) {
    exitWith(error);
  }
}

/** The result of a run, as `--json` prints it. */
interface RunResult extends Pick<RunEndEvent, "runId" | "outcome" | "usage" | "costUsd" | "error"> {
  sessionId: string | undefined;
  text: string;
}

/**
 * Runs a message in a session and prints its answer. An `id` makes it run once. A signal that asks
 * to end stops the run.
 */
export async function ask(
  session: Session,
  message: GivenMessage,
  { isJson, allowsAll, id }: { isJson: boolean; allowsAll: boolean; id?: string },
): Promise<RunResult> {
  let text = "";
  const { events, stop } = startRun(session, message, id);
  onStopSignal(stop);
  for await (const event of events) {
    if (event.type === "chunk" && !isJson) process.stdout.write(safe(event.content));
    if (event.type === "tool_start") warn(`[${event.toolName}] ${oneLine(JSON.stringify(event.input))}`);
    if (event.type === "retry") warnOfRetry(event);
    if (event.type === "approval_request") {
      if (!allowsAll) warn(`[${event.toolName}] is denied: nobody can be asked. --yes allows it.`);
      void session.approve(event.callId, allowsAll ? "once" : "deny", event.runId);
    }
    if (event.type === "message_done") text = event.content;
    if (event.type === "run_end") {
      if (!isJson) process.stdout.write("\n");
      warnOfEnd(event);
      return { sessionId: session.getSnapshot().sessionId, text, ...resultOf(event) };
    }
  }
  throw new Error("The connection to the server ended before the run did.");
}

function resultOf({
  runId,
  outcome,
  usage,
  costUsd,
  error,
}: RunEndEvent): Omit<RunResult, "sessionId" | "text"> {
  return { runId, outcome, usage, ...(costUsd !== undefined && { costUsd }), ...(error && { error }) };
}

export function exitCodeOf({ outcome }: RunResult): number {
  if (outcome === "completed") return exitCodes.done;
  if (outcome === "aborted") return exitCodes.aborted;
  return outcome === "failed" ? exitCodes.failed : exitCodes.incomplete;
}
