import type { SeenRequest } from "./messages-server.ts";

interface Block {
  type: string;
  id?: string;
  name?: string;
  tool_use_id?: string;
  text?: string;
}

/** Returns what the Messages API would refuse in a request; empty if nothing. */
export function refusalsOf({ body }: SeenRequest): string[] {
  const messages = body["messages"] as { role: string; content: Block[] }[];
  const faults: string[] = [];
  const blocks = messages.flatMap(({ content }) => content);
  if (/[^\\](\\\\)*\\ud[89a-f]/.test(JSON.stringify(body))) faults.push("half of a character is in it");
  if (blocks.some(({ type, name = "" }) => type === "tool_use" && !/^[\w-]{1,128}$/.test(name)))
    faults.push("a tool's name is not one");
  if (!body["tools"] && blocks.some(({ type }) => type.startsWith("tool_")))
    faults.push("there are tool calls but no tools");
  if (messages.at(-1)?.role === "assistant" && blocks.at(-1)?.text?.endsWith(" "))
    faults.push("the last answer ends with a space");
  const ids = messages.flatMap(({ content }) => content.flatMap(({ id }) => id ?? []));
  if (new Set(ids).size !== ids.length) faults.push("two calls have one id");
  if (messages[0]?.role !== "user") faults.push("the first message is not the user's");
  for (const [place, { role, content }] of messages.entries()) {
    if (messages[place + 1]?.role === role) faults.push(`message ${place} and the next have one role`);
    if (content.length === 0) faults.push(`message ${place} is empty`);
    if (content.some(({ type, text }) => type === "text" && !text?.trim()))
      faults.push(`message ${place} has empty text`);
    if (role !== "assistant") continue;
    const calls = content.flatMap(({ id }) => id ?? []);
    const results = (messages[place + 1]?.content ?? []).flatMap((block) => block.tool_use_id ?? []);
    if (calls.join() !== results.join())
      faults.push(`calls ${calls.join()} have the results ${results.join()}`);
  }
  return faults;
}
