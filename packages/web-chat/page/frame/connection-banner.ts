import { button, element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";
import type { ShownConnection } from "./status-view.ts";

/**
 * Shows a failure of the connection and the way out of it. After a failure it shows for some
 * seconds that the connection is back.
 */
export interface ConnectionBanner {
  readonly root: HTMLElement;
  render(connection: ShownConnection): void;
}

export interface ConnectionBannerParts {
  texts: Texts;
  onRetryNow: () => void;
}

// Long enough to be read.
const BACK_AGAIN_MS = 4000;

type State = "none" | "noNetwork" | "lost" | "unreachable" | "refused" | "draining" | "back";

export function createConnectionBanner({ texts, onRetryNow }: ConnectionBannerParts): ConnectionBanner {
  const reason = element("span", "");
  const countdown = element("span", "countdown");
  const retryNow = button("link", texts.retryNow, onRetryNow);
  const root = element("p", "banner", reason, countdown, retryNow);
  const words = {
    none: "",
    noNetwork: texts.noNetwork,
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
      if (next === "back") timer = window.setTimeout(show, BACK_AGAIN_MS, "none");
    },
  };
}

/** Returns true if the gateway refused this page for another reason than a token. */
export function isRefused(connection: ShownConnection): boolean {
  return connection.phase === "held" && connection.error?.code === "REFUSED";
}

/**
 * Returns the next state. It stays the same while the page connects, so that the layout does not
 * jump.
 */
function nextState(state: State, connection: ShownConnection, wasOpen: boolean): State {
  switch (connection.phase) {
    case "offline":
      return "noNetwork";
    case "waiting":
      return wasOpen ? "lost" : "unreachable";
    case "connecting":
      return state === "back" ? "none" : state;
    case "open":
      if (connection.draining) return "draining";
      return (["lost", "noNetwork"].includes(state) && wasOpen) || state === "back" ? "back" : "none";
    case "held":
      return isRefused(connection) ? "refused" : "none";
    case "closed":
      return "none";
  }
}
