import type { SeenRequest } from "../anthropic/messages-server.ts";

interface ChatMessage {
  role: string;
  content?: unknown;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
}

/**
 * Returns what one of the strict servers of Chat Completions would refuse in a request, in words;
 * nothing if all is well.
 *
 * Sources: roles take turns, in the chat templates of Mistral's and Gemma's models
 * (vllm-project/vllm#6862); no user behind a tool, in Mistral's API (zed-industries/zed#37021);
 * calls and results in pairs, in OpenAI's API.
 */
export function chatRefusalsOf({ body }: SeenRequest): string[] {
  const messages = (body["messages"] as ChatMessage[]).slice();
  const faults: string[] = [];
  if (messages[0]?.role === "system") messages.shift();
  if (messages.some(({ role }) => role === "system")) faults.push("a system message is not the first");
  if (messages[0]?.role !== "user") faults.push("the first message is not the user's");
  const spoken = messages.filter(({ role, tool_calls }) => role !== "tool" && !tool_calls);
  for (const [index, { role }] of spoken.entries()) {
    if ((role === "user") !== (index % 2 === 0)) faults.push(`message ${index} is not in turn`);
  }
  for (const [index, message] of messages.entries()) {
    const next = messages[index + 1];
    if (message.role === "tool" && next?.role === "user") faults.push("a user follows a tool");
    if (message.role === "user" && message.content === "") faults.push("a user says nothing");
    const ids = (message.tool_calls ?? []).map(({ id }) => id);
    const results = messages.slice(index + 1, index + 1 + ids.length).map(({ tool_call_id }) => tool_call_id);
    if (ids.join() !== results.join()) faults.push(`calls ${ids.join()} have the results ${results.join()}`);
    if (new Set(ids).size !== ids.length || ids.includes("")) faults.push("calls have no ids of their own");
    for (const call of message.tool_calls ?? []) {
      if (!/^[\w-]{1,64}$/.test(call.function.name)) faults.push("a tool's name is not one");
      if (typeof JSON.parse(call.function.arguments) !== "object") faults.push("arguments are no object");
    }
  }
  return faults;
}
