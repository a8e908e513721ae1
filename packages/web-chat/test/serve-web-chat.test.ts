import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { serveWebChat } from "../src/index.ts";
import { servePage } from "../src/serve-web-chat.ts";
import type { WebChatOptions } from "../src/web-chat-options.ts";

/** A server with the page's real HTML, and an answer 404 for what the handler leaves alone. */
async function testServer(options?: WebChatOptions, { built = true } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "web-chat-"));
  if (built) {
    await copyFile(new URL("../page/index.html", import.meta.url), join(directory, "index.html"));
    await writeFile(join(directory, "first-paint.js"), "// first");
    await writeFile(join(directory, "page.js"), "// page");
    await writeFile(join(directory, "page.css"), "/* page */");
    await mkdir(join(directory, "diagram"));
    await writeFile(join(directory, "diagram", "diagram.js"), "// diagram");
  }
  const handler = servePage(pathToFileURL(`${directory}/`), options);
  const server = createServer((request, response) => {
    if (!handler(request, response)) response.writeHead(404).end("left alone");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    get: (path: string, init?: RequestInit) =>
      fetch(`http://127.0.0.1:${port}${path}`, { redirect: "manual", ...init }),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await rm(directory, { recursive: true });
    },
  };
}

/** The options that the page reads, as the browser decodes them. */
function optionsIn(html: string): string {
  const attribute = /<body data-options="([^"]*)"/.exec(html)?.[1] ?? "";
  const characters: Record<string, string> = { quot: '"', lt: "<", gt: ">", amp: "&" };
  return attribute.replace(/&(quot|lt|gt|amp);/g, (_, name: string) => characters[name] ?? "");
}

test("serves the page and its files", async () => {
  await using server = await testServer();
  const answers = await Promise.all(
    ["/", "/index.html", "/page.js", "/page.css", "/first-paint.js"].map((path) => server.get(path)),
  );

  expect(answers.map(({ status, headers }) => [status, headers.get("content-type")])).toEqual([
    [200, "text/html; charset=utf-8"],
    [200, "text/html; charset=utf-8"],
    [200, "text/javascript; charset=utf-8"],
    [200, "text/css; charset=utf-8"],
    [200, "text/javascript; charset=utf-8"],
  ]);
  expect(await answers[2]?.text()).toBe("// page");
});

test("lets the page run its own script only, and be shown nowhere else", async () => {
  await using server = await testServer();
  const { headers } = await server.get("/");

  expect(headers.get("content-security-policy")?.split("; ")).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types highlight-worker",
  ]);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
  expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
});

