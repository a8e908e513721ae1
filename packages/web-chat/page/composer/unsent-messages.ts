import type { Session } from "@mini-openclaw/client";
import type { MessageMode } from "@mini-openclaw/protocol";
import type { StoredText } from "../dom/local-storage.ts";

/** A message that the user sent and the gateway does not have yet. */
export interface UnsentMessage {
  /** The id of its command. The gateway runs a message once per id. */
  readonly id: string;
  /** Absent while the session has no id. */
  readonly sessionId?: string | undefined;
  /** The address of its gateway. Another one on the same origin must not get it. */
  readonly gateway?: string;
  readonly content: string;
  readonly mode?: MessageMode | undefined;
  /** The time at which the user sent it; 0 if it is not sent again, only kept as a draft. */
  readonly sentAt: number;
}

/** The unsent messages of all sessions. They survive a reload, and the end of the browser. */
export interface UnsentMessages {
  /** Saves the messages of a session until the gateway has them. */
  watch(session: Session): void;
  /** Returns the messages to this gateway that an earlier page could not send, oldest first. */
  list(): readonly UnsentMessage[];
  /** Removes a message that is not sent again. */
  remove(id: string): void;
}

/** Creates the list. `stored` holds it as JSON, shared by all tabs and gateways of the origin. */
export function createUnsentMessages(
  stored: StoredText,
  { gateway, now = Date.now }: { gateway: string; now?: () => number },
): UnsentMessages {
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
        const waiting = outbox.filter(({ phase, content }) => phase !== "accepted" && content !== "");
        write((messages) => {
          const known = new Map(messages.map((message) => [message.id, message]));
          const kept = waiting.map(({ id, content, mode, phase, blocks }) => {
            // Files are too large for the storage, and a message is not sent without its files.
            const isDraft = phase === "refused" || (blocks ?? []).length > 0;
            const sentAt = isDraft ? 0 : (known.get(id)?.sentAt ?? now());
            return { id, sessionId, gateway, content, mode, sentAt };
          });
          const ids = new Set([...saved, ...kept.map(({ id }) => id)]);
          return [...messages.filter(({ id }) => !ids.has(id)), ...kept];
        });
        saved = new Set(waiting.map(({ id }) => id));
      });
    },
    list: () => parse(stored.read()).filter((one) => (one.gateway ?? gateway) === gateway),
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
  const { id, sessionId, gateway, content, mode, sentAt } = value as Record<string, unknown>;
  const isText = (text: unknown) => typeof text === "string" && text !== "";
  return (
    isText(id) &&
    isText(content) &&
    (sessionId === undefined || isText(sessionId)) &&
    (gateway === undefined || isText(gateway)) &&
    [undefined, "queue", "steer", "interrupt"].includes(mode as string | undefined) &&
    typeof sentAt === "number"
  );
}
