import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAccessiblePage } from "./accessible-page.ts";
import { says } from "./answers.ts";
import { desktop, looks, phone } from "./axe.ts";
import { eventually, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;
const rich = [
  "## What stands here",
  "A [link](https://example.com/), **bold**, `code` and a table:",
  "| a | b |\n| --- | --- |\n| 1 | 2 |",
  '```js\n// a comment\nconst x = "text" + 1;\n```',
  "> quoted",
  "```mermaid\nflowchart LR\n  A[one] --> B[two]\n```",
].join("\n\n");

/** Everything that a conversation can show: text, a tool that failed, one that asks, thoughts. */
const showsAll: Answer = async (_, { show, ask }) => {
  const calls = [
    { callId: "c1", toolName: "bash", input: { command: "ls" } },
    { callId: "c2", toolName: "bash", input: { command: "rm -r build" } },
  ];
  show({ type: "thinking", messageId: "a1", content: "Hm." });
  show({ type: "assistant_message", id: "a1", content: rich, toolCalls: calls, timestamp });
  show({ type: "tool_start", ...(calls[0] as (typeof calls)[0]) });
  const failure = { output: "no such file", isError: true, exitCode: 1, durationMs: 12, timestamp };
  show({ type: "tool_done", id: "t1", callId: "c1", toolName: "bash", ...failure });
  await ask({ callId: "c2", toolName: "bash" }, "Run rm -r build");
};

describe.skipIf(whyNoBrowser)("for everybody", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test.each(looks)("axe finds nothing in any state: %s", async (_, options) => {
    await using opened = await openAccessiblePage(browser, options, showsAll);
    const { page, gateway } = opened;
    const check = (state: string) => opened.check(state);
    await check("empty");
    await say(page, "show me all");
    await page.locator(".decision:visible").first().waitFor();
    await check("a conversation that asks");
    await page
      .locator(".code-actions button")
      .filter({ hasText: /^(Draw|绘制图表)$/ })
      .click();
    await page.locator(".code pre[hidden]").waitFor({ state: "attached" });
    await check("a diagram");
    await opened.toggleSidebar();
    await check("the list of sessions");
    await page.locator(".session-row").hover();
    await page.locator(".session-menu").click();
    await check("a session's menu");
    await page.getByRole("menuitem").last().click();
    await page.locator(".toast").waitFor();
    await check("a notice");
    await page.getByRole("searchbox").fill("unicorn");
    await page.locator(".nothing:not(:empty)").waitFor();
    await check("a search that found nothing");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+/");
    await page.locator(".keys-help").waitFor();
    await check("the keys");
    await page.keyboard.press("Escape");
    await opened.toggleSidebar();
    await page.locator(".settings .keys-opener").first().click();
    await page.locator(".app-settings summary").first().click();
    await check("the settings");
    await page.keyboard.press("Escape");
    gateway.stop();
    await page.locator(".banner[data-state=lost]").waitFor();
    await check("offline");

    expect(opened.findings()).toEqual([]);
  });

  test("is walked through by Tab: past the list by the skip button, and everything that has the focus shows it", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url, desktop);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("Hello.").waitFor();
    await page.getByRole("link", { name: "one" }).waitFor();
    const skip = page.getByRole("button", { name: "Skip to the message box" });
    await skip.focus();

    const order: string[] = [];
    const unseen: string[] = [];
    for (let count = 0; count < 11; count += 1) {
      await page.keyboard.press("Tab");
      const { name, isSeen } = await page.evaluate(() => {
        const focused = document.activeElement as HTMLInputElement;
        // Fields show it by their border; a radio button by the option around it.
        const isField = focused.matches("input:not([type=radio])");
        const outlines = [focused, focused.parentElement ?? focused].map(
          (one) => getComputedStyle(one).outlineStyle,
        );
        return {
          name: focused.ariaLabel ?? focused.labels?.[0]?.textContent ?? focused.textContent,
          isSeen: isField || outlines.some((style) => style !== "none"),
        };
      });
      order.push(name);
      if (!isSeen) unseen.push(name);
    }

    expect(order).toEqual([
      "New chat",
      "Search chats",
      "one",
      "Actions for one",
      "Archived",
      "System",
      "English",
      "Keys",
      "Copy the chat’s id",
      "Conversation",
      expect.any(String),
    ]);
    expect(unseen).toEqual([]);
    await skip.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("two");
    expect(await page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("two");
  });

  test("announces the start and the end of an answer, and not each piece", async () => {
    let next = () => {};
    const long = "word ".repeat(100);
    const answer: Answer = async (_, { show }) => {
      for (const content of ["Once ", "upon ", long]) {
        show({ type: "chunk", messageId: "a1", content });
        await new Promise<void>((resolve) => {
          next = resolve;
        });
      }
      show({ type: "assistant_message", id: "a1", content: `Once upon ${long}`, timestamp });
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const live = page.locator("[aria-live=polite]");
    await live.evaluate((region) => {
      const said: string[] = [];
      Object.assign(window, { said });
      new MutationObserver(() => said.push(region.textContent ?? "")).observe(region, { childList: true });
    });
    await say(page, "a story");
    for (const piece of ["Once", "upon", "word"]) {
      await page.getByRole("main").getByText(piece).waitFor();
      next();
    }
    await eventually(() => live.innerText()).toBe("Answer complete.");

    expect(await page.evaluate(() => (window as unknown as { said: string[] }).said)).toEqual([
      "Answer started.",
      "Answer complete.",
    ]);
  });

  test("keeps the focus in the list of sessions while it lies over the page of a phone", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url, phone);
    const { page } = tab;
    await page.locator(".sidebar-toggle").click();
    expect(
      await page
        .getByRole("button", { name: "Close the list" })
        .evaluate((one) => one === document.activeElement),
    ).toBe(true);

    const outside: unknown[] = [];
    for (let count = 0; count < 12; count += 1) {
      await page.keyboard.press("Tab");
      const place = await page.evaluate(() => {
        const focused = document.activeElement;
        return focused?.closest(".sidebar") || focused === document.body || focused?.matches(".skip")
          ? ""
          : focused?.outerHTML;
      });
      if (place !== "") outside.push(place);
    }
    expect(outside).toEqual([]);
    await page.locator(".shade").click({ position: { x: 380, y: 400 } });
    expect(await page.locator(".sidebar-toggle").evaluate((one) => one === document.activeElement)).toBe(
      true,
    );
  });

  test("has room for thumbs on a phone: nothing to press is lower than 44 pixels", async () => {
    await using gateway = await startGateway({ demo: true, answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url, phone);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("Hello.").waitFor();
    await page.locator(".sidebar-toggle").click();
    await page.locator(".session-menu").click();

    const small = await page.evaluate(() =>
      [...document.querySelectorAll("header, .sidebar, .menu, .composer")]
        .flatMap((part) => [...part.querySelectorAll("button, input, a")])
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
        .map((one) => `${one.getBoundingClientRect().height}: ${one.outerHTML}`),
    );
    expect(small).toEqual([]);
  });

  test("stands still for those who asked for it", async () => {
    await using gateway = await startGateway({
      answer: async (_, { stopped }) => {
        await stopped;
      },
    });
    await using tab = await openPage(browser, gateway.url, { reducedMotion: "reduce" });
    const { page } = tab;
    await say(page, "a story");
    await page.getByText("Thinking…").waitFor({ state: "attached" });
    await page.locator(".session-mark[data-phase=running]").waitFor();

    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});
