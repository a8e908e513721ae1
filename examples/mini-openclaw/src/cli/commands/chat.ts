import process from "node:process";
import { createInterface, type Interface } from "node:readline/promises";
import type { WatchedEvent } from "@mini-openclaw/client";
import { closestName } from "@mini-openclaw/protocol/shared";
import type { Sources } from "../../settings/sources.ts";
import { UsageError } from "../../settings/usage-error.ts";
import { createAttachments } from "../chat/attachments.ts";
import { startRun } from "../chat/own-run.ts";
import { createFilePrinter, type PrintFiles } from "../chat/print-files.ts";
import { createQuestions, type Questions } from "../chat/questions.ts";
import { type AnswerPart, createImageSplitter } from "../chat/split-images.ts";
import { connectServer, openSession } from "../connect-server.ts";
import { exitCodes, exitWith, onStopSignal } from "../exit.ts";
import { loadConfig, warn, warnOfEnd, warnOfRetry } from "../load.ts";
import type { Options } from "../options.ts";
import { runWithoutOutput } from "../output.ts";
import { oneLine, safe } from "../safe-text.ts";

const COMMANDS = ["/attach", "/help", "/new", "/quit"];
const HELP =
  "/attach FILE adds a file to the next message, /new starts a new chat, /quit leaves, Ctrl+C stops an answer.";

/** Chats in the terminal until the input ends. Ctrl+C stops an active run, then leaves. */
export async function chat(flags: Sources["flags"], { session: sessionId }: Options): Promise<void> {
  const config = loadConfig(flags);
  try {
    const { client, loadBlob, close } = await connectServer(config);
    let session = await openSession({ client, close }, sessionId);
    const printFiles = createFilePrinter((blob) => loadBlob(session.getSnapshot().sessionId ?? "", blob));
    const attachments = createAttachments();
    const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: "> " });
    let running: { stop?: () => void; isStopping?: boolean } | undefined;
    lines.on("SIGINT", () => {
      if (!running) return lines.close();
      if (running.isStopping) process.exit(exitCodes.aborted);
      running.isStopping = true;
      running.stop?.();
    });
    let isLeaving = false;
    const leave = () => {
      // A terminal that has gone reports its failure again and again.
      if (isLeaving) return;
      isLeaving = true;
      runWithoutOutput();
      running?.stop?.();
      lines.close();
    };
    // Ctrl+C is a key here, and no signal.
    onStopSignal(leave);
    for (const input of [process.stdin, lines]) input.on("error", leave);
    const model = config.server.api === "demo" ? "a scripted demo" : config.model;
    console.log(`Model: ${model}. ${HELP}`);
    lines.prompt();
    for await (const line of linesOf(lines)) {
      const text = line.trim();
      if (text === "/quit") break;
      if (text === "/help") console.log(HELP);
      else if (text === "/new") session = await client.create();
      else if (text !== "") {
        running = {};
        await handle(text).catch((error: unknown) =>
          warn(error instanceof UsageError ? error.message : String(error)),
        );
        running = undefined;
      }
      lines.prompt();
    }
    lines.close();
    const { sessionId: id } = session.getSnapshot();
    console.log(`\nContinue with: mini-openclaw chat --session ${id}`);
    await close();
    process.exit(0);

    async function handle(line: string): Promise<void> {
      refuseMisspelled(line);
      const file = attachments.add(line);
      if (!file) {
        const { events, stop } = startRun(session, attachments.addTo(line));
        running = { stop };
        return printRun(events, { questions: createQuestions(lines, session), printFiles });
      }
      await printFiles(file.blocks, "attached");
      if (file.content !== "") console.log(`[attached] a text of ${file.content.length} characters`);
    }
  } catch (error) {
    exitWith(error);
  }
}

/** Iterates over the lines until the input ends, or its terminal is closed. */
async function* linesOf(lines: Interface): AsyncGenerator<string, void, undefined> {
  try {
    yield* lines;
  } catch {
    // The terminal cannot be read any more.
  }
}

/** Refuses a line that is almost a command, because the model would get it. */
function refuseMisspelled(line: string): void {
  const [word = ""] = line.split(/\s/);
  const closest = word.startsWith("/") ? closestName(word, COMMANDS) : undefined;
  if (closest !== undefined && closest !== word)
    throw new UsageError(`\`${word}\` is not a command. Use ${closest}.`);
}

/** The terminal of a run. */
interface RunTerminal {
  questions: Questions;
  printFiles: PrintFiles;
}

async function printRun(
  events: AsyncIterable<WatchedEvent>,
  { questions, printFiles }: RunTerminal,
): Promise<void> {
  const split = createImageSplitter();
  const print = async (parts: readonly AnswerPart[]) => {
    for (const part of parts) {
      if (typeof part === "string") process.stdout.write(safe(part));
      else await printFiles([{ type: "image", ...part }], "answer");
    }
  };
  try {
    for await (const event of events) {
      if (event.type === "chunk") await print(split(event.content));
      if (event.type === "assistant_message") await print(split());
      if (event.type === "tool_start")
        console.log(`\n[${event.toolName}] ${oneLine(JSON.stringify(event.input))}`);
      if (event.type === "tool_done" && event.isError)
        console.log(`[${event.toolName}] failed: ${oneLine(event.output)}`);
      if (event.type === "tool_done") await printFiles(event.blocks ?? [], event.toolName);
      if (event.type === "retry") warnOfRetry(event);
      if (event.type === "approval_request") questions.ask(event);
      if (event.type === "approval_done") questions.settle(event.callId);
      if (event.type === "run_end") {
        process.stdout.write("\n");
        warnOfEnd(event);
      }
    }
  } finally {
    questions.close();
  }
}
