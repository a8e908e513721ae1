import type { WatchedEvent } from "@mini-openclaw/client";
import { element } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** Announces events to screen readers, in few words and not for each piece of an answer. */
export interface Announcer {
  readonly root: HTMLElement;
  readonly announce: (text: string) => void;
  /** Announces an event of the shown session. `answer` returns the last text of a run. */
  onEvent(event: WatchedEvent, answer: (runId: string) => string): void;
}

// A text that is read out in some ten seconds is announced whole. A longer one is only mentioned.
const READ_OUT_CHARS = 200;

export function createAnnouncer(texts: Texts): Announcer {
  const root = element("div", "sr-only");
  root.setAttribute("aria-live", "polite");
  let begun: string | undefined;

  function announce(text: string): void {
    // The same text is read out again, because its node is new.
    root.replaceChildren(new Text(text));
  }
  return {
    root,
    announce,
    onEvent(event, answer) {
      if (event.type === "approval_request") return announce(texts.asksFor(event.reason));
      if (event.type === "chunk" && begun !== event.runId) {
        begun = event.runId;
        announce(texts.answerBegun);
      }
      if (event.type !== "run_end") return;
      const { outcome, runId } = event;
      const text = answer(runId);
      if (outcome !== "completed") announce(texts.outcome[outcome]);
      else announce(text !== "" && text.length <= READ_OUT_CHARS ? text : texts.answerDone);
    },
  };
}
