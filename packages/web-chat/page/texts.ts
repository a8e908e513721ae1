import type { ApprovalDecision, MessageMode, OutcomeItem } from "@mini-openclaw/protocol";
import { chineseFrame, englishFrame, type FrameTexts } from "./frame/frame-texts.ts";
import type { WaitingRow } from "./row.ts";

/** A language that the page speaks. */
export type Language = "en" | "zh-CN";

/** Every word that the page shows, in one language. */
export interface Texts extends FrameTexts {
  language: Language;
  newChat: string;
  sessions: string;
  moreSessions: string;
  sessionRuns: string;
  sessionUnread: string;
  connecting: string;
  connected: string;
  offline: string;
  locked: string;
  draining: string;
  lost: string;
  retryingIn: (seconds: number) => string;
  unreachable: string;
  retryNow: string;
  tokenQuestion: string;
  tokenSend: string;
  tokenWrong: string;
  demoNotice: string;
  demoExplanation: string;
  welcome: string;
  welcomeHint: string;
  suggestions: readonly string[];
  demoSuggestions: readonly string[];
  message: string;
  placeholder: string;
  send: string;
  stop: string;
  stopping: string;
  keys: string;
  keysWhileRunning: string;
  modeQuestion: string;
  modes: Record<MessageMode, { name: string; explanation: string }>;
  conversation: string;
  you: string;
  assistant: string;
  loadEarlier: string;
  toNewest: string;
  copy: string;
  copied: string;
  notCopied: string;
  copyAnswer: string;
  answerAgain: string;
  tryAgain: string;
  fork: string;
  forkHint: string;
  /** With a number of tokens. */
  tokens: Record<"input" | "output" | "cacheRead" | "cacheWrite" | "total", (count: string) => string>;
  priceUnknown: string;
  /** Names a code block, by its language if it tells one. */
  code: (language: string) => string;
  thinking: string;
  thoughts: string;
  compaction: string;
  compactionHint: string;
  waiting: Record<WaitingRow["phase"], string>;
  sendAgain: string;
  discard: string;
  callOff: string;
  calledOff: string;
  partial: Record<"aborted" | "interrupted", string>;
  tool: Record<"called" | "running" | "done" | "failed", string>;
  waitsForYou: string;
  asksFor: (reason: string) => string;
  decisions: Record<ApprovalDecision, string>;
  toolOutput: string;
  showAll: (lines: number) => string;
  showLess: string;
  /** Names the diff of a replacement. */
  change: string;
  exitCode: (code: number) => string;
  /** With how many calls, and the names of the tools. */
  toolsRan: (count: number, names: string) => string;
  toolsFailed: (count: number) => string;
  noOutput: string;
  retrying: (attempt: number) => string;
  outcome: Record<OutcomeItem["outcome"], string>;
  /** By code; other errors are shown in the gateway's words. */
  errors: Readonly<Record<string, string>>;
}

