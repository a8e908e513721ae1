import { checkMessage } from "@mini-openclaw/protocol/schema";
import { v7 } from "uuid";
import { toMessageEntry } from "../src/message-entry.ts";
import { createId } from "../src/names.ts";
import { createSummary } from "../src/new-session.ts";
import { toGroup } from "../src/session-lines.ts";
import { nextSummary } from "../src/summary.ts";
import { formatLine } from "../src/transcript-line.ts";

const message = () => ({ role: "user" as const, content: "x".repeat(400), timestamp: 1767225600000 });
function time(name: string, f: () => unknown, n = 300000) {
  for (let i = 0; i < 20000; i++) f();
  const t = performance.now();
  for (let i = 0; i < n; i++) f();
  console.log(name.padEnd(30), (((performance.now() - t) / n) * 1000).toFixed(3), "us");
}
time("checkMessage", () => checkMessage(message()));
time("uuid v7", () => v7());
const e = toMessageEntry(message(), 1);
time("toMessageEntry", () => toMessageEntry(message(), 1));
time("formatLine", () => formatLine(e));
time("toGroup", () => toGroup([e], undefined));
let s = createSummary("x");
time("nextSummary", () => {
  s = nextSummary(s, { kind: "entry", entry: e, marks: {} });
});
time("performance.now", () => performance.now());
let t: NodeJS.Timeout | undefined;
time("timers", () => {
  clearTimeout(t);
  t = setTimeout(() => {}, 30000).unref();
});
time("byteLength", () => Buffer.byteLength(formatLine(e)));
