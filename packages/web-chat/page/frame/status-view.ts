import type { ConnectionState } from "@mini-openclaw/client";
import { element, setText } from "../elements.ts";
import type { Texts } from "../texts.ts";

/** The header: which session is shown, and whether the page is connected. */
export interface StatusView {
  readonly root: HTMLElement;
  render(connection: ConnectionState, shown: { sessionId: string | undefined; title: string }): void;
}

export interface StatusParts {
  texts: Texts;
  /** Opens the list of sessions where the window has no room for it. */
  toggle: HTMLElement;
}

export function createStatusView({ texts, toggle }: StatusParts): StatusView {
  const heading = element("h1", "");
  const label = element("span", "status-label");
  const session = element("code", "session");
  const status = element("p", "status", label);
  status.setAttribute("role", "status");
  const root = element("header", "", element("div", "bar", toggle, heading, session, status));
  const labels = {
    connecting: texts.connecting,
    open: texts.connected,
    waiting: texts.offline,
    held: texts.locked,
    closed: texts.offline,
  };

  return {
    root,
    render(connection, { sessionId = "", title }) {
      const { phase } = connection;
      const isDraining = phase === "open" && connection.draining;
      status.dataset["phase"] = isDraining ? "draining" : phase;
      setText(label, isDraining ? texts.draining : labels[phase]);
      setText(heading, title === "" ? "Mini OpenClaw" : title);
      setText(session, phase === "open" ? shortId(sessionId) : "");
      session.title = sessionId;
    },
  };
}

/** The end of an id: UUIDs of version 7 begin with their time, so those of one day look alike. */
function shortId(sessionId: string): string {
  return sessionId.slice(-8);
}