test("sends every answer with the security headers: redirects, 304 and 503 too", async () => {
  await using server = await testServer({ basePath: "/chat" });
  await using unbuilt = await testServer({}, { built: false });
  const etag = (await server.get("/chat/")).headers.get("etag") ?? "";
  const answers = [
    await server.get("/chat"),
    await server.get("/chat/", { headers: { "if-none-match": etag } }),
    await unbuilt.get("/"),
  ];

  expect(answers.map(({ status }) => status)).toEqual([308, 304, 503]);
  for (const { headers } of answers) {
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});

test.each([
  "/nothing",
  "/page.ts",
  "/page.js/",
  "/%70age.js",
  "/..%2fpackage.json",
  "/constructor",
  "/__proto__",
  "//page.js",
])("leaves %s to others", async (path) => {
  await using server = await testServer();
  const answer = await server.get(path);

  expect([answer.status, await answer.text()]).toEqual([404, "left alone"]);
});

test.each(["POST", "PUT", "DELETE", "OPTIONS"])("leaves %s to others", async (method) => {
  await using server = await testServer();

  expect((await server.get("/", { method })).status).toBe(404);
});

test("answers HEAD with the headers of GET and no body", async () => {
  await using server = await testServer();
  const [get, head] = await Promise.all([server.get("/"), server.get("/", { method: "HEAD" })]);

  const names = ["content-type", "content-length", "etag", "cache-control", "content-security-policy"];
  expect(names.map((name) => head.headers.get(name))).toEqual(names.map((name) => get.headers.get(name)));
  expect(get.headers.get("content-length")).not.toBeNull();
  expect(await head.text()).toBe("");
});

test("sends nothing again that the browser has", async () => {
  await using server = await testServer();
  const first = await server.get("/page.js");
  const etag = first.headers.get("etag") ?? "";
  const second = await server.get("/page.js", { headers: { "if-none-match": etag } });

  expect([first.status, second.status, await second.text()]).toEqual([200, 304, ""]);
  expect(first.headers.get("cache-control")).toBe("no-cache");
});

test.each([
  ["weakened by a proxy that compresses", (etag: string) => `W/${etag}`],
  ["among others", (etag: string) => `"other", W/"x",${etag}`],
])("sends nothing again for its tag %s", async (_, sent) => {
  await using server = await testServer();
  const { headers } = await server.get("/page.js");
  const known = sent(headers.get("etag") ?? "");

  expect((await server.get("/page.js", { headers: { "if-none-match": known } })).status).toBe(304);
  expect((await server.get("/page.css", { headers: { "if-none-match": known } })).status).toBe(200);
});

test("ignores the query, so that no link can change the page", async () => {
  await using server = await testServer();
  const plain = await (await server.get("/")).text();

  expect(await (await server.get("/?demo=true&gatewayUrl=ws://evil.example")).text()).toBe(plain);
});

describe("under a base path", () => {
  test("serves there and nowhere else", async () => {
    await using server = await testServer({ basePath: "/tools/chat" });
    const paths = ["/tools/chat/", "/tools/chat/page.js", "/", "/page.js", "/tools/", "/tools/chatter/"];
    const answers = await Promise.all(paths.map((path) => server.get(path)));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 404, 404, 404]);
  });

  test("adds a missing slash by a relative redirect, which also holds behind a proxy", async () => {
    await using server = await testServer({ basePath: "/tools/chat/" });
    const answers = [await server.get("/tools/chat"), await server.get("/tools/chat?a=b?c")];

    expect(answers.map(({ status, headers }) => [status, headers.get("location")])).toEqual([
      [308, "./chat/"],
      [308, "./chat/?a=b?c"],
    ]);
  });

  test.each([
    [{}, "./"],
    [{ basePath: "/chat" }, "./"],
    [{ basePath: "/chat", webSocketPath: "/chat/socket" }, "./socket"],
    [{ basePath: "/chat", webSocketPath: "/claw" }, "../claw"],
    [{ basePath: "/a/b", webSocketPath: "/" }, "../../"],
    [{ basePath: "/a/b", webSocketPath: "/a/c/d" }, "../c/d"],
    [{ basePath: "/a/b", webSocketPath: "/a/b" }, "../b"],
    [{ webSocketPath: "/claw" }, "./claw"],
    [{ webSocketPath: "/a&b" }, "./a&b"],
  ])("with %j the page finds the gateway at %s", async (options, expected) => {
    await using server = await testServer(options);
    const path = "basePath" in options ? `${options.basePath}/` : "/";

    expect(optionsIn(await (await server.get(path)).text())).toContain(`"webSocketPath":"${expected}"`);
  });
});

test("writes the app's options into the page, without a way out of the attribute", async () => {
  const hostile = `"><script>alert(1)</script>'&amp;</title>`;
  await using server = await testServer({
    ...{ demo: true, title: hostile, greeting: hostile, suggestions: [hostile] },
    ...{
      logo: "/logo.svg",
      accent: "#123456",
      locale: "zh-CN",
      loginUrl: "/login?next=/",
      hideSidebar: true,
    },
  });
  const html = await (await server.get("/")).text();

  expect(JSON.parse(optionsIn(html))).toEqual({
    ...{ demo: true, title: hostile, greeting: hostile, suggestions: [hostile], webSocketPath: "./" },
    ...{
      logo: "/logo.svg",
      accent: "#123456",
      locale: "zh-CN",
      loginUrl: "/login?next=/",
      hideSidebar: true,
    },
  });
  expect(html).toContain("<title>&quot;&gt;&lt;script&gt;");
  expect(html.match(/<script/g)).toHaveLength(2);
});

