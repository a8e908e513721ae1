import { element, setText } from "../dom/elements.ts";
import type { Formats } from "../language/formats.ts";

/** Creates the time of a message: short, and whole while the pointer is over it. */
export function createTime(formats: Pick<Formats, "time" | "date">) {
  const root = element("time", "time");
  return {
    root,
    show(timestamp: number | undefined) {
      root.hidden = timestamp === undefined;
      if (timestamp === undefined) return;
      root.dateTime = new Date(timestamp).toISOString();
      root.title = formats.date(timestamp);
      setText(root, formats.time(timestamp));
    },
  };
}
