import type { ConnectionState } from "@mini-openclaw/client";
import { button, element, setText } from "./elements.ts";
import type { Texts } from "./texts.ts";

/** The header: whether the page is connected, and to which session. */
export interface StatusView {
  readonly root: HTMLElement;
  render(connection: ConnectionState, sessionId: string | undefined): void;
}

export interface StatusParts {
  texts: Texts;
  /** Opens the list of sessions where the window has no room for it. */
  toggle: HTMLElement;
  onRetryNow: () => void;
}

export function createStatusView({ texts, toggle, onRetryNow }: StatusParts): StatusView {
  const label = element("span", "status-label");
  const session = element("code", "session");
  const status = element("p", "status", label, session);
  status.setAttribute("role", "status");
  const reason = element("span", "");
  const countdown = element("span", "");
  const banner = element("p", "banner", reason, countdown, button("link", texts.retryNow, onRetryNow));
  const bar = element("div", "bar", toggle, element("h1", "", "Mini OpenClaw"), status);
  const root = element("header", "", bar, banner);
  const labels = {
    connecting: texts.connecting,
    open: texts.connected,
    waiting: texts.offline,
    held: texts.locked,
    closed: texts.offline,
  };
  let tick = 0;
  let wasOpen = false;

  return {
    root,
    render(connection, sessionId) {
      clearInterval(tick);
      const { phase } = connection;
      status.dataset["phase"] = phase;
      wasOpen ||= phase === "open";
      const isDraining = phase === "open" && connection.draining;
      setText(label, isDraining ? texts.draining : labels[phase]);
      setText(session, phase === "open" && sessionId !== undefined ? shortId(sessionId) : "");
      session.title = sessionId ?? "";
      banner.hidden = phase !== "waiting";
      if (phase !== "waiting") return;
      const count = () => {
        const leftMs = Math.max(0, connection.retryAt - Date.now());
        setText(countdown, texts.retryingIn(Math.ceil(leftMs / 1000)));
      };
      setText(reason, wasOpen ? texts.lost : texts.unreachable);
      count();
      tick = window.setInterval(count, 1000);
    },
  };
}

/** The end of an id: UUIDs of version 7 begin with their time, so those of one day look alike. */
function shortId(sessionId: string): string {
  return sessionId.slice(-8);
}
