import type { Client } from "@mini-openclaw/client";
import type { FoundSession } from "@mini-openclaw/protocol";
import type { Notice } from "../dom/notice.ts";
import type { ExportFormat } from "../language/frame-texts.ts";
import { download } from "./download.ts";
import { type ExportTexts, fileNameOf, readMessages, toJsonLines, toMarkdown } from "./export-session.ts";
import type { SeenSessions } from "./seen-sessions.ts";
import type { SessionListing } from "./session-list.ts";

/** What can be done with a session as a whole. Each says how it went, by a notice. */
export interface SessionActions {
  readonly rename: (session: FoundSession, title: string) => void;
  archive(session: FoundSession): void;
  unarchive(sessionId: string): void;
  /** Deletes it; the notice can take it back. */
  remove(session: FoundSession): void;
  /** Gives the reader all that was said in it as a file. */
  export(session: FoundSession, format: ExportFormat, texts: ExportTexts): void;
  /** Begins a new session with what was said up to `seq` in this one, and shows it. */
  forkAt(sessionId: string, seq: number): void;
}

export interface SessionActionsParts {
  client: Pick<Client, "ask">;
  listing: Pick<SessionListing, "refresh" | "retitle">;
  seen: SeenSessions;
  /** Shows a session, at its address. */
  goTo: (sessionId: string) => void;
  /** Leaves a session that is going away, if it is the one that is shown, and says whether it was. */
  leave: (sessionId: string) => boolean;
  tell: (notice: Notice) => void;
}

type Change = "archive" | "unarchive" | "undelete";

export function createSessionActions(parts: SessionActionsParts): SessionActions {
  const { client, listing, seen, goTo, leave, tell } = parts;
  const failed = (error: unknown) => tell({ kind: "failed", error });

  async function change(type: Change, sessionId: string): Promise<void> {
    const { lastSeq } = await client.ask({ type, sessionId });
    // What the visitor did is no news to them.
    seen.saw(sessionId, lastSeq);
    listing.refresh();
  }
  /** `change`, from the button of a notice. */
  function takeBack(type: Change, sessionId: string, wasShown: boolean): () => void {
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
        const undo = takeBack("unarchive", sessionId, leave(sessionId));
        tell({ kind: "archived", title, undo });
      }, failed);
    },
    unarchive(sessionId) {
      change("unarchive", sessionId).then(() => tell({ kind: "unarchived" }), failed);
    },
    remove({ sessionId, title }) {
      client.ask({ type: "delete", sessionId }).then(() => {
        listing.refresh();
        const undo = takeBack("undelete", sessionId, leave(sessionId));
        tell({ kind: "deleted", title, undo });
      }, failed);
    },
    export(session, format, texts) {
      readMessages(client, session.sessionId).then((messages) => {
        const fileName = fileNameOf(session.title, format);
        if (format === "jsonl") download(fileName, toJsonLines(session, messages), "application/jsonl");
        else download(fileName, toMarkdown(session, messages, texts), "text/markdown");
      }, failed);
    },
    forkAt(sessionId, at) {
      client.ask({ type: "fork", sessionId, at }).then((fork) => {
        goTo(fork.sessionId);
        listing.refresh();
        tell({ kind: "forked" });
      }, failed);
    },
  };
}
