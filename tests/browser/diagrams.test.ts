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

/** One diagram of each kind that Mermaid 11.17 documents, except ZenUML, which is a plugin. */
const kinds: Readonly<Record<string, string>> = {
  flowchart: 'flowchart TD\n  A["$$x^2$$"] --> B\n  subgraph 一\n    B --> C\n  end',
  "flowchart with ELK": "---\nconfig:\n  layout: elk\n---\nflowchart LR\n  A --> B",
  sequence: "sequenceDiagram\n  participant 用户\n  用户->>服务器: 你好\n  Note right of 用户: 好",
  class: "classDiagram\n  Animal <|-- Duck\n  class Animal{\n    +int age\n  }",
  state: "stateDiagram-v2\n  [*] --> Still\n  Still --> [*]",
  entities: "erDiagram\n  CUSTOMER ||--o{ ORDER : places",
  gantt: "gantt\n  title 计划\n  dateFormat YYYY-MM-DD\n  section A\n  Task :a1, 2026-01-01, 30d",
  pie: 'pie title Pets\n  "Dogs" : 386\n  "Cats" : 85',
  "mind map": "mindmap\n  root((中心))\n    起源\n      历史\n    Research",
  timeline: "timeline\n  title History\n  2002 : one\n  2004 : two : three",
  git: "gitGraph\n  commit\n  branch develop\n  commit\n  checkout main\n  merge develop",
  quadrant: "quadrantChart\n  x-axis Low --> High\n  y-axis Low --> High\n  A: [0.3, 0.6]",
  sankey: "sankey-beta\n\nA,B,10\nB,C,5",
  chart: "xychart-beta\n  x-axis [jan, feb]\n  y-axis 0 --> 100\n  bar [50, 60]\n  line [50, 60]",
  journey: "journey\n  title My day\n  section Work\n    Make tea: 5: Me",
  requirement:
    "requirementDiagram\n  requirement r {\n  id: 1\n  text: t\n  risk: high\n  verifymethod: test\n  }",
  C4: 'C4Context\n  Person(a, "A")\n  System(b, "B")\n  Rel(a, b, "Uses")',
  block: "block-beta\n  columns 2\n  a b\n  c d",
  packet: 'packet-beta\n  0-15: "Source Port"\n  16-31: "Destination Port"',
  kanban: "kanban\n  Todo\n    [Create docs]\n  id1[Done]\n    id2[Ship]",
  architecture: "architecture-beta\n  group api(cloud)[API]\n  service db(database)[Database] in api",
  radar: 'radar-beta\n  axis m["Math"], s["Science"], e["English"]\n  curve a["A"]{85, 90, 80}',
  treemap: 'treemap-beta\n"Section 1"\n    "Leaf 1.1": 12\n    "Leaf 1.2": 20',
  venn: "venn-beta\n  set A\n  set B\n  union A,B",
  ishikawa: "ishikawa-beta\n  Problem\n    Cause\n      Detail",
};

/** Quotes a text as a label. */
const quoted = (text: string) => `"${text.replaceAll('"', "#quot;").replaceAll("\n", " ")}"`;

/** Diagrams that have every payload as a label, and as a message. */
const labels = [
  ["flowchart LR", ...payloads.map((text, index) => `  n${index}[${quoted(text)}]`)].join("\n"),
  ["sequenceDiagram", ...payloads.map((text) => `  A->>B: ${text.replaceAll("\n", " ")}`)].join("\n"),
  ["classDiagram", ...payloads.map((text, index) => `  class c${index}[${quoted(text)}]`)].join("\n"),
  ["mindmap", "  root", ...payloads.map((text, index) => `    n${index}[${quoted(text)}]`)].join("\n"),
  ["timeline", ...payloads.map((text) => `  2026 : ${text.replaceAll(/[\n:]/g, " ")}`)].join("\n"),
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

  test.each([
    ["mind map", "历史"],
    ["architecture", "Database"],
  ])("is drawn in the page: %s", async (kind, label) => {
    await using gateway = await startGateway({ answer: says(`\`\`\`mermaid\n${kinds[kind]}\n\`\`\``) });
    await using tab = await openPage(browser, gateway.url);
    await say(tab.page, "diagram?");
    await tab.page.getByRole("button", { name: "Draw" }).click();
    await tab.page.getByRole("button", { name: "Show the code" }).waitFor();
    await tab.page.frameLocator("iframe.diagram").locator("svg").getByText(label).first().waitFor();

    expect(tab.complaints).toEqual([]);
  });

  test("can be of each kind", async () => {
    await using gateway = await startGateway();
    await using tab = await openPage(browser, gateway.url);
    const heights = await tab.page.evaluate(async (texts) => {
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "allow-scripts");
      frame.style.width = "800px";
      frame.src = "diagram.html";
      const answer = (send: () => void) =>
        new Promise<{ height?: number }>((resolve) => {
          window.addEventListener("message", ({ data }) => resolve(data), { once: true });
          send();
        });
      await answer(() => document.body.append(frame));
      const drawn: number[] = [];
      for (const text of texts) {
        const { height } = await answer(() => frame.contentWindow?.postMessage({ text, isDark: false }, "*"));
        drawn.push(height ?? 0);
      }
      return drawn;
    }, Object.values(kinds));

    expect(Object.keys(kinds).filter((_, index) => !((heights[index] ?? 0) > 20))).toEqual([]);
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
