import { expect, test } from "vitest";
import { MessageRecall } from "../page/composer/message-recall.ts";

const sent = ["one", "two", "three"];

test("steps back through the sent messages and forward to an empty text", () => {
  const recall = new MessageRecall();

  expect(recall.older(sent, "")).toBe("three");
  expect(recall.older(sent, "three")).toBe("two");
  expect(recall.newer(sent, "two")).toBe("three");
  expect(recall.newer(sent, "three")).toBe("");
  expect(recall.newer(sent, "")).toBeUndefined();
});

test("stays at the oldest message", () => {
  const recall = new MessageRecall();

  expect(recall.older(["one"], "")).toBe("one");
  expect(recall.older(["one"], "one")).toBeUndefined();
  expect(new MessageRecall().older([], "")).toBeUndefined();
});

test("leaves a text alone that the user wrote or changed", () => {
  const recall = new MessageRecall();

  expect(recall.older(sent, "draft")).toBeUndefined();
  expect(recall.older(sent, "")).toBe("three");
  expect(recall.older(sent, "three, changed")).toBeUndefined();
  expect(recall.newer(sent, "three, changed")).toBeUndefined();
});
