import { element } from "../dom/elements.ts";
import { renewMarks } from "../dom/mark-text.ts";
import type { HighlightedCode, Scope } from "./highlight-worker.ts";

/** Highlights code. */
export interface Highlighter {
  /** Highlights an element when the reader comes near it. An unknown language changes nothing. */
  highlight(code: HTMLElement, language: string): void;
}

interface Task {
  readonly code: Element;
  readonly language: string;
}

// Longer code stays without colours: its nodes would slow down the page.
const MAX_CHARS = 30_000;

// Most code takes a few milliseconds. Some grammars of highlight.js take quadratic time for odd
// texts.
const MAX_MS = 1000;

// One screen away, code is highlighted before the reader sees it.
const NEAR_SCREEN = "100%";

/** Creates a highlighter. Its worker is loaded with the first code that comes near the screen. */
export function createHighlighter(): Highlighter {
  const queue = new HighlightQueue();
  const languages = new WeakMap<Element, string>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target: code, isIntersecting } of entries) {
        const language = languages.get(code);
        if (!isIntersecting || language === undefined) continue;
        observer.unobserve(code);
        queue.add({ code, language });
      }
    },
    { rootMargin: NEAR_SCREEN },
  );
  return {
    highlight(code, language) {
      if (code.textContent.length > MAX_CHARS) return;
      languages.set(code, language.toLowerCase());
      observer.observe(code);
    },
  };
}

/** Highlights one text after the other in a worker, and cancels a text that takes too long. */
class HighlightQueue {
  readonly #waiting: Task[] = [];
  #active: Task | undefined;
  #worker: Worker | undefined;
  /** True once the worker has sent its first message. */
  #isLoaded = false;
  #timer = 0;

  add(task: Task): void {
    this.#waiting.push(task);
    if (!this.#worker) this.#start();
    else if (this.#isLoaded && !this.#active) this.#next();
  }

  #start(): void {
    this.#worker = createWorker();
    if (!this.#worker) return;
    // The first message arrives when the worker is loaded.
    this.#worker.addEventListener("message", ({ data }: MessageEvent<HighlightedCode | undefined>) => {
      this.#isLoaded = true;
      clearTimeout(this.#timer);
      const task = this.#active;
      if (task && data?.text === task.code.textContent) {
        task.code.replaceChildren(...data.children.map(toNode));
        renewMarks(task.code);
      }
      this.#next();
    });
  }

  #next(): void {
    this.#active = this.#waiting.shift();
    if (!this.#active) return;
    const { code, language } = this.#active;
    this.#worker?.postMessage({ text: code.textContent, language });
    this.#timer = window.setTimeout(() => this.#giveUp(), MAX_MS);
  }

  #giveUp(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#isLoaded = false;
    this.#active = undefined;
    if (this.#waiting.length > 0) this.#start();
  }
}

/** A global of browsers that check script addresses. TypeScript's library does not know it yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: () => string },
  ): { createScriptURL(text: string): URL };
}

/** Creates the worker, or returns `undefined` on a page whose policy forbids it. */
function createWorker(): Worker | undefined {
  try {
    const address = new URL("highlight-worker.js", import.meta.url);
    policy ??= createPolicy();
    return new Worker(policy?.createScriptURL("") ?? address, { type: "module" });
  } catch {
    // Code stays without colors.
    return undefined;
  }
}

/** The only Trusted Types policy. It allows this one script. */
let policy: ReturnType<typeof createPolicy>;

function createPolicy() {
  const trustedTypes = "trustedTypes" in window ? (window.trustedTypes as TrustedTypes) : undefined;
  return trustedTypes?.createPolicy("highlight-worker", {
    createScriptURL: () => new URL("highlight-worker.js", import.meta.url).href,
  });
}

function toNode(scope: Scope): Node {
  if (scope.type !== "element") return new Text("value" in scope ? scope.value : "");
  const { className } = scope.properties;
  const names = Array.isArray(className) ? className.join(" ") : "";
  return element("span", names, ...scope.children.map(toNode));
}
