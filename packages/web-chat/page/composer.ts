import type { SessionSnapshot } from "@mini-openclaw/client";
import { button, element, setText } from "./elements.ts";
import type { Texts } from "./texts.ts";

/** Where the user writes, sends and stops. */
export interface Composer {
  readonly root: HTMLElement;
  render(snapshot: SessionSnapshot): void;
  readonly focus: () => void;
  /** What is written and not sent. */
  draft: string;
}

export interface ComposerParts {
  texts: Texts;
  onSend: (content: string) => void;
  onStop: () => void;
}

// Chosen: about eight lines; longer texts scroll.
const maxHeightPx = 220;

export function createComposer({ texts, onSend, onStop }: ComposerParts): Composer {
  const input = element("textarea", "");
  input.rows = 1;
  input.placeholder = texts.placeholder;
  input.setAttribute("aria-label", texts.message);
  input.setAttribute("aria-describedby", "keys");
  input.setAttribute("enterkeyhint", "send");
  const stop = button("stop", texts.stop, onStop);
  const send = element("button", "send", texts.send);
  const keys = element("p", "keys", texts.keys);
  keys.id = "keys";
  const box = element("form", "composer", input, element("div", "actions", stop, send));
  const root = element("footer", "", box, keys);

  function fit(): void {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, maxHeightPx)}px`;
    send.disabled = input.value.trim() === "";
  }
  function submit(): void {
    const content = input.value.trim();
    if (content === "") return;
    input.value = "";
    fit();
    onSend(content);
  }

  input.addEventListener("input", fit);
  input.addEventListener("keydown", (event) => {
    // While an input method composes (中文, 日本語), Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  send.disabled = true;
  stop.hidden = true;

  return {
    root,
    render({ view, stopping }) {
      const isStopping = stopping !== undefined;
      stop.hidden = view.activeRuns.length === 0;
      stop.disabled = isStopping;
      setText(stop, isStopping ? texts.stopping : texts.stop);
    },
    focus: () => input.focus(),
    get draft() {
      return input.value;
    },
    set draft(text) {
      input.value = text;
      fit();
    },
  };
}
