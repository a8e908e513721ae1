import { button, element } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";
import type { PageOptions } from "./page-options.ts";

export interface WelcomeParts {
  texts: Texts;
  options: Pick<PageOptions, "isDemo" | "greeting" | "suggestions">;
  /** Sends a suggestion. */
  onSend: (content: string) => void;
}

/** Creates the content of an empty session: a greeting and suggestions. */
export function createWelcome({ texts, options, onSend }: WelcomeParts): HTMLElement {
  const { isDemo, greeting = texts.welcome } = options;
  const offered = options.suggestions ?? (isDemo ? texts.demoSuggestions : texts.suggestions);
  const suggestions = offered.map((text) => button("suggestion", text, () => onSend(text)));
  return element(
    "section",
    "welcome",
    element("h2", "", greeting),
    ...(options.greeting === undefined ? [element("p", "", texts.welcomeHint)] : []),
    element("div", "suggestions", ...suggestions),
  );
}

/** Creates the notice that a script answers. */
export function createDemoNotice(texts: Texts): HTMLElement {
  const explanation = element("p", "", texts.demoExplanation);
  return element("details", "demo", element("summary", "", texts.demoNotice), explanation);
}
