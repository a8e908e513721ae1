import { isLanguage } from "../language/choose-texts.ts";
import type { Language } from "../language/texts.ts";

/** The options of the app that serves the page. The server has checked them. */
export interface PageOptions {
  /** Relative path of the gateway's WebSocket. */
  readonly webSocketPath: string;
  readonly isDemo: boolean;
  readonly title: string;
  readonly logo: string | undefined;
  readonly accent: string | undefined;
  readonly greeting: string | undefined;
  readonly suggestions: readonly string[] | undefined;
  readonly locale: Language | undefined;
  readonly loginUrl: string | undefined;
  readonly hasSidebar: boolean;
  readonly hasParts: boolean;
  readonly hasSettings: boolean;
  /** Relative address of the document that draws diagrams. */
  readonly diagramUrl: string | undefined;
}

/** Reads the options that the server wrote into the page. */
export function readOptions(body: HTMLElement): PageOptions {
  const values = JSON.parse(body.dataset["options"] ?? "{}") as Readonly<Record<string, unknown>>;
  const text = (name: string) => (typeof values[name] === "string" ? values[name] : undefined);
  const { suggestions } = values;
  const locale = text("locale");
  return {
    webSocketPath: text("webSocketPath") ?? "./",
    isDemo: values["demo"] === true,
    title: text("title") ?? "Mini OpenClaw",
    logo: text("logo"),
    accent: text("accent"),
    greeting: text("greeting"),
    suggestions: Array.isArray(suggestions) ? suggestions.map(String) : undefined,
    locale: isLanguage(locale) ? locale : undefined,
    loginUrl: text("loginUrl"),
    hasSidebar: values["hideSidebar"] !== true,
    hasParts: values["showParts"] === true,
    hasSettings: values["showSettings"] === true,
    diagramUrl: "diagram.html",
  };
}

/** Applies the options that concern the look of the whole page. */
export function applyLook({ accent, hasSidebar }: PageOptions): void {
  if (accent !== undefined) document.documentElement.style.setProperty("--accent", accent);
  document.documentElement.classList.toggle("single", !hasSidebar);
}
