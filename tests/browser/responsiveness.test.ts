import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;

/** What a model writes: headings, words, lists, code and tables, about 400 characters each time. */
function section(index: number): string {
  return [
    `## Part ${index}`,
    `Some **words** about \`claws\`, as a model writes them: part ${index} of an answer that goes on and on, with [links](https://example.com/${index}).`,
    "- first\n- second, with *stress*\n- third",
    `\`\`\`ts\nexport function claw${index}(name: string): number {\n  // how many\n  return name.length + ${index};\n}\n\`\`\``,
    `| part | is |\n| --- | ---: |\n| ${index} | ${index * 2} |`,
  ].join("\n\n");
}

const sections = (count: number) => Array.from({ length: count }, (_, index) => section(index)).join("\n\n");

/** Answers with a text in pieces of some 40 characters, about 250 of them a second. */
function streams(text: string): Answer {
  return async (_, { show }) => {
    for (let place = 0; place < text.length; place += 40) {
      show({ type: "chunk", messageId: "a1", content: text.slice(place, place + 40) });
      // In gusts, as networks bring them.
      if (place % 400 === 0) await new Promise((resolve) => setTimeout(resolve, 40));
    }
    show({ type: "assistant_message", id: "a1", content: text, timestamp });
  };
}

/** Begins to note long tasks and late answers to keys in a page. */
async function watchTasks(page: Page): Promise<void> {
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

interface Noted {
  readonly tasks: readonly number[];
  readonly inputs: readonly number[];
}

function notedIn(page: Page): Promise<Noted> {
  return page.evaluate(() => (window as unknown as { noted: Noted }).noted);
}

function report(what: string, { tasks, inputs }: Noted): void {
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

describe.skipIf(whyNoBrowser)("a page that has much to show", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test.each([
    ["a mixed answer", sections(440)],
    ["one code block", `\`\`\`ts\n${"export const claw = 12345; // how many\n".repeat(5200)}\`\`\``],
    ["one list", "- an item with **stress** and `code`\n".repeat(5500)],
  ])("stays usable while 200 kB stream into it: %s", async (what, text) => {
    await using gateway = await startGateway({ answer: streams(text) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await watchTasks(page);
    await say(page, "go");
    await page.locator(".assistant.streaming").waitFor();
    const box = page.getByRole("textbox", { name: "Message" });
    let typed = "";
    while ((await page.locator(".assistant.streaming").count()) > 0) {
      await box.press("x");
      typed += "x";
    }
    await page.locator(".answer-end").waitFor();
    // A key is noted once the frame after it is painted.
    await eventually(async () => (await notedIn(page)).inputs.length).toBeGreaterThanOrEqual(typed.length);
    const noted = await notedIn(page);
    report(`200 kB, ${what} (${text.length} characters)`, noted);

    expect(await box.inputValue()).toBe(typed);
    expect(await page.locator(".markdown").textContent()).toContain(
      what === "one list" ? "an item with stress" : "claw",
    );
  });

  test("shows the newest of 10,000 messages at once, and others as the reader comes near them", async () => {
    await using gateway = await startGateway();
    const { sessionId } = await gateway.store.getOrCreateSession("webchat");
    await gateway.store.appendMessages(
      sessionId,
      Array.from({ length: 10_000 }, (_, index) =>
        index % 2 === 0
          ? ({ role: "user", content: `Question ${index}`, timestamp } as const)
          : ({
              role: "assistant",
              content: index % 20 === 1 ? section(index) : "Yes, *quite* so.",
              timestamp,
            } as const),
      ),
    );
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const rows = page.locator(".rows > li");
    await page.getByText("Question 9998").waitFor();
    const shownAfter = await page.evaluate(() => Math.round(performance.now()));
    await watchTasks(page);
    const frames = await page.evaluate(async () => {
      const scroller = document.querySelector(".conversation");
      const paused: number[] = [];
      let before = performance.now();
      while (document.querySelectorAll(".rows > li.user").length < 500) {
        // A screen a frame: as fast as a reader can fling it.
        if (scroller) scroller.scrollTop -= 700;
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        paused.push(now - before);
        before = now;
      }
      return paused;
    });
    const noted = await notedIn(page);
    const late = frames.filter((pause) => pause > 50).length;
    console.log(
      `10,000 messages: the newest are there after ${shownAfter} ms; 1,000 of them scrolled through in ${frames.length} frames, ${late} later than 50 ms, longest ${Math.round(Math.max(...frames))} ms`,
    );
    report("10,000 messages, while scrolled", noted);

    expect(frames.length).toBeGreaterThan(0);
    expect(await rows.count()).toBeLessThan(3000);
    expect(await page.getByText("Question 9000", { exact: true }).count()).toBe(1);
  });
});
