import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { describe, expect, test } from "vitest";
import { testGateway } from "./test-client.ts";

describe("a message", () => {
  const fields = { sessionKey: "main", message: "hi", idempotencyKey: "run-1" };

  test.each([
    ["without text and files", { message: "" }, "`message` must not be empty."],
    ["with a blank session key", { sessionKey: "  " }, "The key of a session must not be blank."],
    ["with a session key that is too long", { sessionKey: `agent:main:${"k".repeat(490)}` }, "`key` must be"],
    [
      "with a long id",
      { idempotencyKey: "i".repeat(129) },
      "`idempotencyKey` must have at most 128 characters",
    ],
    [
      "with the key of another agent",
      { agentId: "work", sessionKey: "agent:main:x" },
      "`agentId` must be the agent",
    ],
    [
      "with a file of a wrong type",
      {
        attachments: [
          { content: "YQ==", mimeType: "text/plain" },
          { content: "YQ==", mimeType: "a/b" },
        ],
      },
      "`attachments[1].mimeType` must be one of",
    ],
    [
      "with a file that is not base64",
      { attachments: [{ content: "@", mimeType: "text/plain" }] },
      "`attachments[0].content` must be base64",
    ],
    ["with no file in the list", { attachments: [null] }, "`attachments[0]` must be an object, got null."],
    [
      "with too many files",
      { attachments: Array.from({ length: 21 }, () => ({ content: "YQ==", mimeType: "text/plain" })) },
      "`attachments` must have at most 20 items",
    ],
  ])("%s is refused, and the next one runs", async (_case, wrong, problem) => {
    await using gateway = await testGateway({ agent: scriptedAgent(["Hello."]) });
    const client = await gateway.connect();

    const error = await client.refused("chat.send", { ...fields, ...wrong });
    await client.request("chat.send", fields);
    await client.event("chat", { state: "final" });

    expect(error).toMatchObject({ code: "INVALID_REQUEST", message: expect.stringContaining(problem) });
    expect(gateway.failures).toEqual([]);
  });
});

test("a file with a long name keeps the beginning of the name", async () => {
  const agent = scriptedAgent(["A"]);
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  const file = { type: "file", mimeType: "text/plain", fileName: "n".repeat(255), content: "YQ==" };

  const fields = { sessionKey: "main", message: "", idempotencyKey: "run-1", attachments: [file] };
  await client.request("chat.send", fields);
  await client.event("chat", { state: "final" });

  expect(agent.inputs[0]?.messages).toMatchObject([{ blocks: [{ name: "n".repeat(200) }, {}] }]);
});

test("previews are those of the first 64 keys", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);

  const { previews } = await client.request("sessions.preview", { keys });

  expect(previews.map((preview) => (preview as { key: string }).key)).toEqual(keys.slice(0, 64));
});
