import { expect, test } from "vitest";
import type * as solution from "../solutions/33.3-markdown.ts";
import { load } from "./load.ts";

const { toHtml } = await load<typeof solution>("33.3-markdown");

test("renders bold, lists and code", () => {
  expect(toHtml("**Two** files:\n- a\n- b")).toBe("<strong>Two</strong> files:\n<li>a</li>\n<li>b</li>");
  expect(toHtml("```js\nlet a = **b**;\n```")).toBe("<pre><code>let a = **b**;\n</code></pre>");
});

test("shows HTML as text", () => {
  const html = toHtml('<img src=x onerror="alert(1)"> **<b>** ```<script>```');

  expect(html).not.toMatch(/<(?!\/?(strong|pre|code)>)/);
  expect(html).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
});
