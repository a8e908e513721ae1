import type { Client } from "@mini-openclaw/client";
import type { FoundSession } from "@mini-openclaw/protocol";
import { download } from "../dom/download.ts";
import type { Notice } from "../dom/notice.ts";
import type { ExportFormat } from "../language/frame-texts.ts";
import { type ExportTexts, fileNameOf, readHistory, toJsonLines, toMarkdown } from "./export-session.ts";
import type { SeenSessions } from "./seen-sessions.ts";
import type { SessionListing } from "./session-list.ts";

/** The actions on a whole session. Each reports its outcome with a notice. */
export interface SessionActions {
  readonly rename: (session: FoundSession, title: string) => void;
  archive(session: FoundSession): void;
  unarchive(sessionId: string): void;
  /** Deletes a session. The notice can undo that. */
  remove(session: FoundSession): void;
  /** Downloads all messages of a session as a file. */
  export(session: FoundSession, format: ExportFormat, texts: ExportTexts): void;
  /** Starts a new session with the messages up to `seq`, and shows it. */
  forkAt(sessionId: string, seq: number): void;
}

export interface SessionActionsParts {
  client: Pick<Client, "ask">;
  listing: Pick<SessionListing, "refresh" | "retitle">;
  seen: SeenSessions;
  /** Opens a session by its address. */
  goTo: (sessionId: string) => void;
  /** Leaves a session if it is shown. Returns true if it was. */
  leave: (sessionId: string) => boolean;
  onNotice: (notice: Notice) => void;
}

type Change = "archive" | "unarchive" | "undelete";

export function createSessionActions(parts: SessionActionsParts): SessionActions {
  const { client, listing, seen, goTo, leave, onNotice } = parts;
  const failed = (error: unknown) => onNotice({ kind: "failed", error });

  async function change(type: Change, sessionId: string): Promise<void> {
    const { lastSeq } = await client.ask({ type, sessionId });
    // The visitor's own change is not unread.
    seen.saw(sessionId, lastSeq);
    listing.refresh();
  }
  /** Returns the undo function of a notice. */
  function undoChange(type: Change, sessionId: string, wasShown: boolean): () => void {
    return () => {
      change(type, sessionId).then(() => {
        if (wasShown) goTo(sessionId);
      }, failed);
    };
  }

  return {
    rename({ sessionId, lastSeq, ...before }, title) {
      listing.retitle(sessionId, title);
      client.ask({ type: "rename", sessionId, title }).then(
        (after) => {
          const isUnread = seen.isUnread({ sessionId, lastSeq });
          if (!isUnread) seen.saw(sessionId, after.lastSeq);
        },
        (error: unknown) => {
          listing.retitle(sessionId, before.title);
          failed(error);
        },
      );
    },
    archive({ sessionId, title }) {
      change("archive", sessionId).then(() => {
        const undo = undoChange("unarchive", sessionId, leave(sessionId));
        onNotice({ kind: "archived", title, undo });
      }, failed);
    },
    unarchive(sessionId) {
      change("unarchive", sessionId).then(() => onNotice({ kind: "unarchived" }), failed);
    },
    remove({ sessionId, title }) {
      client.ask({ type: "delete", sessionId }).then(() => {
        listing.refresh();
        const undo = undoChange("undelete", sessionId, leave(sessionId));
        onNotice({ kind: "deleted", title, undo });
      }, failed);
    },
    export(session, format, texts) {
      readHistory(client, session.sessionId).then((history) => {
        const fileName = fileNameOf(session.title, format);
        if (format === "jsonl")
          download(fileName, toJsonLines(session, history.messages), "application/jsonl");
        else download(fileName, toMarkdown(session, history, texts), "text/markdown");
      }, failed);
    },
    forkAt(sessionId, at) {
      client.ask({ type: "fork", sessionId, at }).then((fork) => {
        goTo(fork.sessionId);
        listing.refresh();
        onNotice({ kind: "forked" });
      }, failed);
    },
  };
}
