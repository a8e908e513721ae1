import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, launchBrowser, openPage, rowsOf, say, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;
const usage = { inputTokens: 1200, outputTokens: 30, cacheReadTokens: 45_000, cacheWriteTokens: 0 };

/** Fails the first time, then answers with the number of the time. */
function failsOnce(): Answer {
  let count = 0;
  return (_, { show }) => {
    count += 1;
    if (count === 1) {
      show({ type: "error", code: "MODEL_OVERLOADED", message: "529", retryable: true });
    } else {
      show({ type: "assistant_message", id: "a1", content: `Answer ${count}.`, timestamp });
    }
  };
}

describe.skipIf(whyNoBrowser)("the end of an answer", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("lets a failed run be tried again, and the newest answer be given anew", async () => {
    await using gateway = await startGateway({ answer: failsOnce() });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "well?");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("main").getByText("Answer 2.").waitFor();
    await eventually(() => rowsOf(page)).toEqual(["user: You: well?", "assistant: Assistant: Answer 2."]);

    await page.getByRole("button", { name: "Regenerate" }).click();
    await page.getByRole("main").getByText("Answer 3.").waitFor();
    await page.reload();
    await page.getByRole("main").getByText("Answer 3.").waitFor();

    await eventually(() => rowsOf(page)).toEqual(["user: You: well?", "assistant: Assistant: Answer 3."]);
    expect(gateway.received.filter(({ type }) => type === "message")).toHaveLength(1);
  });

  test("shows the versions of an answer, also after a reload, and regenerates from any of them", async () => {
    let count = 0;
    const answer: Answer = (_, { show }) => {
      count += 1;
      show({ type: "assistant_message", id: "a1", content: `Answer ${count}.`, timestamp: Date.now() });
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const shown = () => page.locator(".assistant .markdown").innerText();
    await say(page, "well?");
    await page.getByRole("main").getByText("Answer 1.").waitFor();
    expect(await page.locator(".versions").isVisible()).toBe(false);
    await page.getByRole("button", { name: "Regenerate" }).click();
    await page.getByRole("main").getByText("Answer 2.").waitFor();
    await page.getByRole("button", { name: "Previous version" }).click();
    await eventually(shown).toBe("Answer 1.");
    expect(await page.locator(".version-count").innerText()).toBe("1/2");
    expect(await page.getByRole("button", { name: "Previous version" }).isDisabled()).toBe(true);

    await page.getByRole("button", { name: "Regenerate" }).click();
    await page.getByRole("main").getByText("Answer 3.").waitFor();
    await page.reload();
    await eventually(shown).toBe("Answer 3.");
    await eventually(() => page.locator(".version-count").innerText()).toBe("3/3");
    await page.getByRole("button", { name: "Previous version" }).click();
    await eventually(shown).toBe("Answer 2.");
    await page.getByRole("button", { name: "Next version" }).click();
    await eventually(shown).toBe("Answer 3.");
    expect(tab.complaints).toEqual([]);
  });

  test("shows the time of a message while the pointer is over it", async () => {
    const answer: Answer = (_, { show }) => {
      show({
        type: "assistant_message",
        id: "a1",
        content: "Hello.",
        timestamp: Date.UTC(2026, 4, 4, 12, 30),
      });
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url, { locale: "en-US", timezoneId: "UTC" });
    const { page } = tab;
    await say(page, "hi");
    const time = page.locator(".answer-end time");
    await time.waitFor({ state: "attached" });
    const opacity = () => time.evaluate((one) => getComputedStyle(one).opacity);
    await page.mouse.move(0, 0);
    await eventually(opacity).toBe("0");
    await page.locator(".assistant").hover();

    await eventually(opacity).toBe("1");
    expect(await time.getAttribute("datetime")).toBe("2026-05-04T12:30:00.000Z");
    expect(await time.getAttribute("title")).toContain("Monday, May 4, 2026");
    expect(await time.textContent()).toContain("May 4");
    expect(await page.locator(".user time").textContent()).toMatch(/^\d?\d:\d\d\s[AP]M$/);
  });

  test("offers another answer for the newest one only", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("button", { name: "Regenerate" }).waitFor();
    await say(page, "two");
    await eventually(() => page.locator(".answer-end").count()).toBe(2);

    expect(await page.getByRole("button", { name: "Regenerate" }).count()).toBe(1);
  });

  test("copies the whole answer as it was written", async () => {
    const content = "# Title\n\n- **one**\n- two";
    await using gateway = await startGateway({ answer: says(content) });
    await using tab = await openPage(browser, gateway.url, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const { page } = tab;
    await say(page, "hi");
    await page.getByRole("button", { name: "Copy answer" }).click();
    await eventually(() => page.locator("[aria-live]").innerText()).toBe("Copied");

    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(content);
  });

  test("shows the cost of an answer and of the session, and an unknown price", async () => {
    const priced: Answer = ({ content }, { show }) => {
      const said = {
        type: "assistant_message",
        content: "Hello.",
        timestamp,
        model: "claw-1",
        usage,
      } as const;
      const cost = content === "free?" ? {} : { costUsd: 0.0042 };
      show({ ...said, id: "a1", ...cost });
      show({ ...said, id: "a2", ...cost });
    };
    await using gateway = await startGateway({ answer: priced });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const told = async () => [
      ...(await page.locator(".cost").allInnerTexts()),
      await page.locator(".spent").innerText(),
    ];
    await say(page, "hi");
    const tokens = "claw-1 · 2.4K in · 60 out · 90K from cache";
    await eventually(told).toEqual([`${tokens} · $0.0084`, "92.5K tokens · $0.0084"]);

    await say(page, "free?");
    await eventually(told).toEqual([
      `${tokens} · $0.0084`,
      `${tokens} · price unknown`,
      "184.9K tokens · $0.0084",
    ]);

    expect(await page.locator(".spent").getAttribute("title")).toBe(
      "4.8K in · 120 out · 180K from cache · $0.0084",
    );
  });

  test("stands where the conversation was summed up, with the summary", async () => {
    const sumsUp: Answer = (_, { show }) => {
      show({ type: "compaction", id: "k1", content: "They talked of **claws**.", timestamp });
      show({ type: "assistant_message", id: "a1", content: "Hello.", timestamp });
    };
    await using gateway = await startGateway({ answer: sumsUp });
    await using tab = await openPage(browser, gateway.url);
    await say(tab.page, "hi");
    await tab.page.getByText("Earlier messages were summarized").click();

    expect(await tab.page.locator(".compaction strong").innerText()).toBe("claws");
  });

  test("forks a new chat from a message of the user's", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("Hello.").waitFor();
    await say(page, "two");
    await eventually(() => page.locator(".assistant").count()).toBe(2);

    await page.getByText("one", { exact: true }).last().hover();
    await page.getByRole("button", { name: "Fork from here" }).first().click();
    await eventually(() => page.locator(".user").count()).toBe(1);

    expect((await rowsOf(page))[0]).toBe("user: You: one");
    await page.getByRole("button", { name: "Try again" }).click();
    await eventually(() => rowsOf(page)).toEqual(["user: You: one", "assistant: Assistant: Hello."]);
  });
});
