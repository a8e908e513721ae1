import type { ConnectionState } from "@mini-openclaw/client";
import type { RunCost } from "@mini-openclaw/protocol";
import { element, setText } from "../dom/elements.ts";
import { costInShort, costTexts } from "../language/cost-texts.ts";
import type { Formats } from "../language/formats.ts";
import type { Texts } from "../language/texts.ts";
import { type CopyParts, createCopyButton } from "../markdown/copy-button.ts";

/** The connection as the page shows it. */
export type ShownConnection = ConnectionState | { readonly phase: "offline" };

/** The facts of a session in the header. */
interface ShownSession {
  readonly sessionId: string | undefined;
  readonly title: string;
  /** Absent if the usage is unknown. */
  readonly cost: RunCost | undefined;
}

/** The header: the shown session, and the state of the connection. */
export interface StatusView {
  readonly root: HTMLElement;
  render(connection: ShownConnection, shown: ShownSession): void;
}

export interface StatusParts extends CopyParts {
  texts: Texts;
  formats: Formats;
  /** The name of the app, shown while the session has no title. */
  appTitle: string;
  /** The button that opens the list of sessions in a narrow window. */
  toggle: HTMLElement;
}

// A UUID of version 7 begins with its time. So many characters are the whole millisecond.
const SHORT_ID_CHARS = 13;

export function createStatusView({ texts, formats, appTitle, toggle, onAnnounce }: StatusParts): StatusView {
  const heading = element("h1", "");
  const label = element("span", "status-label");
  let fullId = "";
  const copy = createCopyButton(() => fullId, { texts, onAnnounce });
  copy.setAttribute("aria-label", texts.copyId);
  const id = element("code", "");
  const session = element("span", "session", id, copy);
  const spent = element("span", "spent");
  const status = element("p", "status", label);
  status.setAttribute("role", "status");
  const root = element("header", "", element("div", "bar", toggle, heading, spent, session, status));
  const labels = {
    connecting: texts.connecting,
    open: texts.connected,
    waiting: texts.offline,
    offline: texts.offline,
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
      setText(heading, title === "" ? appTitle : title);
      fullId = sessionId;
      // The command line finds a session by the beginning of its id.
      setText(id, sessionId.slice(0, SHORT_ID_CHARS));
      id.title = sessionId;
      session.hidden = phase !== "open" || sessionId === "";
      setText(spent, cost ? costInShort(cost, { texts, formats }) : "");
      spent.title = cost ? costTexts(cost, { texts, formats }).join(" · ") : "";
    },
  };
}
