import { isMessageEntry, type SessionStore } from "@mini-openclaw/protocol";
import { taskKey } from "../sessions/start-task.ts";
import type { CommandContext } from "./command-context.ts";

interface TaskSessionDeps {
  store: SessionStore;
}

// One page of a list.
const PAGE = 200;

/** Deletes the sessions of a session's sub-agents. One that a user works in stays. */
export async function deleteTasks(
  sessionId: string,
  context: TaskSessionDeps & Pick<CommandContext, "notifyDeleted">,
): Promise<void> {
  const { store } = context;
  for (let at: { cursor?: string } | undefined = {}; at; ) {
    const { sessions, cursor } = await store.listSessions({ key: taskKey(sessionId), limit: PAGE, ...at });
    for (const task of sessions) {
      const deleting = store.deleteSession(task.sessionId);
      if (await deleting.then(() => true).catch(() => false)) context.notifyDeleted(task, {});
    }
    at = cursor === undefined ? undefined : { cursor };
  }
}

/**
 * Restores the sessions of a session's sub-agents. One that is not in the trash is left out, and
 * one of another session, which a fork names too.
 */
export async function undeleteTasks(sessionId: string, { store }: TaskSessionDeps): Promise<void> {
  for await (const entry of store.entries(sessionId)) {
    if (!isMessageEntry(entry) || entry.role !== "tool" || entry.taskSessionId === undefined) continue;
    const { taskSessionId } = entry;
    const task = await store.getSession(taskSessionId, { deleted: true });
    if (task?.parent?.sessionId === sessionId) await store.undeleteSession(taskSessionId);
  }
}