test("adds the app's style sheet after its own", async () => {
  await using server = await testServer({ css: ".page { color: red }" });
  const html = await (await server.get("/")).text();
  const style = await server.get("/own.css");

  expect(html).toMatch(/page[.]css[^]*own[.]css/);
  expect([style.status, style.headers.get("content-type"), await style.text()]).toEqual([
    200,
    "text/css; charset=utf-8",
    ".page { color: red }",
  ]);
});

test("has no style sheet of the app without the option", async () => {
  await using server = await testServer();

  expect(await (await server.get("/")).text()).not.toContain("own.css");
  expect((await server.get("/own.css")).status).toBe(404);
});

test.each([
  ["demo", "yes", "true or false"],
  ["title", "", "a text of 1 to 1000 characters"],
  ["title", 5, "a text of 1 to 1000 characters"],
  ["greeting", "  ", "a text of 1 to 1000 characters"],
  ["suggestions", "Hello", "a list of up to 10 texts"],
  ["suggestions", ["a", ""], "a list of up to 10 texts"],
  ["logo", "https://evil.example/x.png", 'a path such as "/logo.svg" or a data:image address'],
  ["logo", "data:text/html,x", 'a path such as "/logo.svg" or a data:image address'],
  ["accent", "red; background: url(x)", 'a color such as "#2b62b3"'],
  ["locale", "fr", '"en" or "zh-CN"'],
  ["loginUrl", "javascript:alert(1)", 'an address such as "/login" or "https://example.com/login"'],
  ["loginUrl", "//evil.example", 'an address such as "/login" or "https://example.com/login"'],
  ["hideSidebar", 1, "true or false"],
  ["showParts", "yes", "true or false"],
  ["css", null, "a style sheet of up to 100000 characters"],
])("rejects %s %j and names what is allowed", (name, value, expected) => {
  expect(() => serveWebChat({ [name]: value })).toThrow(
    new TypeError(`\`${name}\` must be ${expected}, got ${JSON.stringify(value)}.`),
  );
});

test("rejects an option that it does not know, and lists those that it knows", () => {
  expect(() => serveWebChat({ tittle: "Claw" } as object)).toThrow(
    /^`tittle` is not an option of serveWebChat[.] Known options: basePath, .*title/,
  );
});

test.each([
  ["basePath", "chat"],
  ["basePath", ""],
  ["basePath", "//evil.example/"],
  ["basePath", "/a//b"],
  ["basePath", "/../etc"],
  ["basePath", "/./"],
  ["basePath", '/"><script>alert(1)</script>'],
  ["webSocketPath", "ws://evil.example/"],
  ["webSocketPath", "//evil.example"],
  ["webSocketPath", "/\\evil.example"],
  ["webSocketPath", "/claw?token=1"],
  ["webSocketPath", "/claw#x"],
  ["webSocketPath", "/a b"],
])("rejects %s %j and shows what is allowed", (name, path) => {
  expect(() => serveWebChat({ [name]: path })).toThrow(
    new TypeError(
      `\`${name}\` must be a path such as "/" or "/chat", without query, "//" or "..", got ${JSON.stringify(path)}.`,
    ),
  );
});

test("answers 503 while the page is not built, and serves it afterwards", async () => {
  await using server = await testServer({}, { built: false });
  const answer = await server.get("/");

  expect([answer.status, await answer.text()]).toEqual([
    503,
    "The WebChat page is not built. Build the package @mini-openclaw/web-chat first.\n",
  ]);
});

test("serves the document that draws diagrams with a policy of its own", async () => {
  await using server = await testServer({ basePath: "/chat" });
  const diagram = await server.get("/chat/diagram.html");
  const html = await diagram.text();

  expect(diagram.headers.get("content-security-policy")?.split("; ")).toEqual([
    "default-src 'none'",
    expect.stringMatching(/^script-src 'sha256-[\w+/=]+'$/),
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    "sandbox allow-scripts",
  ]);
  expect(html.match(/<\/?script/gi)).toEqual(["<script", "</script"]);
  const etag = diagram.headers.get("etag") ?? "";
  const again = await server.get("/chat/diagram.html", { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);
});
