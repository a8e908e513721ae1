import { expect, onTestFinished, test, vi } from "vitest";
import { testGateway } from "./test-gateway.ts";

test("an event is made into JSON once, however many watch", async () => {
  await using gateway = await testGateway();
  const watchers = await Promise.all(Array.from({ length: 20 }, () => gateway.connect()));
  const made: string[] = [];
  const { stringify } = JSON;
  const spy = vi.spyOn(JSON, "stringify").mockImplementation((value: unknown, ...rest) => {
    if (typeof value === "object" && value !== null && "seq" in value && "type" in value)
      made.push(String(value.type));
    return stringify(value, ...(rest as []));
  });
  onTestFinished(() => spy.mockRestore());

  await gateway.gateway.submit({ sessionId: watchers[0]?.sessionId ?? "", content: "hello" });
  await Promise.all(watchers.map((one) => one.next("run_end")));

  const events = [
    "user_message",
    "run_start",
    "chunk",
    "chunk",
    "assistant_message",
    "message_done",
    "run_end",
  ];
  expect(made).toEqual(events);
});
