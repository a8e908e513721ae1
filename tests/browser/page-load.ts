import type { Browser, Page } from "playwright-core";
import type { Answer } from "./test-gateway.ts";

const timestamp = 1;

/** The long tasks and input delays of a page, in milliseconds. */
export interface Noted {
  readonly tasks: readonly number[];
  /** From a key to the paint that shows it. */
  readonly inputs: readonly number[];
}

/** Begins to note long tasks and late answers to keys in a page. */
export async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted: { tasks: number[]; inputs: number[] } = { tasks: [], inputs: [] };
    Object.assign(window, { noted });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) noted.tasks.push(duration);
    }).observe({ type: "longtask", buffered: false });
    // Until the frame after the key is painted.
    document.addEventListener(
      "input",
      ({ timeStamp }) =>
        requestAnimationFrame(() => setTimeout(() => noted.inputs.push(performance.now() - timeStamp))),
      true,
    );
  });
}

export function notedIn(page: Page): Promise<Noted> {
  return page.evaluate(() => (window as unknown as { noted: Noted }).noted);
}

/** Prints what was noted. */
export function report(what: string, { tasks, inputs }: Noted): void {
  const sum = tasks.reduce((total, one) => total + one, 0);
  const sorted = [...inputs].sort((one, other) => one - other);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  const keys =
    sorted.length === 0
      ? ""
      : `; from key to paint p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${Math.round(sorted.at(-1) ?? 0)} ms of ${sorted.length}`;
  console.log(
    `${what}: ${tasks.length} long tasks, longest ${Math.round(Math.max(0, ...tasks))} ms, together ${Math.round(sum)} ms${keys}`,
  );
}

/**
 * Text as models write it: headings, words, lists, code and tables, about 400 characters each time.
 */
export function section(index: number): string {
  return [
    `## Part ${index}`,
    `Some **words** about \`claws\`, as a model writes them: part ${index} of an answer that goes on and on, with [links](https://example.com/${index}).`,
    "- first\n- second, with *stress*\n- third",
    `\`\`\`ts\nexport function claw${index}(name: string): number {\n  // how many\n  return name.length + ${index};\n}\n\`\`\``,
    `| part | is |\n| --- | ---: |\n| ${index} | ${index * 2} |`,
  ].join("\n\n");
}

/**
 * Answers with a text in pieces of some 40 characters, about 250 of them a second. `before` is what
 * was shown of the answer already.
 */
export function streams(text: string, before = ""): Answer {
  return async (_, { show }) => {
    for (let place = 0; place < text.length; place += 40) {
      show({ type: "chunk", messageId: "a1", content: text.slice(place, place + 40) });
      // In gusts, as networks bring them.
      if (place % 400 === 0) await new Promise((resolve) => setTimeout(resolve, 40));
    }
    show({ type: "assistant_message", id: "a1", content: before + text, timestamp });
  };
}

/**
 * Returns the time that the page's main thread has worked so far, in milliseconds, without the
 * other work of the machine.
 */
export async function createWorkClock(page: Page): Promise<() => Promise<number>> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send("Performance.enable");
  return async () => {
    const { metrics } = await devTools.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "ThreadTime")?.value ?? Number.NaN);
  };
}

/** Returns the number of elements that the pages of a browser style in each step of some work. */
export async function styledElements(browser: Browser, work: () => Promise<void>): Promise<number[]> {
  const devTools = await browser.newBrowserCDPSession();
  const counts: number[] = [];
  devTools.on("Tracing.dataCollected", ({ value }) => {
    const events: { name?: string; args?: { elementCount?: number } }[] = value;
    for (const { name, args } of events) {
      if (name === "UpdateLayoutTree") counts.push(args?.elementCount ?? 0);
    }
  });
  const traceConfig = { includedCategories: ["devtools.timeline", "disabled-by-default-devtools.timeline"] };
  await devTools.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  await work();
  const complete = new Promise<void>((resolve) => devTools.once("Tracing.tracingComplete", () => resolve()));
  await devTools.send("Tracing.end");
  await complete;
  await devTools.detach();
  return counts;
}
