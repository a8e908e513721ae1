import { type AgentHooks, type MemoryManager, summarizeConversation } from "@mini-openclaw/agent-runtime";
import type { ModelProvider, SessionStore } from "@mini-openclaw/protocol";

export interface SessionLogParts {
  store: Pick<SessionStore, "loadMessages">;
  memory: Pick<MemoryManager, "appendDailyLog">;
  provider: ModelProvider;
  /** How long nothing runs in a session until it counts as ended. */
  restMs: number;
  onFailure: (error: unknown) => void;
}

/** Messages of a session that are looked through for what is new. Chosen: an evening's talk; what came before is left out. */
const MAX_MESSAGES = 500;

/** How long a summary may take, in milliseconds; at the end of the process, all of them together. Chosen. */
const SUMMARY_MS = 60_000;
const LAST_SUMMARIES_MS = 10_000;

/**
 * Adds a line to the day's log for each session that comes to rest: what was said in it since its last line. `onRun` is the
 * agent's hook; `close` writes the lines that are still due.
 */
export function createSessionLog(parts: SessionLogParts): Required<Pick<AgentHooks, "onRun">> & {
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
  { store, memory, provider }: SessionLogParts,
  signal: AbortSignal,
): Promise<void> {
  const messages = await store.loadMessages(sessionId, { limit: MAX_MESSAGES });
  const said = messages.filter(({ runId }) => runId !== undefined && runIds.has(runId));
  if (!said.some(({ role, content }) => role === "assistant" && content !== "")) return;
  const line = await summarizeConversation(said, { provider, signal });
  if (line !== "") await memory.appendDailyLog(line);
}
