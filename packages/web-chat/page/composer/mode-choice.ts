import type { MessageMode } from "@mini-openclaw/protocol";
import { element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** Radio buttons that select how the next message affects the running answer. */
export interface ModeChoice {
  readonly root: HTMLElement;
  /** Returns the mode of the next message: `queue` unless the user selected another one for it. */
  mode(): MessageMode;
  reset(): void;
  /** Shows the choice while an answer is running. */
  show(isRunning: boolean): void;
}

const MODES = ["queue", "steer", "interrupt"] as const;

export function createModeChoice(texts: Texts, onChosen: () => void): ModeChoice {
  let chosen: MessageMode = "queue";
  const explanation = element("span", "mode-explanation");
  const options = MODES.map((mode) => {
    const input = element("input", "");
    input.type = "radio";
    input.name = "mode";
    input.value = mode;
    input.addEventListener("change", () => choose(mode));
    // A pointer returns to the text. The arrow keys move on among the choices.
    const label = element("label", "", input, texts.modes[mode].name);
    label.addEventListener("pointerup", () => requestAnimationFrame(onChosen));
    return { mode, input, label };
  });
  const group = element("div", "segments", ...options.map(({ label }) => label));
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", texts.modeQuestion);
  explanation.id = "mode-explanation";
  group.setAttribute("aria-describedby", explanation.id);
  const root = element("div", "modes", group, explanation);
  root.hidden = true;

  function choose(next: MessageMode): void {
    chosen = next;
    for (const { mode, input } of options) input.checked = mode === next;
    setText(explanation, texts.modes[next].explanation);
  }
  choose("queue");

  return {
    root,
    mode: () => chosen,
    reset: () => choose("queue"),
    show(isRunning) {
      if (!isRunning && !root.hidden) choose("queue");
      root.hidden = !isRunning;
    },
  };
}
