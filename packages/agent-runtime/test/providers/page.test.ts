import { expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { type Answer, messagesServer } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf } from "../collect.ts";

const welcome = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Open WebUI</body></html>";

const page =
  (status: number, type = "text/html", body = welcome): Answer =>
  (response) =>
    response.writeHead(status, { "content-type": type }).end(body);

const providers = {
  openai: createOpenAIProvider,
  responses: createOpenAIResponsesProvider,
  anthropic: createAnthropicProvider,
};

/** Returns the error of a run whose server answers so, with the server's address left out. */
async function errorOf(answer: Answer, kind: keyof typeof providers = "openai", path = "", fetch?: "global") {
  await using server = await messagesServer(answer);
  const provider = providers[kind]({
    model: "m",
    apiKey: "sk-abcdefgh12345678",
    baseURL: `${server.baseURL}${path}`,
    ...(fetch && { fetch: globalThis.fetch }),
  });
  const events = await eventsOf(new AgentRuntime({ provider, maxRetries: 0 }), inputOf("hi"));
  const error = events.find(({ type }) => type === "error");
  const message = error && "message" in error ? error.message.replaceAll(server.baseURL, "BASE") : "";
  return { ...error, message };
}

const needs = "`baseURL` probably needs `/v1` at its end.";
const other = "`baseURL` probably must not end in `/v1`, or names another server.";
const api = "Set `baseURL` to the address of the API.";

test.each([
  ["openai", "", "/chat/completions", needs],
  ["openai", "/api", "/api/chat/completions", needs],
  ["openai", "/v1", "/v1/chat/completions", other],
  ["responses", "", "/responses", needs],
  ["responses", "/v1", "/v1/responses", other],
  ["anthropic", "", "/v1/messages", api],
] as const)("a page of HTML for %s at %j is reported with a remedy", async (kind, base, path, remedy) => {
  for (const status of [200, 404, 405]) {
    const error = await errorOf(page(status), kind, base);

    expect(error.message).toBe(
      `The model's server answered ${status} to BASE${path} with a page of HTML. ${remedy} The page: Welcome Open WebUI`,
    );
    expect(error).toMatchObject({ retryable: false });
  }
});

test.each<[string, Answer]>([
  ["under the content type of a stream", page(200, "text/event-stream")],
  ["behind a comment", page(200, "text/html", `<!-- made by hand -->\n${welcome}`)],
  ["without a document type", page(200, "text/html", "<h1>Welcome</h1>")],
])("a page %s gets the remedy", async (_case, answer) => {
  expect((await errorOf(answer)).message).toContain(`with a page of HTML. ${needs} The page: Welcome`);
});

test("a page of a long text keeps the remedy", async () => {
  const { message } = await errorOf(page(200, "text/html", `<html>${"word ".repeat(1000)}</html>`));

  expect(message).toContain(needs);
  expect(message.length).toBeLessThan(600);
});

test("a page that `fetch` of the app gets has the remedy too", async () => {
  expect((await errorOf(page(200), "openai", "", "global")).message).toContain(needs);
});

test.each<[string, Answer]>([
  ["a page of a proxy whose server is away", page(502)],
  ["a page that asks for a login", page(403)],
  ["an error as XML", page(404, "text/xml", "<Error><Message>No such key</Message></Error>")],
  ["an error as text", page(404, "text/plain", "404 page not found")],
])("%s gets no remedy", async (_case, answer) => {
  expect((await errorOf(answer)).message).not.toContain("baseURL");
});

test("the address of a page names no query, because that may hold a key", async () => {
  await using server = await messagesServer(page(200));
  const { baseURL } = server;
  const query = { key: "short", token: "abc" };
  const provider = createOpenAIProvider({ model: "m", apiKey: "sk-abcdefgh12345678", baseURL, query });
  const events = await eventsOf(new AgentRuntime({ provider, maxRetries: 0 }), inputOf("hi"));

  const error = events.find(({ type }) => type === "error");
  expect(error).toMatchObject({
    message: expect.stringContaining(`200 to ${baseURL}/chat/completions with`),
  });
});
