// The content of the screenshots: a scripted conversation, and the chats beside it.

const hour = 3_600_000;
const usage = { inputTokens: 1840, outputTokens: 412, cacheReadTokens: 9200, cacheWriteTokens: 0 };

const script = `const lines = await readLines("logs/access.log");
const slow = lines.filter(({ ms }) => ms > 500);

process.exitCode = slow.length > 10 ? 1 : 0;`;

export const scenes = {
  en: {
    locale: "en-US",
    question: "Which endpoints got slower this week? Add a nightly check.",
    look: "I'll compare this week's log with last week's.",
    table: [
      "Two of them. **Search** is the one to look at: it lost its index on Tuesday.",
      "| Endpoint | Last week | This week | |",
      "|---|---:|---:|---|",
      "| `GET /search` | 120 ms | **640 ms** | no index on `title` |",
      "| `POST /orders` | 95 ms | 140 ms | larger baskets |",
      "| `GET /health` | 2 ms | 2 ms | |",
    ],
    check: "With this check, more than ten slow requests fail the nightly job:",
    reason: "Adds one line to this user's crontab: every night at 3:00.",
    chats: [
      "Plan the move to Node 24",
      "Why does the build fail on Windows?",
      "Release notes for 2.4",
      "Names for the new service",
      "Translate the invoice template",
    ],
    running: "Read the error log every hour",
  },
  zh: {
    locale: "zh-CN",
    question: "这周哪些接口变慢了？把检查加到每晚的任务里。",
    look: "我来对比这周和上周的日志。",
    table: [
      "有两个。重点是 **search**：它在周二丢失了索引。",
      "| 接口 | 上周 | 本周 | |",
      "|---|---:|---:|---|",
      "| `GET /search` | 120 ms | **640 ms** | `title` 没有索引 |",
      "| `POST /orders` | 95 ms | 140 ms | 订单更大 |",
      "| `GET /health` | 2 ms | 2 ms | |",
    ],
    check: "加上这个检查，慢请求超过十个时，每晚的任务就会失败：",
    reason: "在当前用户的 crontab 中加一行：每晚 3:00 运行。",
    chats: [
      "迁移到 Node 24 的计划",
      "为什么在 Windows 上构建失败？",
      "2.4 版的发布说明",
      "新服务的命名",
      "翻译发票模板",
    ],
    running: "每小时读一次错误日志",
  },
};

/**
 * Creates an agent whose only answer is the scene's. It never completes the answer in the
 * background.
 */
export function scriptedAgent(scene) {
  return {
    async *run({ runId, messages, signal, decision }) {
      const own = (id) => `${runId}-${id}`;
      const says = (id, content, rest = {}) => ({
        ...{
          type: "assistant_message",
          runId,
          id: own(id),
          content,
          timestamp: Date.now(),
          usage,
          costUsd: 0.0074,
          model: "claude-sonnet-5-5",
        },
        ...rest,
      });
      const done = (callId, toolName, output, durationMs, exitCode) => ({
        ...{
          type: "tool_done",
          runId,
          id: own(`${callId}-done`),
          callId: own(callId),
          toolName,
          output,
          isError: false,
          timestamp: Date.now(),
          durationMs,
        },
        ...(exitCode !== undefined && { exitCode }),
      });
      yield { type: "run_start", runId, timestamp: Date.now() };
      if (messages.at(-1)?.content === scene.running) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield { type: "run_end", runId, outcome: "aborted", usage, timestamp: Date.now() };
        return;
      }
      const compare = {
        callId: own("c1"),
        toolName: "bash",
        input: { command: "node scripts/compare-latency.mjs --weeks 2" },
      };
      const install = {
        callId: own("c3"),
        toolName: "bash",
        input: { command: '(crontab -l; echo "0 3 * * * node checks/slow.mjs") | crontab -' },
      };
      yield says("a1", scene.look, { toolCalls: [compare] });
      yield { type: "tool_start", runId, ...compare };
      yield done("c1", "bash", "GET /search  +433 %\nPOST /orders  +47 %\n", 1240, 0);
      const code = `\`\`\`js\n${script}\n\`\`\``;
      const text = [scene.table[0], scene.table.slice(1).join("\n"), scene.check, code].join("\n\n");
      yield says("a2", text, { toolCalls: [install] });
      yield {
        type: "approval_request",
        runId,
        callId: install.callId,
        toolName: "bash",
        reason: scene.reason,
      };
      await decision(install.callId, { signal });
    },
  };
}

/**
 * Adds chats of some days, the newest last, and a running one. Returns the ids of the one that is
 * unread and of the running one, which has a schedule.
 */
export async function fillStore(store, gateway, { chats, running }) {
  const ages = [20 * 24, 5 * 24, 3 * 24, 26, 2];
  const ids = [];
  for (const [index, title] of [...chats].reverse().entries()) {
    const { sessionId } = await store.createSession("webchat");
    const timestamp = Date.now() - (ages[index] ?? 0) * hour;
    const answer = { role: "assistant", content: "…", timestamp };
    await store.appendMessages(sessionId, [{ role: "user", content: title, timestamp }, answer]);
    ids.push(sessionId);
  }
  const { sessionId } = await store.createSession("webchat");
  await gateway.submit({ sessionId, content: running });
  return { unread: ids[3], scheduled: sessionId };
}
