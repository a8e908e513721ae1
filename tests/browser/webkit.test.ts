import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { section, streams } from "./page-load.ts";
import { type Answer, startGateway, type TestGateway } from "./test-gateway.ts";
import { keys, openWebKit, type WebKitPage, whyNoWebKit } from "./webkit.ts";

const timestamp = 1;

/** Answers "a story" until it is stopped, and everything else at once. */
const tellsStories: Answer = async ({ content }, { show, stopped }) => {
  show({ type: "chunk", messageId: "a1", content: "Once upon" });
  if (content === "a story") await stopped;
  const partial = content === "a story" ? ({ partial: "aborted" } as const) : {};
  show({ type: "assistant_message", id: "a1", content: "Once upon", timestamp, ...partial });
};

// WebKitGTK 2.50 (Debian): Safari's engine, with the input method of GTK. Its Ctrl+Shift+U composes
// a character by its number, and Enter ends the composition as in a Chinese input method: the key
// comes after `compositionend`, and only its old code 229 shows that it belongs to the composition.
describe.skipIf(whyNoWebKit)("in WebKit", () => {
  let page: WebKitPage;
  let gateway: TestGateway;
  beforeAll(async () => {
    page = await openWebKit();
  });
  afterAll(() => page?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    gateway = await startGateway({ answer: tellsStories });
    await open();
  });
  afterEach(() => gateway[Symbol.asyncDispose]());

  async function open(): Promise<void> {
    await page.open(gateway.url);
    await page.eventually("return document.querySelector('.status')?.dataset.phase", "open");
    await page.run(`
      window.faults = [];
      for (const type of ["error", "unhandledrejection", "securitypolicyviolation"])
        window.addEventListener(type, (event) => faults.push(String(event.message ?? event.reason ?? event.violatedDirective)));
    `);
  }
  const focus = (selector: string) => page.run("document.querySelector(arguments[0]).focus()", selector);
  const valueOf = (selector: string) => `return document.querySelector("${selector}")?.value`;
  async function say(content: string): Promise<void> {
    await focus("textarea");
    await page.type(content);
    await page.type(keys.enter);
  }
  /** Composes 你 up to the key that ends the composition. */
  async function compose(): Promise<void> {
    await page.chord([keys.control, keys.shift], "u");
    await page.type("4f60");
  }
  const sent = () => gateway.received.flatMap((event) => (event.type === "message" ? [event.content] : []));

  test("the Enter that ends a composition sends nothing, and the next one sends", async () => {
    await focus("textarea");
    await compose();
    await page.type(keys.enter);
    await page.eventually(valueOf("textarea"), "你");
    expect(sent()).toEqual([]);

    await page.type(keys.enter);
    await page.eventually("return document.querySelector('.user .bubble')?.textContent", "你");
    expect(sent()).toEqual(["你"]);
  });

  test("the Esc that cancels a composition stops no answer, and the next one does", async () => {
    await say("a story");
    await page.eventually("return document.querySelectorAll('.assistant.streaming').length", 1);
    await focus("textarea");
    await compose();
    await page.type(keys.escape);
    await page.eventually(valueOf("textarea"), "");
    await page.type("x");
    await page.eventually(valueOf("textarea"), "x");
    expect(gateway.received.filter(({ type }) => type === "abort")).toEqual([]);

    await page.type(keys.escape);
    await page.eventually("return document.querySelector('.assistant .mark')?.textContent", "Stopped here");
  });

  test("a composition in the title of a chat saves nothing before it is complete", async () => {
    await say("one");
    await page.eventually("return document.querySelector('.session-title')?.textContent", "one");
    await page.run("document.querySelector('.session-menu').click()");
    await page.run("document.querySelector('[role=menuitem]').click()");
    await page.eventually(valueOf(".session-edit"), "one");
    await compose();
    await page.type(keys.enter);
    await page.eventually(valueOf(".session-edit"), "你");
    expect(gateway.received.filter(({ type }) => type === "rename")).toEqual([]);

    await page.type(keys.enter);
    await page.eventually("return document.querySelector('.session-title')?.textContent", "你");
  });

  test("a composition in the search finds the text once it is complete", async () => {
    await say("one");
    await page.eventually("return document.querySelectorAll('.session-row').length", 1);
    await focus("[type=search]");
    await compose();
    await page.type(keys.escape);
    await page.eventually(valueOf("[type=search]"), "");
    await compose();
    await page.type(keys.enter);
    await page.eventually(
      "return document.querySelector('.nothing:not([hidden])')?.textContent",
      "Nothing found for “你”.",
    );

    const searches = gateway.received.flatMap((event) => (event.type === "search" ? [event.text] : []));
    expect(searches).toEqual(["你"]);
  });

  test("an answer that streams is whole, and the reader stays at its end", async () => {
    const text = Array.from({ length: 60 }, (_, index) => section(index)).join("\n\n");
    gateway.answer = streams(`${text}\n\n**结尾：**完 \\(x^2\\)`);
    await say("go");
    await page.eventually("return document.querySelectorAll('.answer-end').length", 1);
    await page.eventually("return document.querySelectorAll('.math.drawn math').length", 1);

    expect(
      await page.run(`
        const headings = [...document.querySelectorAll(".markdown h2")].map((one) => one.textContent);
        const { scrollHeight, scrollTop, clientHeight } = document.querySelector(".conversation");
        return {
          headings: headings.length,
          last: headings.at(-1),
          bold: [...document.querySelectorAll(".markdown strong")].at(-1).textContent,
          isAtEnd: scrollHeight - scrollTop - clientHeight < 80,
          faults,
        };
      `),
    ).toEqual({ headings: 60, last: "Part 59", bold: "结尾：", isAtEnd: true, faults: [] });
  });

  test.each([
    [1200, 800],
    [420, 800],
  ])("nothing leaves a window of %i pixels, and what is wide scrolls in itself", async (width, height) => {
    await page.resize(width, height);
    const wide = `| ${"列标题".repeat(4)} | b | c | d |\n|---|---|---|---|\n| ${"内容".repeat(30)} | 2 | 3 | 4 |`;
    gateway.answer = says(
      `${wide}\n\n\`\`\`ts\n${"const claw = 1; ".repeat(30)}\n\`\`\`\n\n${"长".repeat(400)}`,
    );
    await say("wide");
    await page.eventually("return document.querySelectorAll('.answer-end').length", 1);

    expect(
      await page.run(`
        const isInside = (selector) => {
          const { left, right, width } = document.querySelector(selector).getBoundingClientRect();
          return width > 0 && left >= 0 && right <= innerWidth + 1;
        };
        return {
          page: document.documentElement.scrollWidth <= innerWidth,
          parts: ["header", "textarea", "form.composer .send", ".markdown", ".code", ".table"].filter((one) => !isInside(one)),
          isDrawer: getComputedStyle(document.querySelector(".sidebar")).position === "fixed",
          faults,
        };
      `),
    ).toEqual({ page: true, parts: [], isDrawer: width < 800, faults: [] });
  });

  test("a diagram is drawn in its frame, whose origin is its own", async () => {
    gateway.answer = says("```mermaid\nflowchart LR\n  A[开始] --> B\n```");
    await say("diagram?");
    await page.eventually("return document.querySelectorAll('.answer-end').length", 1);
    await page.run(
      `[...document.querySelectorAll("button")].find((one) => one.textContent === "Draw").click()`,
    );

    await page.eventually("return document.querySelector('.code pre').hidden", true);
    expect(
      await page.run(`
        const frame = document.querySelector("iframe.diagram");
        return { isForeign: frame.contentDocument === null, isTall: frame.clientHeight > 30, faults };
      `),
    ).toEqual({ isForeign: true, isTall: true, faults: [] });
  });

  test("a message and a draft are there after a reload", async () => {
    await say("one");
    await page.eventually("return document.querySelector('.answer-end') !== null", true);
    await focus("textarea");
    await page.type("half a thought");
    await page.eventually("return location.hash.startsWith('#/s/')", true);
    await page.run("location.reload()");

    await page.eventually("return document.querySelector('.user .bubble')?.textContent", "one");
    await page.eventually(valueOf("textarea"), "half a thought");
    expect(sent()).toEqual(["one"]);
  });
});
