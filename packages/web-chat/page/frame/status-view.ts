import type { ConnectionState } from "@mini-openclaw/client";
import type { RunCost } from "@mini-openclaw/protocol";
import { element, setText } from "../dom/elements.ts";
import { costInShort, costTexts } from "../language/cost-texts.ts";
import type { Formats } from "../language/formats.ts";
import type { Texts } from "../language/texts.ts";

/** What the header says of a session. */
interface ShownSession {
  readonly sessionId: string | undefined;
  readonly title: string;
  /** Absent where nobody counted. */
  readonly cost: RunCost | undefined;
}

/** The header: which session is shown, and whether the page is connected. */
export interface StatusView {
  readonly root: HTMLElement;
  render(connection: ConnectionState, shown: ShownSession): void;
}

export interface StatusParts {
  texts: Texts;
  formats: Formats;
  /** Opens the list of sessions where the window has no room for it. */
  toggle: HTMLElement;
}

export function createStatusView({ texts, formats, toggle }: StatusParts): StatusView {
  const heading = element("h1", "");
  const label = element("span", "status-label");
  const session = element("code", "session");
  const spent = element("span", "spent");
  const status = element("p", "status", label);
  status.setAttribute("role", "status");
  const root = element("header", "", element("div", "bar", toggle, heading, spent, session, status));
  const labels = {
    connecting: texts.connecting,
    open: texts.connected,
    waiting: texts.offline,
    held: texts.locked,
    closed: texts.offline,
  };

  return {
    root,
    render(connection, { sessionId = "", title, cost }) {
      const { phase } = connection;
      const isDraining = phase === "open" && connection.draining;
      status.dataset["phase"] = isDraining ? "draining" : phase;
      setText(label, isDraining ? texts.draining : labels[phase]);
      setText(heading, title === "" ? "Mini OpenClaw" : title);
      setText(session, phase === "open" ? shortId(sessionId) : "");
      session.title = sessionId;
      setText(spent, cost ? costInShort(cost, { texts, formats }) : "");
      spent.title = cost ? costTexts(cost, { texts, formats }).join(" · ") : "";
    },
  };
}

/** The end of an id: UUIDs of version 7 begin with their time, so those of one day look alike. */
function shortId(sessionId: string): string {
  return sessionId.slice(-8);
}
