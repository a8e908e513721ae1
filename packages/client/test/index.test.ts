import { expect, test } from "vitest";
import * as client from "../src/index.ts";

test("exports what the README names", () => {
  expect(Object.keys(client).sort()).toEqual(["ClientError", "connect"]);
});
