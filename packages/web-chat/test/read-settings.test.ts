import { expect, test } from "vitest";
import { readSettings } from "../page/frame/settings/read-settings.ts";

const empty = {
  models: [],
  efforts: [],
  chat: { model: "", effort: "" },
  costs: [],
  tools: [],
  skills: [],
  memory: [],
};

test("reads an app's settings", () => {
  expect(
    readSettings({
      models: ["a", "b"],
      efforts: ["low"],
      chat: { model: "b" },
      costs: [{ day: "2026-11-29", costUsd: 0.5 }],
      tools: [{ name: "bash", text: "Runs a command." }],
      skills: [{ name: "review" }],
      memory: [{ name: "MEMORY.md", text: "- likes tea" }],
    }),
  ).toEqual({
    models: ["a", "b"],
    efforts: ["low"],
    chat: { model: "b", effort: "" },
    costs: [{ day: "2026-11-29", costUsd: 0.5 }],
    tools: [{ name: "bash", text: "Runs a command." }],
    skills: [{ name: "review", text: "" }],
    memory: [{ name: "MEMORY.md", text: "- likes tea" }],
  });
});

test.each([
  [undefined],
  [null],
  ["settings"],
  [[]],
  [{ models: "a", efforts: 1, chat: null, costs: {}, tools: null, skills: "x", memory: 0 }],
  [{ models: [1, null], chat: [], costs: [null, { day: "today", costUsd: 1 }, { day: "2026-11-29" }] }],
  [
    {
      costs: [
        { day: "2026-11-29", costUsd: -1 },
        { day: "2026-11-29", costUsd: "1" },
      ],
    },
  ],
  [{ tools: [null, {}, { name: 1 }], chat: { model: {}, effort: 3 } }],
])("leaves out what is not of its shape: %j", (answer) => {
  expect(readSettings(answer)).toEqual(empty);
});
