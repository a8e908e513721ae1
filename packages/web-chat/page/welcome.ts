import { button, element } from "./dom/elements.ts";
import type { Texts } from "./language/texts.ts";

export interface WelcomeParts {
  texts: Texts;
  isDemo: boolean;
  /** Sends a suggestion. */
  onSend: (content: string) => void;
}

/** Creates the content of an empty session: a greeting and suggestions. */
export function createWelcome({ texts, isDemo, onSend }: WelcomeParts): HTMLElement {
  const suggestions = (isDemo ? texts.demoSuggestions : texts.suggestions).map((text) =>
    button("suggestion", text, () => onSend(text)),
  );
  return element(
    "section",
    "welcome",
    element("h2", "", texts.welcome),
    element("p", "", texts.welcomeHint),
    element("div", "suggestions", ...suggestions),
  );
}

/** Creates the notice that a script answers. */
export function createDemoNotice(texts: Texts): HTMLElement {
  const explanation = element("p", "", texts.demoExplanation);
  return element("details", "demo", element("summary", "", texts.demoNotice), explanation);
}
