import type { ConnectionState } from "./connection.ts";
import { button, element, setText } from "./elements.ts";
import type { Texts } from "./texts.ts";

/** The header: whether the page is connected, and to which session. */
export interface StatusView {
  readonly root: HTMLElement;
  render(connection: ConnectionState, sessionId: string | undefined): void;
}

export interface StatusParts {
  texts: Texts;
  onNewChat: () => void;
  onRetryNow: () => void;
}

export function createStatusView({ texts, onNewChat, onRetryNow }: StatusParts): StatusView {
  const label = element("span", "status-label");
  const session = element("code", "session");
  const status = element("p", "status", label, session);
  status.setAttribute("role", "status");
  const newChat = button("new-chat", texts.newChat, onNewChat);
  const reason = element("span", "");
  const countdown = element("span", "");
  const banner = element("p", "banner", reason, countdown, button("link", texts.retryNow, onRetryNow));
  const bar = element("div", "bar", element("h1", "", "Mini OpenClaw"), status, newChat);
  const root = element("header", "", bar, banner);
  const labels = {
    connecting: texts.connecting,
    open: texts.connected,
    waiting: texts.offline,
    locked: texts.locked,
  };
  let tick = 0;

  return {
    root,
    render(connection, sessionId) {
      clearInterval(tick);
      const { phase } = connection;
      status.dataset["phase"] = phase;
      setText(label, labels[phase]);
      setText(session, phase === "open" && sessionId !== undefined ? shortId(sessionId) : "");
      session.title = sessionId ?? "";
      newChat.disabled = phase !== "open";
      banner.hidden = phase !== "waiting";
      if (phase !== "waiting") return;
      const count = () => {
        const leftMs = Math.max(0, connection.retryAt - Date.now());
        setText(countdown, texts.retryingIn(Math.ceil(leftMs / 1000)));
      };
      setText(reason, connection.everOpen ? texts.lost : texts.unreachable);
      count();
      tick = window.setInterval(count, 1000);
    },
  };
}

/** The end of an id: UUIDs of version 7 begin with their time, so those of one day look alike. */
function shortId(sessionId: string): string {
  return sessionId.slice(-8);
}
