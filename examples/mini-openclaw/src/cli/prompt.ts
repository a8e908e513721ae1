import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContextReport } from "@mini-openclaw/agent-runtime";
import { openSessionStore } from "@mini-openclaw/session-store";
import { findBashSandbox } from "../agent/bash-sandbox.ts";
import { createAgent } from "../agent/create-agent.ts";
import { prepareDataDir } from "../data-dir.ts";
import type { Sources } from "../settings/sources.ts";
import { unknownSession } from "./connect-server.ts";
import { exitWith } from "./exit.ts";
import { loadConfig } from "./load.ts";
import type { Options } from "./options.ts";
import { oneLine, safe } from "./safe-text.ts";

/**
 * Prints the sections of the next request, with their tokens (estimated) and their sources. Then
 * comes the first difference of the prompt to that of the last call, which ends the model server's
 * cache.
 */
export async function showPrompt(
  flags: Sources["flags"],
  { session: sessionId, full }: Options,
): Promise<void> {
  const config = loadConfig(flags);
  try {
    prepareDataDir(config.dataDir);
    const { createRuntime, mcpServers } = await createAgent(config, await findBashSandbox(config));
    const agent = createRuntime({});
    const store = await openSessionStore(config.sessionsDir);
    const id = typeof sessionId === "string" ? sessionId : undefined;
    if (id !== undefined && !(await store.getSession(id))) throw unknownSession(id);
    const messages =
      id === undefined ? [] : await store.loadMessages(id, { limit: config.maxContextMessages });
    const file = join(config.dataDir, "prompt.json");
    const previous = readReport(file);
    const report = await agent.explainContext(messages, { ...(previous && { previous }) });
    const { sections, tokens, isCompactionDue } = report;
    // Without messages, because a deleted session must leave none.
    const ofPrompt = sections.filter(({ name }) => name === "tools" || name.startsWith("prompt: "));
    writeFileSync(file, JSON.stringify({ ...report, request: {}, sections: ofPrompt }), { mode: 0o600 });
    for (const { name, source, tokens: cost, text } of sections) {
      console.log(`${String(cost).padStart(7)}  ${safe(name)}  (${safe(source)})`);
      if (full === true) console.log(`${safe(text)}\n`);
    }
    console.log(`${String(tokens).padStart(7)}  tokens in all, estimated`);
    if (previous) console.log(describeDifference(report));
    if (isCompactionDue) console.log("The next run summarizes earlier messages first.");
    await agent.close();
    await mcpServers.close?.();
    await store.close();
  } catch (error) {
    exitWith(error);
  }
}

/** Reads the report of the last call. A file that cannot be read counts as absent. */
function readReport(file: string): ContextReport | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ContextReport;
  } catch {
    return undefined;
  }
}

function describeDifference({ firstDifference: found, bytes }: ContextReport): string {
  if (!found) return "The tools and the prompt are those of the last call, so that a cache of them holds.";
  return [
    `The first ${found.sameBytes} of ${bytes} bytes are those of the last call. A cache of it ends in`,
    `${safe(found.section)}: ${quote(found.before)} became ${quote(found.after)}.`,
  ].join(" ");
}

function quote(text: string): string {
  return text === "" ? "nothing" : JSON.stringify(oneLine(text, 60));
}
