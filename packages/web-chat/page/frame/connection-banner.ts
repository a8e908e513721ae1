import type { ConnectionState } from "@mini-openclaw/client";
import { button, element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** Says what is wrong with the connection and what to do about it; and, for some seconds, that it is back. */
export interface ConnectionBanner {
  readonly root: HTMLElement;
  render(connection: ConnectionState): void;
}

export interface ConnectionBannerParts {
  texts: Texts;
  onRetryNow: () => void;
}

// Chosen: long enough to be read.
const backAgainMs = 4000;

type State = "none" | "lost" | "unreachable" | "refused" | "draining" | "back";

export function createConnectionBanner({ texts, onRetryNow }: ConnectionBannerParts): ConnectionBanner {
  const reason = element("span", "");
  const countdown = element("span", "countdown");
  const retryNow = button("link", texts.retryNow, onRetryNow);
  const root = element("p", "banner", reason, countdown, retryNow);
  const words = {
    none: "",
    lost: texts.lost,
    unreachable: texts.unreachable,
    refused: texts.refusedConnection,
    draining: texts.drainingHint,
    back: texts.backAgain,
  };
  let state: State = "none";
  let wasOpen = false;
  let timer = 0;

  function show(next: State): void {
    state = next;
    root.dataset["state"] = next;
    root.hidden = next === "none";
    setText(reason, words[next]);
    countdown.hidden = next !== "lost" && next !== "unreachable";
    retryNow.hidden = countdown.hidden && next !== "refused";
  }
  function count(retryAt: number): void {
    const leftMs = Math.max(0, retryAt - Date.now());
    setText(countdown, texts.retryingIn(Math.ceil(leftMs / 1000)));
    timer = window.setTimeout(count, 1000, retryAt);
  }
  show("none");

  return {
    root,
    render(connection) {
      const next = nextState(state, connection, wasOpen);
      wasOpen ||= connection.phase === "open";
      if (next === "back" && state === "back") return;
      clearTimeout(timer);
      show(next);
      if (connection.phase === "waiting") count(connection.retryAt);
      if (next === "back") timer = window.setTimeout(show, backAgainMs, "none");
    },
  };
}

/** Whether the gateway does not want this page, for another reason than a token. */
export function isRefused(connection: ConnectionState): boolean {
  return connection.phase === "held" && connection.error?.code === "REFUSED";
}

/** What is said stays while the next attempt is made, so that the page does not jump. */
function nextState(state: State, connection: ConnectionState, wasOpen: boolean): State {
  switch (connection.phase) {
    case "waiting":
      return wasOpen ? "lost" : "unreachable";
    case "connecting":
      return state === "back" ? "none" : state;
    case "open":
      if (connection.draining) return "draining";
      return (state === "lost" && wasOpen) || state === "back" ? "back" : "none";
    case "held":
      return isRefused(connection) ? "refused" : "none";
    case "closed":
      return "none";
  }
}
