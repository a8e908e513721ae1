/** A path below that of the form: that of all chats, or of one chat. */
export type ChatPath =
  | { readonly is: "chats" }
  | { readonly is: "messages" | "stream" | "stop"; readonly chatId: string };

const methods: Readonly<Record<ChatPath["is"], readonly string[]>> = {
  chats: ["POST"],
  messages: ["GET", "HEAD"],
  stream: ["GET"],
  stop: ["POST"],
};

/** Reads a percent-encoded path. Returns `undefined` for a path of nobody. */
export function readPath(path: string): ChatPath | undefined {
  if (path === "/") return { is: "chats" };
  const [, encoded = "", is = "messages"] = /^\/([^/]+)(?:\/(stream|stop))?$/.exec(path) ?? [];
  const chatId = decode(encoded);
  return chatId === "" ? undefined : { is: is as "messages" | "stream" | "stop", chatId };
}

/** Returns the methods of a path. A path of nobody has none. */
export function methodsOf(path: string): readonly string[] {
  const read = readPath(path);
  return read ? methods[read.is] : [];
}

/** Returns an empty text for one that is not percent-encoded UTF-8. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
