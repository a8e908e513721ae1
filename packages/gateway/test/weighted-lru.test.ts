import { expect, test } from "vitest";
import { WeightedLru } from "../src/shared/weighted-lru.ts";

const always = () => true;

test("a removed value makes room for others, and is created anew when it is used again", () => {
  const values = new WeightedLru<object>(2);
  const first = values.pin("first", () => ({}));
  values.unpin("first", always);
  const second = values.pin("second", () => ({}));
  values.unpin("second", always);
  values.remove("first");
  values.remove("unknown");
  const third = values.pin("third", () => ({}));
  values.unpin("third", always);
  expect(values.pin("second", () => ({}))).toBe(second);
  expect(values.pin("third", () => ({}))).toBe(third);
  expect(values.pin("first", () => ({}))).not.toBe(first);
});

test("a value in use is not removed", () => {
  const values = new WeightedLru<object>(2);
  const used = values.pin("used", () => ({}));
  values.remove("used");
  expect(values.pin("used", () => ({}))).toBe(used);
});
