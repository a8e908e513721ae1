import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  calls,
  createScriptedProvider,
  type ScriptStep,
  says,
  thinks,
} from "@mini-openclaw/agent-runtime/testing";
import type { ModelProvider, ModelRequest, ToolMessage } from "@mini-openclaw/protocol";
import { ASKED_FILE, FAILING_COMMAND, tourIn } from "./demo-tour.ts";

// Reads like a fast typist.
const PAUSE_MS = 25;

/**
 * Creates a model for users without an API key: a script that recognizes a few requests. It streams
 * its text as a model does, and it calls the real tools.
 */
export function createDemoProvider({ pauseMs = PAUSE_MS } = {}): ModelProvider {
  const model = "scripted-demo";
  const pause = (signal: AbortSignal) => sleep(pauseMs, undefined, { signal });
  return {
    model,
    // One script per turn, so that it keeps no state.
    stream: (request, options) =>
      createScriptedProvider([nextStep(request)], { model, pause }).stream(request, options),
  };
}

/**
 * Returns the next step of the script. It depends on the request and on the number of tool results.
 */
function nextStep({ messages, toolChoice }: ModelRequest): ScriptStep {
  const asked = messages.findLastIndex(({ role }) => role === "user");
  const wish = messages[asked]?.content ?? "";
  const results = messages
    .slice(asked + 1)
    .filter((message): message is ToolMessage => message.role === "tool");
  const isChinese = /[\u4e00-\u9fff]/.test(wish);
  const words = isChinese ? chinese : english;
  if (toolChoice === "none") return speak(words.help);
  if (/\b(everything|tour|demo)\b|全部|演示|所有功能/i.test(wish)) return tour(tourIn(isChinese), results);
  if (/\b(write|create|run|program|script)\b|写|运行|创建/i.test(wish)) return writeAndRun(words, results);
  if (/\b(list|files|folder|directory|ls)\b|文件|目录|列出/i.test(wish)) return listFiles(words, results);
  return speak(words.help);
}

/** Shows each part of the product once: thoughts, a failure, an approval, and a long answer. */
function tour(words: ReturnType<typeof tourIn>, [failed, asked]: ToolMessage[]): ScriptStep {
  if (!failed) return [thinks(words.thoughts), ...speak(words.failing), call("bash", FAILING_COMMAND)];
  if (!asked) return [...speak(words.asking), call("write_file", ASKED_FILE)];
  return speak(words.rest);
}

function listFiles(words: Words, [listed]: ToolMessage[]): ScriptStep {
  if (!listed) return [...speak(words.looking), call("list_files", { path: "." })];
  return speak(words.listed(listed.content));
}

function writeAndRun(words: Words, [written, ran]: ToolMessage[]): ScriptStep {
  if (!written) {
    return [...speak(words.writing), call("write_file", { file_path: "hello.js", content: PROGRAM })];
  }
  if (!ran) return [...speak(words.running), call("bash", { command: "node hello.js" })];
  return speak(words.ran(PROGRAM, ran.content));
}

const PROGRAM = `const now = new Date().toISOString().slice(0, 10);
console.log(\`Hello from a real process, \${process.version}, on \${now}.\`);
for (let n = 1; n <= 5; n += 1) console.log(n, "squared is", n * n);
`;

/** Returns a text in pieces of one word. */
function speak(text: string) {
  return [
    says(
      ...(text.match(/\s*(?:[\u3000-\u9fff\uff00-\uffef]{1,2}|[^\s\u3000-\u9fff\uff00-\uffef]+)\s*/g) ?? []),
    ),
  ];
}

function call(toolName: string, input: Record<string, unknown>) {
  return calls(toolName, input, `demo_${randomUUID()}`);
}

/** The texts of one language. */
interface Words {
  help: string;
  looking: string;
  listed: (names: string) => string;
  writing: string;
  running: string;
  ran: (program: string, output: string) => string;
}

const english: Words = {
  help: `I am a **scripted demo**: no model is behind me, because \`ANTHROPIC_API_KEY\` is not set. But the gateway, the session on disk and the tools are real. Try one of these:

- **Show me everything**: a failing tool, an approval, a table, code, an image and a long answer
- **List the files** of my scratch workspace
- **Write a program and run it**

With a key, restart me and a real model answers here.`,
  looking: "Let me look. ",
  listed: (names) => `These files are in my scratch workspace:\n\n${names.replace(/^(.+)$/gm, "- `$1`")}\n`,
  writing: "I write a small program. ",
  running: "Now I run it. ",
  ran: (program, output) =>
    `Done. This is \`hello.js\`:\n\n\`\`\`js\n${program}\`\`\`\n\nand it printed:\n\n\`\`\`\n${output.trim()}\n\`\`\`\n`,
};

const chinese: Words = {
  help: `我是一个**脚本演示**：没有设置 \`ANTHROPIC_API_KEY\`，所以背后没有真正的模型。但网关、磁盘上的会话和工具都是真的。试试：

- **演示所有功能**：失败的工具、批准、表格、代码、图片和长回答
- **列出文件**（我的临时工作区）
- **写一个程序并运行**

设置密钥并重启后，就由真正的模型来回答。`,
  looking: "我看一下。",
  listed: (names) => `我的临时工作区里有这些文件：\n\n${names.replace(/^(.+)$/gm, "- `$1`")}\n`,
  writing: "我写一个小程序。",
  running: "现在运行它。",
  ran: (program, output) =>
    `完成。这是 \`hello.js\`：\n\n\`\`\`js\n${program}\`\`\`\n\n它的输出：\n\n\`\`\`\n${output.trim()}\n\`\`\`\n`,
};