const english: Texts = {
  ...englishFrame,
  language: "en",
  newChat: "New chat",
  sessions: "Chats",
  moreSessions: "Show more chats",
  sessionRuns: "Answering",
  sessionUnread: "Unread",
  connecting: "Connecting…",
  connected: "Connected",
  offline: "Offline",
  locked: "Not logged in",
  draining: "The server is stopping",
  lost: "Connection lost.",
  retryingIn: (seconds) => `Trying again in ${seconds} s`,
  unreachable: "The gateway does not answer, or does not let this page in.",
  retryNow: "Try now",
  tokenQuestion: "This gateway asks for its token: the MINI_OPENCLAW_TOKEN that it was started with",
  tokenSend: "Log in",
  tokenWrong: "That is not the token.",
  demoNotice: "Demo: scripted answers, no API key is set",
  demoExplanation:
    "It really streams and really runs the tools, in a scratch folder of its own. Ask it to list the files, or to write a script and run it. For a real model, set ANTHROPIC_API_KEY and start the server again.",
  welcome: "What can I do for you?",
  welcomeHint: "The agent can read and write files and run commands in its workspace.",
  suggestions: ["What can you do?", "Which files are in the workspace?"],
  demoSuggestions: ["List the files", "Write a small script and run it", "What can you do?"],
  message: "Message",
  placeholder: "Write a message",
  send: "Send",
  stop: "Stop",
  stopping: "Stopping…",
  keys: "Enter sends, Shift+Enter starts a new line, Esc stops",
  keysWhileRunning: "Enter sends as chosen, Ctrl+Enter or ⌘+Enter steers, Esc stops",
  modeQuestion: "What your next message does",
  modes: {
    queue: { name: "Queue", explanation: "Waits until this answer is done." },
    steer: { name: "Steer", explanation: "Goes into this answer, after its next step." },
    interrupt: { name: "Interrupt", explanation: "Stops this answer, and is answered instead." },
  },
  conversation: "Conversation",
  you: "You",
  assistant: "Assistant",
  loadEarlier: "Show earlier messages",
  toNewest: "To the newest message",
  copy: "Copy",
  copied: "Copied",
  notCopied: "Not copied",
  copyAnswer: "Copy answer",
  answerAgain: "Answer again",
  tryAgain: "Try again",
  fork: "Fork from here",
  forkHint: "Begins a new chat with everything up to this message",
  tokens: {
    input: (count) => `${count} in`,
    output: (count) => `${count} out`,
    cacheRead: (count) => `${count} from cache`,
    cacheWrite: (count) => `${count} to cache`,
    total: (count) => `${count} tokens`,
  },
  priceUnknown: "price unknown",
  code: (language) => (language === "" ? "Code" : `Code: ${language}`),
  thinking: "Thinking…",
  thoughts: "Thoughts",
  compaction: "What was said so far was summed up",
  compactionHint: "From here on the model is shown this summary in the place of what stands above.",
  waiting: {
    unsent: "Waits for the connection",
    sending: "Sending…",
    accepted: "Accepted",
    queued: "Waits for the answer before it",
    steering: "Goes into this answer after its next step",
    refused: "Not sent",
  },
  sendAgain: "Send again",
  discard: "Discard",
  callOff: "Call off",
  calledOff: "Called off",
  partial: { aborted: "Stopped here", interrupted: "Interrupted here" },
  tool: { called: "Requested", running: "Running", done: "Done", failed: "Failed" },
  waitsForYou: "Waits for you",
  asksFor: (reason) => `May it? ${reason}`,
  decisions: { once: "Allow once", session: "Allow in this session", deny: "Deny" },
  toolOutput: "Output",
  showAll: (lines) => `Show all ${lines} lines`,
  showLess: "Show less",
  change: "Change",
  exitCode: (code) => `exit ${code}`,
  toolsRan: (count, names) => `${count} tool calls: ${names}`,
  toolsFailed: (count) => `${count} failed`,
  noOutput: "No output",
  retrying: (attempt) => `The model did not answer. Trying again (${attempt})…`,
  outcome: {
    aborted: "Stopped.",
    interrupted: "The server stopped while it was answering. Send a message to go on.",
    max_rounds: "Ended: the model wanted more tool rounds than one message may take.",
    budget: "Ended: a limit on tokens, tool calls, money or time was reached.",
    loop_detected: "Ended: the model repeated the same tool call.",
    refused: "The model declined to answer.",
    failed: "The answer failed.",
  },
  errors: {
    QUEUE_FULL: "Too many messages are waiting. Send it again when one is answered.",
    DRAINING: "The server is stopping. Send it again in a moment.",
    SESSION_LOCKED: "Another process is writing to this session.",
    SESSION_BUSY: "An answer goes on in this chat. Stop it, or wait for its end.",
    SESSION_ARCHIVED: "This chat is archived. Take it back from the archive first.",
    CONNECTION_LOST: "The connection was lost. Look whether it was done, and try again if not.",
    TOO_MANY_REQUESTS: "Too much waits for the connection. Try again when it is back.",
    APPROVAL_EXPIRED: "This call does not wait for a decision any more.",
    SESSION_NOT_FOUND: "This session does not exist any more.",
    STORE_FAILED: "The session could not be read or written. The server's log says more.",
    AGENT_FAILED: "The agent failed. The server's log says more.",
    INTERNAL: "The server failed. Its log says more.",
    MODEL_UNAUTHORIZED:
      "The model's server refused the API key. Check ANTHROPIC_API_KEY and restart the server.",
    MODEL_RATE_LIMITED: "The model's server asks to slow down. Try again in a minute.",
    MODEL_OVERLOADED: "The model's server is overloaded. Try again in a minute.",
    MODEL_UNREACHABLE: "The model's server cannot be reached. Check the network.",
    MODEL_TIMEOUT: "The model's server was silent for too long. Try again.",
    MESSAGE_TOO_LONG: "This message is longer than the gateway accepts.",
    OUTBOX_FULL: "Too many messages wait to be sent. Write again when the connection is back.",
  },
};

