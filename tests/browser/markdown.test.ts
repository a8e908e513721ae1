import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, foreignRequests, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { startGateway } from "./test-gateway.ts";

const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

// Each would run a script, ask another host, or leave its element, if a formula were read as HTML.
const hostileFormulas = [
  "\\(<img src=x onerror=alert(1)>\\)",
  "\\(\\href{javascript:alert(1)}{x}\\)",
  "\\(\\url{https://evil.example/}\\)",
  "\\(\\includegraphics{https://evil.example/x.png}\\)",
  '\\(\\htmlClass{x" onmouseover="alert(1)}{y}\\)',
  "\\(\\htmlStyle{background:url(https://evil.example/x)}{y}\\)",
  "\\(\\htmlId{keys}{y}\\)",
  "\\(\\text{</span><script>alert(1)</script>}\\)",
  "\\(\\unicode{x3c}script>\\)",
  "\\(\\def\\a{\\a\\a}\\a\\)",
  "\\(\\newcommand{\\b}{\\b}\\b\\)",
  "$$\\color{red;background:url(https://evil.example/x)}{y}$$",
];

describe.skipIf(whyNoBrowser)("Markdown in an answer", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("draws formulas and keeps their source", async () => {
    await using gateway = await startGateway({
      answer: says(
        "面积是 \\(\\pi r^2\\)。\n\n\\[\na \\\\ b\n\\]\n\n\\begin{align*}\nx &= y \\\\\nz &= 1\n\\end{align*}",
      ),
    });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "formula?");
    await page.locator(".math.drawn math").nth(2).waitFor({ state: "attached" });

    expect(
      await page.locator(".math").evaluateAll((all) => all.map((one) => one.getAttribute("title"))),
    ).toEqual([
      "\\(\\pi r^2\\)",
      "\\[\na \\\\ b\n\\]",
      "\\begin{align*}\nx &= y \\\\\nz &= 1\n\\end{align*}",
    ]);
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("shows a formula that cannot be drawn as it is written", async () => {
    await using gateway = await startGateway({ answer: says("\\(\\frac{1}\\) and \\(x\\)") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "formula?");
    await page.locator(".math.drawn").waitFor();

    expect(await page.locator(".math:not(.drawn)").innerText()).toBe("\\(\\frac{1}\\)");
  });

  test("runs nothing and loads nothing in formulas", async () => {
    await using gateway = await startGateway({ answer: says([...hostileFormulas, "\\(z\\)"].join("\n\n")) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "formulas?");
    await page.locator(".math.drawn").last().waitFor();

    const foreign = await page
      .locator(".rows .markdown *")
      .evaluateAll((all) =>
        all
          .filter(
            (one) =>
              one.matches("script,img,iframe,object,embed,style,svg,form,[id]") ||
              one.getAttributeNames().some((name) => name.startsWith("on")) ||
              /^(?!https?:|mailto:)/.test(one.getAttribute("href") ?? "https:"),
          )
          .map((one) => one.outerHTML),
      );
    expect(foreign).toEqual([]);
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints.filter((text) => !text.includes("inline style"))).toEqual([]);
  });

  test("names the path of a link that it does not open", async () => {
    await using gateway = await startGateway({ answer: says("[报告](out/报告.md) [odd](%E4x)") });
    await using tab = await openPage(browser, gateway.url);
    await say(tab.page, "link?");

    expect(await tab.page.getByTitle("out/报告.md").innerText()).toBe("报告");
    expect(await tab.page.locator(".assistant a").count()).toBe(0);
  });

  test("shows embedded images, and other images as links", async () => {
    const content = `![dot](${pixel})\n\n![far](https://evil.example/x.png)\n\n![svg](data:image/svg+xml;base64,PHN2Zy8+)`;
    await using gateway = await startGateway({ answer: says(content) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "images?");
    await page.locator(".markdown img").waitFor();

    expect(
      await page.locator(".markdown img").evaluateAll((all) => all.map((one) => one.getAttribute("alt"))),
    ).toEqual(["dot"]);
    expect(await page.locator(".markdown a").getAttribute("href")).toBe("https://evil.example/x.png");
    expect(foreignRequests(tab, gateway.url).filter((url) => url !== pixel)).toEqual([]);
  });

  test("shows footnotes, tasks and folded thoughts", async () => {
    const content = "<think>Hm, **well**.</think>\nText[^1].\n\n- [x] done\n\n[^1]: The note.";
    await using gateway = await startGateway({ answer: says(content) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "notes?");
    await page.locator(".assistant:not(.streaming) .footnote").waitFor();

    expect(await page.locator(".thoughts-text").textContent()).toBe("Hm, **well**.");
    expect(await page.locator(".thoughts").getAttribute("open")).toBeNull();
    expect(await page.locator(".task").innerText()).toBe("☑ done");
    expect(await page.locator(".footnote").innerText()).toBe("1 The note.");
    await page.getByRole("button", { name: "1", exact: true }).click();
    expect(new URL(page.url()).hash).toMatch(/^#\/s\//);
  });

  test("folds what a model folds, and draws a formula with an empty line inside of it", async () => {
    const content = "<details>\n<summary>**More**</summary>\n\n- item\n\n$$\na = b\n\nc\n$$\n\n</details>";
    await using gateway = await startGateway({ answer: says(content) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "more?");
    const item = page.locator(".markdown li");
    await page.locator(".markdown .drawn math").waitFor({ state: "attached" });

    expect(await item.isVisible()).toBe(false);
    await page.locator(".markdown summary strong").click();
    await item.waitFor();
    expect(await page.locator(".markdown details").innerText()).not.toContain("$$");
    expect(tab.complaints).toEqual([]);
  });

  test("stays responsive to code that takes too long to highlight, and highlights the next one", async () => {
    // highlight.js 11.11.1 takes seconds for this text as C, because its time is quadratic.
    const slow = "a\n".repeat(14_900);
    await using gateway = await startGateway({
      answer: says(`\`\`\`c\n${slow}\`\`\`\n\n\`\`\`js\nlet claw;\n\`\`\``),
    });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "code?");
    await page.locator(".hljs-keyword").waitFor({ state: "attached" });

    expect(await page.locator(".code code").first().textContent()).toBe(slow);
    expect(tab.complaints).toEqual([]);
  });

  test("shows deeply nested text without failing", async () => {
    const content = `${">".repeat(20_000)} deep\n\n${"*a ".repeat(2000)}${"a* ".repeat(2000)}\n\nEnd.`;
    await using gateway = await startGateway({ answer: says(content) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "deep?");

    await eventually(() => page.locator(".markdown > div > div").last().innerText()).toBe("End.");
    expect(tab.complaints).toEqual([]);
  });
});
