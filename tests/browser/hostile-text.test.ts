import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, foreignRequests, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { payloads } from "./payloads.ts";
import { startGateway } from "./test-gateway.ts";

const timestamp = 1;

describe.skipIf(whyNoBrowser)("untrusted text", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  // Mistake 6 of the tutorial: Markdown that goes unescaped into innerHTML.
  test("runs nothing, loads nothing and covers nothing, as the answer of a model", async () => {
    await using gateway = await startGateway({
      answer({ content }, { runId, show }) {
        show({ type: "chunk", messageId: runId, content });
        show({ type: "assistant_message", id: runId, content, timestamp });
      },
    });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    for (const [index, payload] of payloads.entries()) {
      await say(page, payload);
      await page.locator(".assistant:not(.streaming)").nth(index).waitFor({ state: "attached" });
    }

    expect(await page.locator(".assistant").count()).toBe(payloads.length);
    expect(await foreignNodes(page)).toEqual([]);
    const links = await page
      .locator(".markdown a[href]")
      .evaluateAll((all) =>
        all.map((one) => ["href", "target", "rel"].map((name) => one.getAttribute(name) ?? "")),
      );
    expect(links.length).toBeGreaterThan(0);
    for (const [href, target, rel] of links) {
      expect([new URL(href ?? "").protocol, target, rel]).toEqual([
        "https:",
        "_blank",
        "noopener noreferrer",
      ]);
    }
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("runs nothing and loads nothing inside of folded parts and as their summaries", async () => {
    const oneLine = (text: string) => text.replaceAll("\n", " ");
    const parts = payloads.map(
      (text) =>
        `<details open ontoggle="alert(1)">\n<summary>${oneLine(text)}</summary>\n\n${text}\n\n</details>`,
    );
    const tags = payloads.map((text) => `<details ${oneLine(text)}>\n\nText.\n\n</details>`);
    await using gateway = await startGateway({ answer: says([...parts, ...tags].join("\n\n")) });
    await using tab = await openPage(browser, gateway.url, { viewport: { width: 1280, height: 8000 } });
    const { page } = tab;
    await say(page, "parts?");
    await page.locator(".answer-end").waitFor();

    expect(await page.locator(".markdown summary").count()).toBeGreaterThanOrEqual(payloads.length);
    expect(await foreignNodes(page)).toEqual([]);
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("is shown letter by letter wherever it is not Markdown", async () => {
    const [payload = ""] = payloads;
    await using gateway = await startGateway({
      answer(_, { show }) {
        const call = { callId: "c1", toolName: payload, input: { [payload]: payload } };
        show({ type: "thinking", messageId: "a1", content: payload });
        show({
          ...{ type: "assistant_message", id: "a1", content: "", toolCalls: [call], timestamp },
          blocks: [{ type: "thinking", text: payload }],
        });
        show({ type: "tool_start", ...call });
        show({
          type: "tool_done",
          id: "t",
          callId: "c1",
          toolName: payload,
          output: payload,
          isError: true,
          timestamp,
        });
        show({ type: "error", code: payload, message: payload, retryable: false });
      },
    });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, payload);
    await page.locator(".answer-end").waitFor();
    await eventually(() => page.title()).toBe(`${payload} · Mini OpenClaw`);
    await page.locator(".thoughts summary").click();
    await page.locator(".tool summary").click();

    const places = [
      ".user .bubble",
      ".thoughts-text",
      ".tool-name",
      ".tool-gist",
      ".tool dt",
      ".tool dd",
      ".tool-output pre",
      ".error",
    ];
    const texts = await Promise.all(places.map((place) => page.locator(place).innerText()));
    expect(texts).toEqual(places.map(() => payload));
    expect(await foreignNodes(page)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("runs and loads nothing from inputs and outputs of tools, names of files and diffs", async () => {
    let index = 0;
    await using gateway = await startGateway({
      answer(_, { show }) {
        const payload = payloads[index % payloads.length] ?? "";
        index += 1;
        const calls = [
          { callId: "c1", toolName: "bash", input: { command: payload } },
          { callId: "c2", toolName: "write_file", input: { file_path: `${payload}.html`, content: payload } },
          {
            ...{ callId: "c3", toolName: "edit_file" },
            input: {
              file_path: payload,
              old_text: `same\n${payload}`,
              new_text: `same\n${payload}${payload}`,
            },
          },
        ];
        show({
          type: "assistant_message",
          id: "a1",
          content: "",
          toolCalls: calls,
          timestamp,
          model: payload,
        });
        for (const call of calls) {
          show({ type: "tool_start", ...call });
          show({ type: "tool_output", callId: call.callId, content: payload });
          const { callId, toolName } = call;
          show({
            type: "tool_done",
            id: callId,
            callId,
            toolName,
            output: payload,
            isError: false,
            timestamp,
          });
        }
        show({ type: "compaction", id: "k1", content: payload, timestamp });
        show({ type: "assistant_message", id: "a2", content: "Done.", timestamp, model: payload });
      },
    });
    // High enough for all of it to be near what is read.
    await using tab = await openPage(browser, gateway.url, { viewport: { width: 1280, height: 8000 } });
    const { page } = tab;
    for (const [count, payload] of payloads.entries()) {
      await say(page, payload);
      await page.locator(".assistant:not(.streaming)").nth(count).waitFor({ state: "attached" });
    }
    // Opened, so that what is coloured when it is seen is coloured.
    await page
      .locator("details.tools, details.tool, .compaction details")
      .evaluateAll((all) => all.forEach((one) => one.setAttribute("open", "")));
    await page.locator("[data-phase=done] dd .hljs-tag").first().waitFor({ state: "attached" });

    const changes = await page.locator(".diff").evaluateAll((all) =>
      all.map((diff) =>
        ["ins", "del"].map((other) =>
          [...diff.children]
            .filter((line) => !line.matches(other))
            .map((line) => line.textContent.slice(1, -1))
            .join("\n"),
        ),
      ),
    );
    expect(changes).toEqual(payloads.map((text) => [`same\n${text}`, `same\n${text}${text}`]));
    expect(await page.locator(".tool-output pre").allTextContents()).toEqual(
      payloads.flatMap((payload) => [payload, payload, payload]),
    );
    expect(await foreignNodes(page)).toEqual([]);
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("runs nothing and loads nothing as the title of a session", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    for (const [index, title] of payloads.entries()) {
      const { sessionId } = await gateway.store.createSession("webchat");
      await gateway.store.appendMessage(sessionId, { role: "user", content: `no. ${index}`, timestamp });
      await gateway.store.renameSession(sessionId, title.slice(0, 200));
    }
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const titles = page.locator(".session-title");
    const more = page.getByRole("button", { name: "Show more chats" });
    await titles.first().waitFor();
    await more.click();
    await eventually(() => titles.count()).toBeGreaterThanOrEqual(payloads.length);

    const shown = await titles.allTextContents();
    expect(payloads.filter((title) => !shown.includes(title.slice(0, 200)))).toEqual([]);
    for (const link of await page.locator(".sessions a").all()) await link.click();
    expect(
      await page
        .locator(".sidebar *, header *")
        .evaluateAll((all) =>
          all
            .filter((one) => one.matches("script,img,iframe,object,embed,style,video"))
            .map((one) => one.outerHTML),
        ),
    ).toEqual([]);
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });
});

/** Elements, attributes and classes in the conversation that the page itself never makes there. */
function foreignNodes(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const own = ".code-bar, .code-bar *";
    const names =
      "script,img,svg,math,iframe,object,embed,form,input,base,link,meta,style,video,audio,source,button";
    const attributes = new Set(["href", "title", "align", "start", "target", "rel", "class"]);
    const attributesOfCode = new Set(["tabindex", "role", "aria-label"]);
    const classes = /^(?:code|off-screen|language-[\w+#.-]+|(?:(?:hljs-)?[a-z]+_* ?)+)$/;
    const elements = [...document.querySelectorAll(".rows .markdown *")].filter((one) => !one.matches(own));
    const elsewhere = [...document.querySelectorAll(".rows *")].filter(
      (one) => !one.closest(".markdown") && one.matches("script,img,svg,iframe"),
    );
    const foreign = elements.filter(
      (one) =>
        one.matches(names) ||
        !classes.test(one.className || "code") ||
        one
          .getAttributeNames()
          .some(
            (name) =>
              !attributes.has(name) &&
              !(one.matches(".code > pre, .markdown div.table") && attributesOfCode.has(name)) &&
              !(one.matches("details") && name === "open") &&
              !(one.matches(".markdown > div > div") && name === "dir"),
          ),
    );
    return [...elsewhere, ...foreign].map((one) => one.outerHTML);
  });
}
