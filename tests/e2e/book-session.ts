import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Puts a session on disk in the legacy format of the tutorial: no header, no ids, key and times in
 * the meta file.
 */
export async function writeBookSession(workspace: string): Promise<{ sessionId: string; text: string }> {
  const sessionId = "0d1b7f0e-5d0c-4c1e-9a53-7b6f1f0f9b11";
  const sessions = join(workspace, ".mini-openclaw", "sessions");
  const timestamp = 1_745_934_600_000;
  const toolCalls = [{ toolName: "bash", input: { command: "ls -la" }, output: "total 0" }];
  const lines = [
    { role: "user", content: "列出文件", timestamp },
    { role: "assistant", content: "目录是空的。", timestamp: timestamp + 2000, toolCalls },
  ];
  const meta = {
    sessionId,
    channel: "webchat",
    createdAt: timestamp,
    updatedAt: timestamp + 2000,
    messageCount: 2,
  };
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await mkdir(sessions, { recursive: true });
  await writeFile(join(sessions, `${sessionId}.jsonl`), text);
  await writeFile(join(sessions, `${sessionId}.meta.json`), JSON.stringify(meta, null, 2));
  return { sessionId, text };
}