const chinese: Texts = {
  ...chineseFrame,
  language: "zh-CN",
  newChat: "新对话",
  sessions: "对话列表",
  moreSessions: "显示更多对话",
  sessionRuns: "正在回答",
  sessionUnread: "未读",
  connecting: "正在连接…",
  connected: "已连接",
  offline: "离线",
  locked: "未登录",
  draining: "服务器正在停止",
  lost: "连接已断开。",
  retryingIn: (seconds) => `${seconds} 秒后重试`,
  unreachable: "网关没有响应，或者不允许此页面连接。",
  retryNow: "立即重试",
  tokenQuestion: "此网关需要令牌：启动时设置的 MINI_OPENCLAW_TOKEN",
  tokenSend: "登录",
  tokenWrong: "令牌不正确。",
  demoNotice: "演示模式：未设置 API key，由脚本模型作答",
  demoExplanation:
    "它会真实地流式输出，并在自己的临时目录里真实地运行工具。可以让它列出文件，或者写一个脚本并运行。要使用真实模型，请设置 ANTHROPIC_API_KEY 后重新启动服务器。",
  welcome: "有什么可以帮你？",
  welcomeHint: "智能体可以在工作区里读写文件、运行命令。",
  suggestions: ["你能做什么？", "工作区里有哪些文件？"],
  demoSuggestions: ["列出文件", "写一个小脚本并运行", "你能做什么？"],
  message: "消息",
  placeholder: "输入消息",
  send: "发送",
  stop: "停止",
  stopping: "正在停止…",
  keys: "Enter 发送，Shift+Enter 换行，Esc 停止",
  keysWhileRunning: "Enter 按所选方式发送，Ctrl+Enter 或 ⌘+Enter 引导，Esc 停止",
  modeQuestion: "下一条消息如何处理",
  modes: {
    queue: { name: "排队", explanation: "等当前回答完成后再处理。" },
    steer: { name: "引导", explanation: "在当前回答的下一步之后加入。" },
    interrupt: { name: "打断", explanation: "停止当前回答，改为回答这条消息。" },
  },
  conversation: "对话",
  you: "你",
  assistant: "助手",
  loadEarlier: "显示更早的消息",
  toNewest: "回到最新消息",
  copy: "复制",
  copied: "已复制",
  notCopied: "复制失败",
  copyAnswer: "复制回答",
  answerAgain: "重新回答",
  tryAgain: "重试",
  fork: "从这里分叉",
  forkHint: "以到这条消息为止的内容开始一个新对话",
  tokens: {
    input: (count) => `输入 ${count}`,
    output: (count) => `输出 ${count}`,
    cacheRead: (count) => `缓存读取 ${count}`,
    cacheWrite: (count) => `缓存写入 ${count}`,
    total: (count) => `${count} token`,
  },
  priceUnknown: "价格未知",
  code: (language) => (language === "" ? "代码" : `代码：${language}`),
  thinking: "思考中…",
  thoughts: "思考过程",
  compaction: "此前的对话已被总结",
  compactionHint: "从这里起，模型看到的是这份总结，而不是上面的内容。",
  waiting: {
    unsent: "等待连接恢复",
    sending: "发送中…",
    accepted: "已接收",
    queued: "等待前一条回答完成",
    steering: "将在下一步之后加入当前回答",
    refused: "未发送",
  },
  sendAgain: "重新发送",
  discard: "放弃",
  callOff: "撤回",
  calledOff: "已撤回",
  partial: { aborted: "已在此处停止", interrupted: "已在此处中断" },
  tool: { called: "已请求", running: "运行中", done: "完成", failed: "失败" },
  waitsForYou: "等待你的决定",
  asksFor: (reason) => `是否允许？${reason}`,
  decisions: { once: "允许一次", session: "本会话内允许", deny: "拒绝" },
  toolOutput: "输出",
  showAll: (lines) => `显示全部 ${lines} 行`,
  showLess: "收起",
  change: "修改",
  exitCode: (code) => `退出码 ${code}`,
  toolsRan: (count, names) => `${count} 次工具调用：${names}`,
  toolsFailed: (count) => `${count} 次失败`,
  noOutput: "没有输出",
  retrying: (attempt) => `模型没有响应，正在重试（第 ${attempt} 次）…`,
  outcome: {
    aborted: "已停止。",
    interrupted: "回答过程中服务器停止了。发送一条消息即可继续。",
    max_rounds: "已结束：模型需要的工具轮数超过了单条消息的上限。",
    budget: "已结束：达到了 token、工具调用、费用或时间的上限。",
    loop_detected: "已结束：模型重复了相同的工具调用。",
    refused: "模型拒绝回答。",
    failed: "回答失败。",
  },
  errors: {
    QUEUE_FULL: "等待中的消息太多。等一条回答完成后再发送。",
    DRAINING: "服务器正在停止，请稍后再发送。",
    SESSION_LOCKED: "另一个进程正在写入此会话。",
    SESSION_BUSY: "此对话正在回答。请先停止，或等待其完成。",
    SESSION_ARCHIVED: "此对话已归档。请先将其移出归档。",
    CONNECTION_LOST: "连接已断开。请确认操作是否已完成，若没有请重试。",
    TOO_MANY_REQUESTS: "等待连接的操作太多。连接恢复后请重试。",
    APPROVAL_EXPIRED: "此调用已不再等待决定。",
    SESSION_NOT_FOUND: "此会话已不存在。",
    STORE_FAILED: "会话无法读取或写入，详情见服务器日志。",
    AGENT_FAILED: "智能体出错，详情见服务器日志。",
    INTERNAL: "服务器出错，详情见其日志。",
    MODEL_UNAUTHORIZED: "模型服务器拒绝了 API key。请检查 ANTHROPIC_API_KEY 并重启服务器。",
    MODEL_RATE_LIMITED: "模型服务器要求放慢速度，请一分钟后再试。",
    MODEL_OVERLOADED: "模型服务器过载，请一分钟后再试。",
    MODEL_UNREACHABLE: "无法连接模型服务器，请检查网络。",
    MODEL_TIMEOUT: "模型服务器长时间没有响应，请重试。",
    MESSAGE_TOO_LONG: "这条消息超过了网关允许的长度。",
    OUTBOX_FULL: "等待发送的消息太多。连接恢复后再写。",
  },
};

export function isLanguage(text: string | undefined): text is Language {
  return text === "en" || text === "zh-CN";
}

/** The texts in the first of the reader's languages that the page speaks; otherwise in English. */
export function chooseTexts(languages: readonly string[]): Texts {
  for (const language of languages) {
    if (/^zh\b/i.test(language)) return chinese;
    if (/^en\b/i.test(language)) return english;
  }
  return english;
}
