import { type AgentHooks, type MemoryManager, summarizeConversation } from "@mini-openclaw/agent-runtime";
import type { ModelProvider, SessionStore } from "@mini-openclaw/protocol";

/** The dependencies of a session log. */
export interface SessionLogDeps {
  store: Pick<SessionStore, "loadMessages">;
  memory: Pick<MemoryManager, "appendDailyLog">;
  provider: ModelProvider;
  /** The idle time in milliseconds after which a session counts as ended. */
  restMs: number;
  onFailure: (error: unknown) => void;
}

/** Enough for the messages of one evening. Older ones are left out. */
const MAX_MESSAGES = 500;

/**
 * The time limit of one summary, and of all summaries at the end of the process, in milliseconds.
 */
const SUMMARY_MS = 60_000;
const LAST_SUMMARIES_MS = 10_000;

/**
 * Adds a summary to the daily log when a session becomes idle, with everything since its last
 * summary. `onRun` is the agent's hook. `close` writes the summaries that are due.
 */
export function createSessionLog(parts: SessionLogDeps): Required<Pick<AgentHooks, "onRun">> & {
  close(): Promise<void>;
} {
  const due = new Map<string, { runIds: Set<string>; timer?: NodeJS.Timeout }>();

  async function write(sessionId: string, limitMs: number): Promise<void> {
    const { runIds, timer } = due.get(sessionId) ?? {};
    clearTimeout(timer);
    due.delete(sessionId);
    try {
      if (runIds) await logRuns(sessionId, runIds, parts, AbortSignal.timeout(limitMs));
    } catch (error) {
      parts.onFailure(error);
    }
  }

  return {
    onRun({ sessionId, runId }) {
      const session = due.get(sessionId) ?? { runIds: new Set() };
      due.set(sessionId, session);
      clearTimeout(session.timer);
      session.runIds.add(runId);
      return {
        end() {
          session.timer = setTimeout(() => void write(sessionId, SUMMARY_MS), parts.restMs).unref();
        },
      };
    },
    async close() {
      await Promise.all([...due.keys()].map((sessionId) => write(sessionId, LAST_SUMMARIES_MS)));
    },
  };
}

async function logRuns(
  sessionId: string,
  runIds: ReadonlySet<string>,
  { store, memory, provider }: SessionLogDeps,
  signal: AbortSignal,
): Promise<void> {
  const messages = await store.loadMessages(sessionId, { limit: MAX_MESSAGES });
  const said = messages.filter(({ runId }) => runId !== undefined && runIds.has(runId));
  if (!said.some(({ role, content }) => role === "assistant" && content !== "")) return;
  const line = await summarizeConversation(said, { provider, signal });
  if (line !== "") await memory.appendDailyLog(line);
}
