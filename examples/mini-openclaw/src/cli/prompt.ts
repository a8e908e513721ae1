import { openSessionStore } from "@mini-openclaw/session-store";
import { findBashSandbox } from "../agent/bash-sandbox.ts";
import { createAgent } from "../agent/create-agent.ts";
import { prepareDataDir } from "../data-dir.ts";
import type { Sources } from "../settings/sources.ts";
import { unknownSession } from "./connect-server.ts";
import { exitWith } from "./exit.ts";
import { loadConfig } from "./load.ts";
import type { Options } from "./options.ts";
import { safe } from "./safe-text.ts";

/** Prints the sections of the next request, with their tokens (estimated) and their sources. */
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
    const { sections, tokens, isCompactionDue } = await agent.explainContext(messages);
    for (const { name, source, tokens: cost, text } of sections) {
      console.log(`${String(cost).padStart(7)}  ${safe(name)}  (${safe(source)})`);
      if (full === true) console.log(`${safe(text)}\n`);
    }
    console.log(`${String(tokens).padStart(7)}  tokens in all, estimated`);
    if (isCompactionDue) console.log("The next run summarizes earlier messages first.");
    await agent.close();
    await mcpServers.close?.();
    await store.close();
  } catch (error) {
    exitWith(error);
  }
}
