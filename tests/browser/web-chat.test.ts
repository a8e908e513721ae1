import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messagesOf, says, usesATool } from "./answers.ts";
import {
  eventually,
  foreignRequests,
  launchBrowser,
  openPage,
  rowsOf,
  say,
  whyNoBrowser,
} from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;
/** Answers with a text and runs until it is stopped. */
const talksUntilStopped: Answer = async (_, { show, stopped }) => {
  show({ type: "chunk", messageId: "a1", content: "Once upon" });
  await stopped;
  show({ type: "assistant_message", id: "a1", content: "Once upon", partial: "aborted", timestamp });
};

if (whyNoBrowser) console.warn(`The browser tests are skipped: ${whyNoBrowser}.`);

describe.skipIf(whyNoBrowser)("the WebChat page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  // rows 33.a–d
  test("shows a conversation with a tool, and talks to its own host only", async () => {
    await using gateway = await startGateway({ answer: usesATool });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;

    await page.getByText("Connected").waitFor();
    await say(page, "files?");
    await page.getByRole("main").getByText("One file").waitFor();

    await eventually(() => rowsOf(page)).toEqual([
      "user: You: files?",
      "assistant: Assistant: Let me look.",
      "bash ls -la Done",
      "assistant: Assistant: One file: a.txt",
    ]);
    await page.locator(".tool summary").click();
    expect(await page.locator(".tool pre").allInnerTexts()).toEqual(["ls -la", "a.txt"]);
    expect(await page.locator(".markdown strong").innerText()).toBe("look");
    await eventually(() => page.locator("[aria-live]").innerText()).toBe("One file: `a.txt`");
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("reads Markdown: lists, tables, code, emphasis, links", async () => {
    const content = [
      "# Title",
      "- one\n- two\n  - three",
      "| a | b |\n| --- | ---: |\n| 1 | 2 |",
      '```\nconst x = "<b>";\n```',
      '**bold**, *slanted*, ~~gone~~ and [a link](https://example.com/ "there")',
      "line one\nline two",
      "H<sub>2</sub>O<br>and <b onclick=x>HTML</b>",
      "<div>\nshown\n</div>",
    ].join("\n\n");
    await using gateway = await startGateway({ answer: says(content) });
    await using tab = await openPage(browser, gateway.url);
    await say(tab.page, "hi");
    await tab.page.locator(".assistant:not(.streaming) .markdown a").waitFor();

    const blocks = await tab.page
      .locator(".markdown > div > div")
      .evaluateAll((all) => all.map((one) => one.innerHTML));
    expect(blocks.map((html) => html.replaceAll("\n", ""))).toEqual([
      "<h1>Title</h1>",
      "<ul><li><span>one</span></li><li><span>two</span><ul><li><span>three</span></li></ul></li></ul>",
      '<div class="table" tabindex="0" role="group" aria-label="Table"><table><thead><tr><th>a</th><th align="right">b</th></tr></thead>' +
        '<tbody><tr><td>1</td><td align="right">2</td></tr></tbody></table></div>',
      '<div class="code"><div class="code-bar"><span class="code-language"></span>' +
        '<span class="code-actions"><button class="copy" type="button" aria-pressed="false">Wrap</button>' +
        '<button class="copy" type="button">Download</button>' +
        '<button class="copy" type="button">Copy</button></span></div>' +
        '<pre tabindex="0" aria-label="Code" role="group"><code>const x = "&lt;b&gt;";</code></pre></div>',
      "<p><strong>bold</strong>, <em>slanted</em>, <del>gone</del> and " +
        '<a href="https://example.com/" target="_blank" rel="noopener noreferrer" title="there">a link</a></p>',
      "<p>line one<br>line two</p>",
      "<p>H<sub>2</sub>O<br>and &lt;b onclick=x&gt;HTML&lt;/b&gt;</p>",
      "<p>&lt;div&gt;shown&lt;/div&gt;</p>",
    ]);
  });

  test("leaves what was written alone while the rest of an answer streams", async () => {
    let next = () => {};
    const answer: Answer = async (_, { show }) => {
      show({ type: "chunk", messageId: "a1", content: "First.\n\nSec" });
      await new Promise<void>((resolve) => {
        next = resolve;
      });
      show({ type: "chunk", messageId: "a1", content: "ond.\n\n- a\n\n- b" });
      show({ type: "assistant_message", id: "a1", content: "First.\n\nSecond.\n\n- a\n\n- b", timestamp });
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "go");
    await page.getByText("Sec", { exact: true }).waitFor();
    await page
      .locator(".markdown p")
      .evaluateAll((all) => all.forEach((one) => one.setAttribute("data-seen", "")));

    next();
    await page.locator(".assistant:not(.streaming) li").last().waitFor();

    expect(await page.locator("[data-seen]").allInnerTexts()).toEqual(["First."]);
    expect(await page.locator(".markdown ul").count()).toBe(1);
  });

  test.each(["Stop", "Esc"])("stops a run by %s, and keeps what it had said", async (way) => {
    await using gateway = await startGateway({ answer: talksUntilStopped });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "a story");
    await page.getByText("Once upon").waitFor();

    await (way === "Esc"
      ? page.keyboard.press("Escape")
      : page.getByRole("button", { name: "Stop" }).click());
    await page.getByText("Stopped here").waitFor();

    await eventually(() => rowsOf(page)).toEqual([
      "user: You: a story",
      "assistant: Assistant: Once upon Stopped here",
    ]);
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
    expect(gateway.received.filter(({ type }) => type === "abort")).toHaveLength(1);
  });

  test("begins a new chat", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("Hello.").waitFor();

    const before = await page.locator(".session code").getAttribute("title");
    await page.getByRole("button", { name: "New chat" }).click();
    await page.getByText("What can I do for you?").waitFor();

    await eventually(() => rowsOf(page)).toEqual([]);
    expect(await page.locator(".session code").getAttribute("title")).not.toBe(before);
  });

  test("loads earlier messages near the top, and keeps the scroll position", async () => {
    await using gateway = await startGateway();
    const { sessionId } = await gateway.store.getOrCreateSession("webchat");
    const messages = Array.from({ length: 120 }, (_, index) => `no. ${index + 1}`);
    await gateway.store.appendMessages(
      sessionId,
      messages.map((content) => ({ role: "user", content, timestamp })),
    );
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const said = page.getByRole("main");
    await said.getByText("no. 120").waitFor();
    expect(await page.locator(".rows > li").count()).toBe(50);

    const read = said.getByText("no. 80", { exact: true });
    await read.evaluate((row) => row.scrollIntoView({ block: "start" }));
    const before = await read.boundingBox();
    await said.getByText("no. 21", { exact: true }).waitFor({ state: "attached" });
    expect((await read.boundingBox())?.y).toBeCloseTo(before?.y ?? 0, -1);
    const earlier = page.getByRole("button", { name: "Show earlier messages" });
    await said.getByText("no. 30", { exact: true }).evaluate((row) => row.scrollIntoView());
    await said.getByText("no. 1", { exact: true }).waitFor({ state: "attached" });

    expect(await page.locator(".rows > li").count()).toBe(120);
    expect(await earlier.isVisible()).toBe(false);
  });

  test("sends with Enter, but not while Shift is held or an input method composes", async () => {
    await using gateway = await startGateway();
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const box = page.getByRole("textbox");
    await box.fill("one");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("two");
    await box.dispatchEvent("keydown", { key: "Enter", isComposing: true });
    expect(await box.inputValue()).toBe("one\ntwo");

    await page.keyboard.press("Enter");
    await page.locator(".user:not(.waiting)").waitFor();

    expect(await box.inputValue()).toBe("");
    expect(messagesOf(gateway.received)).toEqual(["one\ntwo"]);
  });

  test("shows an error as a text", async () => {
    const error = { type: "error", code: "MODEL_UNAUTHORIZED", message: "401", retryable: false } as const;
    await using gateway = await startGateway({ answer: (_, { show }) => show(error) });
    await using tab = await openPage(browser, gateway.url);
    await say(tab.page, "hi");
    await tab.page.locator(".error").waitFor();

    await eventually(async () => (await rowsOf(tab.page)).at(-1)).toBe(
      "notice error: The model's server refused the API key. Check ANTHROPIC_API_KEY and restart the server.",
    );
  });

  test("connects to its own host, whatever the address contains", async () => {
    await using gateway = await startGateway({ basePath: "/tools/chat/" });
    const sockets: string[] = [];
    const context = await browser.newContext();
    const page = await context.newPage();
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await page.goto(`${gateway.url}?gatewayUrl=ws://evil.example/&url=//evil.example#ws://evil.example`);
    await page.getByText("Connected").waitFor();
    await context.close();

    expect(sockets).toEqual([gateway.url.replace("http:", "ws:")]);
  });

  test("uses 中文 if the browser does", async () => {
    await using gateway = await startGateway({ demo: true });
    await using tab = await openPage(browser, gateway.url, { locale: "zh-CN" });
    const { page } = tab;
    await page.getByText("已连接").waitFor();

    expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
    expect(await page.getByRole("textbox", { name: "消息" }).isVisible()).toBe(true);
    expect(await page.getByText("由脚本作答").isVisible()).toBe(true);
  });

  test("shows that a script answers, and sends a suggestion", async () => {
    await using gateway = await startGateway({ demo: true });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    expect(await page.getByText("no API key is set").isVisible()).toBe(true);

    await page.getByRole("button", { name: "List the files" }).click();
    await page.locator(".user:not(.waiting)").waitFor();

    expect(messagesOf(gateway.received)).toEqual(["List the files"]);
  });

  test.each([320, 390, 1280])("fits a window %i pixels wide, whatever the messages are", async (width) => {
    const long = "x".repeat(300);
    const content = `${long}\n\n\`\`\`\n${long}\n\`\`\`\n\n| ${long} | b |\n| --- | --- |\n| 1 | 2 |`;
    await using gateway = await startGateway({ demo: true, answer: says(content) });
    await using tab = await openPage(browser, gateway.url, { viewport: { width, height: 640 } });
    const { page } = tab;
    await say(page, long);
    await page.locator(".markdown table").waitFor();

    const overflow = await page.evaluate(() =>
      [document.documentElement, document.querySelector(".conversation")].map(
        (box) => (box?.scrollWidth ?? 0) - (box?.clientWidth ?? 0),
      ),
    );
    expect(overflow).toEqual([0, 0]);
  });
});
