import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { createWorkClock, notedIn, report, section, streams, watchTasks } from "./page-load.ts";
import { startGateway, type TestGateway } from "./test-gateway.ts";

const timestamp = 1;
const usage = { inputTokens: 900, outputTokens: 90, cacheReadTokens: 0, cacheWriteTokens: 0 };
const messageCount = 10_000;

/** Adds messages that begin with their number. */
async function fillSession({ store }: TestGateway): Promise<void> {
  const { sessionId } = await store.getOrCreateSession("webchat");
  const messages = Array.from({ length: messageCount }, (_, index) => {
    const fields = { timestamp, runId: `run-${Math.floor(index / 2)}` };
    if (index % 2 === 0) return { role: "user", content: `No. ${index}?`, ...fields } as const;
    const more = index % 20 === 1 ? section(index) : "Yes, *quite* so.";
    return { role: "assistant", content: `No. ${index}.\n\n${more}`, usage, ...fields } as const;
  });
  await store.appendMessages(sessionId, messages);
}

interface Trip {
  readonly ms: number;
  /** From each frame to the next, in milliseconds. */
  readonly frames: readonly number[];
  readonly mostElements: number;
  /** The numbers of the messages that were on the page, in the order in which they came. */
  readonly seen: readonly number[];
  /** Neighbours on the page that were not neighbours in the session. */
  readonly wrong: readonly string[];
}

/** Scrolls by `step` a frame, as far as it goes, and reads what is there on the way. */
function scrollThrough(page: Page, step: number): Promise<Trip> {
  return page.evaluate(async (stepPx) => {
    const scroller = document.querySelector<HTMLElement>(".conversation");
    const earlier = document.querySelector<HTMLElement>(".earlier");
    if (!scroller || !earlier) throw new Error("there is no conversation");
    const seen = new Set<number>();
    const wrong: string[] = [];
    const frames: number[] = [];
    let [mostElements, known] = [0, ""];
    const messages = ".row.user .bubble, .row.assistant .markdown > :first-child";
    const read = () => {
      // A place that is empty holds what is far from here.
      const groups = [...document.querySelectorAll(".row-groups > div")];
      const numbers = groups.flatMap((group) =>
        group.firstChild
          ? [...group.querySelectorAll(messages)].map(
              ({ textContent }) => /No\. (\d+)/.exec(textContent ?? "")?.[1],
            )
          : ["far"],
      );
      if (numbers.join() === known) return;
      known = numbers.join();
      for (const [index, number] of numbers.entries()) {
        const last = numbers[index - 1];
        if (number !== "far") seen.add(Number(number));
        if (number === "far" || last === "far" || last === undefined) continue;
        if (Number(number) !== Number(last) + 1) wrong.push(`${last}, ${number}`);
      }
      mostElements = Math.max(mostElements, document.querySelectorAll("*").length);
    };
    const isThere = () =>
      stepPx < 0
        ? scroller.scrollTop === 0 && earlier.hidden
        : scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1;
    const start = performance.now();
    let before = start;
    while (!isThere()) {
      scroller.scrollTop += stepPx;
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      frames.push(now - before);
      before = now;
      read();
    }
    return { ms: performance.now() - start, frames, mostElements, seen: [...seen], wrong };
  }, step);
}

function tell(what: string, { ms, frames, mostElements }: Trip, workMs: number): void {
  const late = frames.filter((pause) => pause > 50).length;
  console.log(
    `${messageCount} messages, ${what}: ${(ms / 1000).toFixed(1)} s in ${frames.length} frames, ${late} later than 50 ms, longest ${Math.round(Math.max(...frames))} ms; the page worked ${(workMs / 1000).toFixed(1)} s; at most ${mostElements} elements`,
  );
}

/** Has an answer stream in, and gives what a chunk of it cost the page, in milliseconds. */
async function chunkCost(page: Page, text: string): Promise<number> {
  const work = await createWorkClock(page);
  const ends = page.locator(".answer-end");
  const before = await work();
  await say(page, "go");
  await page.locator(".assistant.streaming").waitFor();
  await page.locator(".assistant.streaming").waitFor({ state: "detached" });
  await ends.last().waitFor();
  return ((await work()) - before) / (text.length / 40);
}

describe.skipIf(whyNoBrowser)("a session of 10,000 messages", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("is scrolled through from the newest to the first and back, and an answer streams into it", async () => {
    const text = Array.from({ length: 40 }, (_, index) => section(index)).join("\n\n");
    await using gateway = await startGateway({ answer: streams(text) });
    await using shortTab = await openPage(browser, gateway.url);
    await shortTab.page.getByRole("textbox", { name: "Message" }).waitFor();
    const costInShort = await chunkCost(shortTab.page, text);
    await shortTab.page.close();

    await using longGateway = await startGateway({ answer: streams(text) });
    await fillSession(longGateway);
    await using tab = await openPage(browser, longGateway.url);
    const { page } = tab;
    await page.getByText(`No. ${messageCount - 2}?`).waitFor();
    const shownAfter = await page.evaluate(() => Math.round(performance.now()));
    console.log(`${messageCount} messages: the newest are there after ${shownAfter} ms`);
    await watchTasks(page);
    const work = await createWorkClock(page);
    const start = await work();
    // Two screens a frame: faster than a reader can fling it.
    const up = await scrollThrough(page, -1400);
    const between = await work();
    tell("up", up, between - start);
    report("up", await notedIn(page));

    const all = Array.from({ length: messageCount }, (_, index) => index);
    expect([...up.seen].sort((one, other) => one - other)).toEqual(all);
    expect(up.wrong).toEqual([]);
    await page.getByRole("main").getByText("No. 0?", { exact: true }).waitFor();

    const down = await scrollThrough(page, 1400);
    tell("down", down, (await work()) - between);
    expect([...down.seen].sort((one, other) => one - other)).toEqual(all);
    expect(down.wrong).toEqual([]);

    const costInLong = await chunkCost(page, text);
    console.log(
      `a chunk costs the page ${costInLong.toFixed(2)} ms with ${messageCount} messages loaded, ${costInShort.toFixed(2)} ms with none`,
    );
    await page.locator(".markdown").last().getByText("Part 39", { exact: true }).waitFor();

    // Shown anew, it begins with the newest again.
    await page.getByRole("radio", { name: "中文" }).check();
    await eventually(() => page.locator(".row").count()).toBeLessThan(300);
    await page.locator(".markdown").last().getByText("Part 39", { exact: true }).waitFor();
    expect(tab.complaints).toEqual([]);
  });
});
