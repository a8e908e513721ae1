import type { Session } from "@mini-openclaw/client";
import type { MessageMode } from "@mini-openclaw/protocol";
import type { StoredText } from "../dom/local-storage.ts";

/** A message that the user sent and the gateway does not have yet. */
export interface UnsentMessage {
  /** The id of its command. The gateway runs a message once per id. */
  readonly id: string;
  /** Absent while the session has no id. */
  readonly sessionId?: string | undefined;
  readonly content: string;
  readonly mode?: MessageMode | undefined;
  /** The time at which the user sent it; 0 if the gateway refused it. */
  readonly sentAt: number;
}

/** The unsent messages of all sessions. They survive a reload, and the end of the browser. */
export interface UnsentMessages {
  /** Saves the messages of a session until the gateway has them. */
  watch(session: Session): void;
  /** Returns the messages that an earlier page could not send, oldest first. */
  list(): readonly UnsentMessage[];
  /** Removes a message that is not sent again. */
  remove(id: string): void;
}

/** Creates the list. `stored` holds it as JSON, shared by all tabs. */
export function createUnsentMessages(stored: StoredText, now: () => number): UnsentMessages {
  const watched = new WeakSet<Session>();

  function write(change: (messages: UnsentMessage[]) => UnsentMessage[]): void {
    const before = stored.read();
    const after = JSON.stringify(change(parse(before)));
    if (after !== (before ?? "[]")) stored.write(after);
  }

  return {
    watch(session) {
      if (watched.has(session)) return;
      watched.add(session);
      let outbox = session.getSnapshot().outbox;
      let saved = new Set<string>();
      session.subscribe(() => {
        const snapshot = session.getSnapshot();
        if (snapshot.outbox === outbox || snapshot.phase === "closed") return;
        outbox = snapshot.outbox;
        const { sessionId } = snapshot;
        // Files are too large for the storage, and a message is not sent without its files.
        const waiting = outbox.filter(({ phase, blocks }) => phase !== "accepted" && !blocks?.length);
        write((messages) => {
          const known = new Map(messages.map((message) => [message.id, message]));
          const kept = waiting.map(({ id, content, mode, phase }) => ({
            ...{ id, sessionId, content, mode },
            sentAt: phase === "refused" ? 0 : (known.get(id)?.sentAt ?? now()),
          }));
          const ids = new Set([...saved, ...kept.map(({ id }) => id)]);
          return [...messages.filter(({ id }) => !ids.has(id)), ...kept];
        });
        saved = new Set(waiting.map(({ id }) => id));
      });
    },
    list: () => parse(stored.read()),
    remove: (removed) => write((messages) => messages.filter(({ id }) => id !== removed)),
  };
}

function parse(text: string | undefined): UnsentMessage[] {
  try {
    const messages: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(messages) ? messages.filter(isMessage) : [];
  } catch {
    // The stored text is damaged. Nothing in it can be sent.
    return [];
  }
}

function isMessage(value: unknown): value is UnsentMessage {
  if (typeof value !== "object" || value === null) return false;
  const { id, sessionId, content, mode, sentAt } = value as Record<string, unknown>;
  const isText = (text: unknown) => typeof text === "string" && text !== "";
  return (
    isText(id) &&
    isText(content) &&
    (sessionId === undefined || isText(sessionId)) &&
    [undefined, "queue", "steer", "interrupt"].includes(mode as string | undefined) &&
    typeof sentAt === "number"
  );
}
