import { createBuiltinTools, createRememberTool, MemoryManager } from "../../../src/index.ts";

/**
 * Calls one tool with the input of its arguments, once or forever, and prints a line
 * after each call.
 */
const [workspaceDir = "", name = "", mode = "once", ...inputs] = process.argv.slice(2);
const memory = new MemoryManager({ workspaceDir });
const tools = [...createBuiltinTools(workspaceDir), createRememberTool(memory)];
const tool = tools.find((one) => one.name === name);
const context = {
  sessionId: "s1",
  runId: "r1",
  callId: "c1",
  signal: new AbortController().signal,
  progress: () => {},
  approve: async () => {},
};
do {
  for (const input of inputs) {
    const call = async () => tool?.execute(JSON.parse(input) as Record<string, unknown>, context);
    const line = await call().then(
      (result) => (result?.success ? "done" : `failed ${result?.error}`),
      (error: Error) => `failed ${error.message}`,
    );
    process.stdout.write(`${line}\n`);
  }
} while (mode === "forever");
