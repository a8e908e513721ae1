import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, foreignRequests, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { payloads } from "./payloads.ts";
import { startGateway } from "./test-gateway.ts";

const flowchart = "```mermaid\nflowchart LR\n  A[开始] --> B{好吗}\n  B -->|是| C[完成]\n```";

// Mermaid 11 and later read these as directives, styles, links and HTML.
const directives = [
  "%%{init: {'securityLevel': 'loose'}}%%\nflowchart LR\n  A --> B\n  click A href \"javascript:alert(1)\"",
  '%%{init: {"theme":"base","themeCSS":"svg{background:url(https://evil.example/x)}"}}%%\nflowchart LR\n  A-->B',
  "flowchart LR\n  A --> B\n  click A call alert(1)",
  "flowchart LR\n  A --> B\n  style A fill:url(https://evil.example/x)",
  'flowchart LR\n  A@{ img: "https://evil.example/x.png", label: "x" }',
  "sequenceDiagram\n  participant A\n  link A: x @ javascript:alert(1)",
];

/** Quotes a text as a label. */
const quoted = (text: string) => `"${text.replaceAll('"', "#quot;").replaceAll("\n", " ")}"`;

/** Diagrams that have every payload as a label, and as a message. */
const labels = [
  ["flowchart LR", ...payloads.map((text, index) => `  n${index}[${quoted(text)}]`)].join("\n"),
  ["sequenceDiagram", ...payloads.map((text) => `  A->>B: ${text.replaceAll("\n", " ")}`)].join("\n"),
  ["classDiagram", ...payloads.map((text, index) => `  class c${index}[${quoted(text)}]`)].join("\n"),
];

async function drawAll(page: Page): Promise<void> {
  await page
    .getByRole("button", { name: "Draw" })
    .evaluateAll((buttons) => buttons.forEach((button) => (button as HTMLButtonElement).click()));
}

describe.skipIf(whyNoBrowser)("a diagram", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("is code until its reader draws it, and becomes code again", async () => {
    await using gateway = await startGateway({ answer: says(flowchart) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "diagram?");
    await page.locator(".answer-end").waitFor();
    expect(tab.requests.filter((url) => url.endsWith("diagram.html"))).toEqual([]);

    await page.getByRole("button", { name: "Draw" }).click();
    const frame = page.frameLocator("iframe.diagram");
    await frame.locator("svg").getByText("开始").first().waitFor();
    await page.locator(".code pre").waitFor({ state: "hidden" });
    const height = await page.locator("iframe.diagram").evaluate((one) => one.clientHeight);
    expect(height).toBe(Math.ceil(await frame.locator("svg").evaluate((one) => one.clientHeight)));

    await page.getByRole("button", { name: "Show the code" }).click();
    expect(await page.locator("iframe").count()).toBe(0);
    expect(await page.locator(".code pre").innerText()).toContain("flowchart LR");
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("that Mermaid cannot read stays code, and is reported", async () => {
    await using gateway = await startGateway({
      answer: says("```mermaid\nflowchart sideways\n  A -->\n```"),
    });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "diagram?");
    await page.getByRole("button", { name: "Draw" }).click();
    await page.getByRole("button", { name: "Not drawn" }).waitFor();

    expect(await page.locator("iframe").count()).toBe(0);
    expect(await page.locator(".code pre").innerText()).toContain("flowchart sideways");
  });

  test("is dark in the dark", async () => {
    await using gateway = await startGateway({ answer: says(flowchart) });
    await using tab = await openPage(browser, gateway.url, { colorScheme: "dark" });
    await say(tab.page, "diagram?");
    await tab.page.getByRole("button", { name: "Draw" }).click();
    const frame = tab.page.frameLocator("iframe.diagram");
    await frame.locator("svg").waitFor();

    expect(await frame.locator("html").evaluate((one) => getComputedStyle(one).colorScheme)).toBe("dark");
  });

  test("runs nothing and asks nobody, whatever it contains", async () => {
    const texts = [...labels, ...directives, ...payloads.slice(0, 4)];
    const blocks = texts.map((text) => `\`\`\`\`mermaid\n${text}\n\`\`\`\``);
    await using gateway = await startGateway({ answer: says(blocks.join("\n\n")) });
    await using tab = await openPage(browser, gateway.url, { viewport: { width: 1280, height: 4000 } });
    const { page } = tab;
    const stopped = new Set<string>();
    page.on("requestfailed", (request) => {
      if (request.failure()?.errorText === "csp") stopped.add(request.url());
    });
    await say(page, "diagrams?");
    await page.locator(".answer-end").waitFor();
    await drawAll(page);
    // Each is drawn, or has no frame any longer.
    await eventually(() => page.locator(".code > pre:not([hidden]) ~ iframe").count()).toBe(0);

    expect(await page.locator("iframe.diagram").count()).toBeGreaterThanOrEqual(5);
    expect(await page.frameLocator("iframe.diagram").first().locator("svg .node").count()).toBe(
      payloads.length,
    );
    expect(page.frames().map((frame) => new URL(frame.url()).pathname)).toEqual(
      page.frames().map((_, index) => (index === 0 ? "/" : "/diagram.html")),
    );
    // The browser names what the policy of the frame stopped, too. None of it has left.
    const foreign = foreignRequests(tab, gateway.url).filter((url) => !url.startsWith("data:"));
    expect(foreign.filter((url) => !stopped.has(url))).toEqual([]);
    expect(tab.complaints.filter((text) => text.includes("dialog"))).toEqual([]);
    expect(await page.evaluate(() => document.body.querySelectorAll("svg:not(.icon)").length)).toBe(0);
  });

  test("has a frame that can neither read the page nor load anything", async () => {
    await using gateway = await startGateway({ answer: says(flowchart) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "diagram?");
    await page.getByRole("button", { name: "Draw" }).click();
    const frame = page.frameLocator("iframe.diagram");
    await frame.locator("svg").waitFor();

    const reached = await frame.locator("html").evaluate(async () => {
      const attempts = {
        page: () => window.parent.document.title,
        storage: () => localStorage.length,
        cookies: () => document.cookie,
        fetch: () => fetch("/sessions"),
      };
      const names: string[] = [];
      for (const [name, attempt] of Object.entries(attempts)) {
        try {
          await attempt();
          names.push(name);
        } catch {
          // Refused, as it should be.
        }
      }
      return names;
    });
    expect(reached).toEqual([]);
  });
});
