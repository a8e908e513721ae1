import { element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** A part of the app, as the gateway's `/readyz` has it. */
interface Part {
  readonly name: string;
  readonly state: "ok" | "starting" | "failed";
  readonly detail: string | undefined;
}

/** The states of the app's parts, such as its MCP servers. Hidden while there are none. */
export interface PartsView {
  readonly root: HTMLElement;
  /** Loads the states again. */
  refresh(): void;
}

/** Without a `gatewayUrl`, the app reports no parts. */
export function createPartsView(texts: Texts, gatewayUrl: URL | undefined): PartsView {
  const heading = element("span", "", texts.parts);
  const failures = element("span", "parts-failed");
  const list = element("ul", "");
  const root = element("details", "parts", element("summary", "", heading, failures), list);
  root.hidden = true;

  function render(parts: readonly Part[]): void {
    const failedCount = parts.filter(({ state }) => state === "failed").length;
    root.hidden = parts.length === 0;
    setText(failures, failedCount === 0 ? "" : texts.toolsFailed(failedCount));
    list.replaceChildren(...parts.map((part) => createItem(part, texts)));
  }
  async function load(): Promise<void> {
    if (!gatewayUrl) return;
    try {
      render(readParts(await (await fetch(new URL("readyz", gatewayUrl))).json()));
    } catch {
      // The gateway is away, as the banner shows.
    }
  }
  root.addEventListener("toggle", () => {
    if (root.open) void load();
  });
  return { root, refresh: () => void load() };
}

function createItem({ name, state, detail }: Part, texts: Texts): HTMLElement {
  const item = element(
    "li",
    "",
    element("strong", "", name),
    " ",
    element("span", "", texts.partStates[state]),
  );
  if (detail !== undefined) item.append(element("pre", "", detail));
  item.dataset["state"] = state;
  return item;
}

/** Returns the parts in an answer of `/readyz`. */
function readParts(answer: unknown): Part[] {
  const { parts } = Object(answer) as { parts?: unknown };
  if (!Array.isArray(parts)) return [];
  return parts.map((part) => {
    const { name, state, detail } = Object(part) as Record<string, unknown>;
    return {
      name: String(name),
      state: state === "ok" || state === "starting" ? state : "failed",
      detail: typeof detail === "string" ? detail : undefined,
    };
  });
}
