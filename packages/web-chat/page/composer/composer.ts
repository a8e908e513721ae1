import type { SessionSnapshot } from "@mini-openclaw/client";
import type { MessageMode } from "@mini-openclaw/protocol";
import { button, element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";
import type { Drafts } from "./drafts.ts";
import { createModeChoice } from "./mode-choice.ts";

/** Where the user writes, sends and stops. */
export interface Composer {
  readonly root: HTMLElement;
  /** `address`: of the session on the page; each has a draft of its own. */
  render(snapshot: SessionSnapshot, address: string): void;
  readonly focus: () => void;
  /** What is written and not sent. */
  draft: string;
}

export interface ComposerParts {
  texts: Texts;
  drafts: Drafts;
  /** Says whether it was sent; if not, it stays. */
  onSend: (content: string, mode: MessageMode) => boolean;
  onStop: () => void;
}

// Chosen: about eight lines; longer texts scroll.
const maxHeightPx = 220;

export function createComposer({ texts, drafts, onSend, onStop }: ComposerParts): Composer {
  const input = element("textarea", "");
  input.rows = 1;
  input.dir = "auto";
  input.placeholder = texts.placeholder;
  input.setAttribute("aria-label", texts.message);
  input.setAttribute("aria-describedby", "keys");
  input.setAttribute("enterkeyhint", "send");
  const stop = button("stop", texts.stop, onStop);
  const send = element("button", "send", texts.send);
  const keys = element("p", "keys", texts.keys);
  keys.id = "keys";
  const choice = createModeChoice(texts, () => input.focus());
  const box = element("form", "composer", input, element("div", "actions", stop, send));
  const root = element("footer", "", choice.root, box, keys);
  let isRunning = false;

  function fit(): void {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, maxHeightPx)}px`;
    send.disabled = input.value.trim() === "";
  }
  function submit(mode: MessageMode): void {
    const content = input.value.trim();
    if (content === "" || !onSend(content, mode)) return;
    input.value = "";
    drafts.keep("");
    fit();
    choice.reset();
  }

  input.addEventListener("input", () => {
    drafts.keep(input.value);
    fit();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    submit(isRunning && (event.ctrlKey || event.metaKey) ? "steer" : choice.mode());
  });
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(choice.mode());
  });
  send.disabled = true;
  stop.hidden = true;

  return {
    root,
    render({ sessionId, view, stopping }, address) {
      isRunning = view.activeRuns.length > 0;
      stop.hidden = !isRunning;
      stop.disabled = stopping !== undefined;
      setText(stop, stopping === undefined ? texts.stop : texts.stopping);
      setText(keys, isRunning ? texts.keysWhileRunning : texts.keys);
      choice.show(isRunning);
      const draft = drafts.open(sessionId, address);
      if (draft === undefined) return;
      input.value = draft;
      fit();
    },
    focus: () => input.focus(),
    get draft() {
      return input.value;
    },
    set draft(text) {
      input.value = text;
      drafts.keep(text);
      fit();
    },
  };
}

/**
 * While an input method composes (中文, 日本語), Enter belongs to it. Safari ends the composition before the key that ended
 * it: only the old code 229 tells.
 */
function isComposing({ isComposing: composes, keyCode }: KeyboardEvent): boolean {
  return composes || keyCode === 229;
}
