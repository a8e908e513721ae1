import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says, usesATool } from "./answers.ts";
import { eventually, launchBrowser, openPage, whyNoBrowser } from "./browser.ts";
import { startGateway } from "./test-gateway.ts";

/** The strictest policy under which the element works. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "require-trusted-types-for 'script'",
  "trusted-types highlight-worker",
].join("; ");

function ownPage(elements: string) {
  const html = `<!doctype html><html lang="en"><head><title>App</title>
    <script type="module" src="/element.js"></script></head>
    <body><main><h1>The app</h1>${elements}</main></body></html>`;
  return { html, policy };
}

async function sayIn(page: Page, index: number, content: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).nth(index).fill(content);
  await page.keyboard.press("Enter");
}

describe.skipIf(whyNoBrowser)("the element <mini-openclaw-chat>", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("chats on a page with a strict policy, and reports its session", async () => {
    await using gateway = await startGateway({
      answer: usesATool,
      ownPage: ownPage(`<mini-openclaw-chat url="/" greeting="How can we help?"></mini-openclaw-chat>`),
    });
    await using tab = await openPage(browser, `${gateway.url}app`);
    const { page } = tab;
    await page.getByText("How can we help?").waitFor();
    const changed = page.evaluate(
      () =>
        new Promise((resolve) =>
          document
            .querySelector("mini-openclaw-chat")
            ?.addEventListener("sessionchange", (event) =>
              resolve((event as CustomEvent<{ sessionId: string }>).detail.sessionId),
            ),
        ),
    );
    await page.evaluate(() =>
      (document.querySelector("mini-openclaw-chat") as HTMLElement & { newChat(): void }).newChat(),
    );
    expect(await changed).toMatch(/^[\w-]{36}$/);
    await sayIn(page, 0, "files?");

    await page.locator(".assistant code").getByText("a.txt").waitFor();
    expect(await page.locator(".tool-name").innerText()).toBe("bash");
    expect(tab.complaints).toEqual([]);
  });

  test("keeps its styles and the page's apart", async () => {
    await using gateway = await startGateway({
      answer: says("**Hello.**"),
      ownPage: ownPage(`<mini-openclaw-chat url="/"></mini-openclaw-chat><button class="send">App</button>`),
    });
    await using tab = await openPage(browser, `${gateway.url}app`);
    const { page } = tab;
    const color = () =>
      page.getByRole("button", { name: "App" }).evaluate((one) => getComputedStyle(one).color);
    const before = await color();
    await sayIn(page, 0, "hi");
    await page.locator(".assistant strong").waitFor();

    expect(await color()).toBe(before);
    const box = await page.locator("mini-openclaw-chat").boundingBox();
    const footer = await page.locator("footer").boundingBox();
    expect(footer && box && footer.y + footer.height <= box.y + box.height + 1).toBe(true);
  });

  test("shows two chats on one page, of which each stops by its own Esc", async () => {
    await using gateway = await startGateway({
      answer: async (_, { show, stopped }) => {
        show({ type: "chunk", messageId: "a1", content: "Once upon a time" });
        await stopped;
      },
      ownPage: ownPage(
        `<mini-openclaw-chat url="/" id="a"></mini-openclaw-chat><mini-openclaw-chat url="/" id="b"></mini-openclaw-chat>`,
      ),
    });
    await using tab = await openPage(browser, `${gateway.url}app`);
    const { page } = tab;
    await eventually(() => page.locator(".status[data-phase=open]").count()).toBe(2);
    await page.evaluate(() => (document.querySelector("#b") as HTMLElement & { newChat(): void }).newChat());
    await sayIn(page, 0, "one");
    await page.locator("#a .assistant").waitFor();
    await sayIn(page, 1, "two");
    await page.locator("#b .assistant").waitFor();
    await page.keyboard.press("Escape");

    await page.locator("#b .answer-end").waitFor();
    expect(await page.locator("#a .assistant.streaming").count()).toBe(1);
  });

  test("has a message that is too old to be sent as its draft", async () => {
    await using gateway = await startGateway({
      answer: says("Hello."),
      ownPage: ownPage(`<mini-openclaw-chat url="/"></mini-openclaw-chat>`),
    });
    await using tab = await openPage(browser, `${gateway.url}app`);
    const { page } = tab;
    await page.evaluate(() => {
      const old = { id: "m1", sessionId: "s-1", content: "from yesterday", sentAt: 1 };
      localStorage.setItem("mini-openclaw.unsent", JSON.stringify([old]));
    });
    await page.reload();

    const box = page.getByRole("textbox", { name: "Message" });
    await eventually(() => box.inputValue()).toBe("from yesterday");
    expect(await page.evaluate(() => localStorage.getItem("mini-openclaw.unsent"))).toBe("[]");
  });

  test("closes its connection when it is removed, and connects again when it is added", async () => {
    await using gateway = await startGateway({
      answer: says("Hello."),
      ownPage: ownPage(`<mini-openclaw-chat url="/"></mini-openclaw-chat>`),
    });
    await using tab = await openPage(browser, `${gateway.url}app`);
    const { page } = tab;
    await sayIn(page, 0, "hi");
    await page.locator(".assistant").waitFor();
    const closed = page.waitForEvent("websocket").then(() => true);
    await page.evaluate(() => {
      const chat = document.querySelector("mini-openclaw-chat");
      chat?.remove();
      setTimeout(() => chat && document.querySelector("main")?.append(chat));
    });

    expect(await closed).toBe(true);
    await page.locator(".assistant").getByText("Hello.").waitFor();
    expect(tab.complaints).toEqual([]);
  });

  test("names an address that it cannot use", async () => {
    await using gateway = await startGateway({
      ownPage: ownPage(`<mini-openclaw-chat url="javascript:alert(1)"></mini-openclaw-chat>`),
    });
    await using tab = await openPage(browser, `${gateway.url}app`);

    await eventually(async () => tab.complaints.join("\n")).toContain(
      '`url` of <mini-openclaw-chat> must be an address such as "/claw"',
    );
  });

  test.each(['<img src=x onerror="alert(1)">', "[x](javascript:alert(1))", "<script>alert(1)</script>"])(
    "runs nothing of an answer or of its own attributes: %s",
    async (payload) => {
      const escaped = payload.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
      await using gateway = await startGateway({
        answer: says(payload),
        ownPage: ownPage(
          `<mini-openclaw-chat url="/" heading="${escaped}" greeting="${escaped}" accent="${escaped}" locale="${escaped}" theme="${escaped}" session="${escaped}"></mini-openclaw-chat><mini-openclaw-chat url="/" greeting="${escaped}" id="b"></mini-openclaw-chat>`,
        ),
      });
      await using tab = await openPage(browser, `${gateway.url}app`);
      const { page } = tab;
      await page.locator("#b").getByRole("textbox", { name: "Message" }).fill(payload);
      await page.keyboard.press("Enter");
      await page.locator("#b .answer-end").waitFor();

      expect(tab.complaints).toEqual([]);
      expect(await page.locator("img, script:not([src])").count()).toBe(0);
    },
  );
});
