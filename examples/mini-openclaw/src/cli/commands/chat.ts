import process from "node:process";
import { createInterface, type Interface } from "node:readline/promises";
import type { Session } from "@mini-openclaw/client";
import type { ApprovalDecision } from "@mini-openclaw/protocol";
import type { Sources } from "../../settings/sources.ts";
import { connectServer, openSession } from "../connect-server.ts";
import { exitWith } from "../exit.ts";
import { loadConfig, warn, warnOfEnd, warnOfRetry } from "../load.ts";
import type { Options } from "../options.ts";
import { oneLine, safe } from "../safe-text.ts";

/** Chats in the terminal until the input ends. Ctrl+C stops an active run, then leaves. */
export async function chat(flags: Sources["flags"], { session: sessionId }: Options): Promise<void> {
  const config = loadConfig(flags);
  try {
    const { client, close } = await connectServer(config);
    let session = await openSession(client, sessionId);
    const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: "> " });
    let isRunning = false;
    lines.on("SIGINT", () => {
      if (isRunning) void session.abort();
      else lines.close();
    });
    console.log(`Model: ${config.model}. /new starts a new chat, /quit leaves, Ctrl+C stops an answer.`);
    lines.prompt();
    for await (const line of lines) {
      const text = line.trim();
      if (text === "/quit") break;
      if (text === "/new") session = await client.create();
      else if (text !== "") {
        isRunning = true;
        await answer(session, text, lines).catch((error: unknown) => warn(String(error)));
        isRunning = false;
      }
      lines.prompt();
    }
    lines.close();
    const { sessionId: id } = session.getSnapshot();
    console.log(`\nContinue with: mini-openclaw chat --session ${id}`);
    await close();
    process.exit(0);
  } catch (error) {
    exitWith(error);
  }
}

async function answer(session: Session, text: string, lines: Interface): Promise<void> {
  for await (const event of session.ask(text)) {
    if (event.type === "chunk") process.stdout.write(safe(event.content));
    if (event.type === "tool_start")
      console.log(`\n[${event.toolName}] ${oneLine(JSON.stringify(event.input))}`);
    if (event.type === "tool_done" && event.isError)
      console.log(`[${event.toolName}] failed: ${oneLine(event.output)}`);
    if (event.type === "retry") warnOfRetry(event);
    if (event.type === "approval_request")
      await session.approve(event.callId, await askUser(lines, event.toolName, event.reason));
    if (event.type === "run_end") {
      process.stdout.write("\n");
      warnOfEnd(event);
    }
  }
}

async function askUser(lines: Interface, toolName: string, reason: string): Promise<ApprovalDecision> {
  const given = await lines.question(
    `\nAllow ${toolName}? ${safe(reason)}\n[y]es, [a]lways in this chat, [n]o: `,
  );
  const [first] = given.trim().toLowerCase();
  if (first === "y") return "once";
  return first === "a" ? "session" : "deny";
}
