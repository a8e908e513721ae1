import { expect, test } from "vitest";
import * as webChat from "../src/index.ts";

test("exports what the README names", () => {
  expect(Object.keys(webChat)).toEqual(["serveWebChat"]);
});
