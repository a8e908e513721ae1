import type { WatchedEvent } from "@mini-openclaw/client";
import { element } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** Tells those who cannot see the page what happens: few words, and none for each piece of an answer. */
export interface Announcer {
  readonly root: HTMLElement;
  readonly say: (text: string) => void;
  /** Tells of an event in the session that is shown. `answer`: what its run said at last. */
  hear(event: WatchedEvent, answer: (runId: string) => string): void;
}

// Chosen: an answer that is read out in some ten seconds is read whole; of a longer one, only that it is there.
const readOutChars = 200;

export function createAnnouncer(texts: Texts): Announcer {
  const root = element("div", "sr-only");
  root.setAttribute("aria-live", "polite");
  let begun: string | undefined;

  function say(text: string): void {
    // The same words again are news too: as a new node they are read out again.
    root.replaceChildren(new Text(text));
  }
  return {
    root,
    say,
    hear(event, answer) {
      if (event.type === "approval_request") return say(texts.asksFor(event.reason));
      if (event.type === "chunk" && begun !== event.runId) {
        begun = event.runId;
        say(texts.answerBegun);
      }
      if (event.type !== "run_end") return;
      const { outcome, runId } = event;
      const text = answer(runId);
      if (outcome !== "completed") say(texts.outcome[outcome]);
      else say(text !== "" && text.length <= readOutChars ? text : texts.answerDone);
    },
  };
}
