/** The texts of the tour in one language. */
interface TourWords {
  readonly thoughts: string;
  readonly failing: string;
  readonly asking: string;
  readonly rest: string;
}

/** A small bar chart as PNG, so that the answer has an image of its own. */
const CHART =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAPAAAABkCAMAAACPfE31AAAAD1BMVEX7+vjCVC3woHwrYrMqc0gzLomrAAAAfUlEQVR42u3POQEAIAwEsPL414yFWxgoiYNUAQDQ1coJCwsLCwsLCwsLCwsLCwsLCws/H945YWFhYWFhYWFhYWFh4fvhmRMWFhYWFhYWFhYWFhYWFhYWFhYWFhb+MzxywsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCDcMHhR1z5w/2VN0AAAAASUVORK5CYII=";

const CODE = `\`\`\`js
import { connect } from "@mini-openclaw/client";

const session = connect({ url: "/" }).session();
for await (const event of session.ask("Which files are here?")) {
  if (event.type === "chunk") console.log(event.content);
}
\`\`\``;

/** The file of the call that waits for the user, because it steers the agent. */
export const ASKED_FILE = {
  file_path: ".openclaw/TOOLS.md",
  content: "The demo wrote this after you allowed it.\n",
};

/** A command that fails. */
export const FAILING_COMMAND = { command: "cat no-such-file.txt" };

const ENGLISH_STORY = "A claw is patient. It opens, it waits, and it closes when the moment is right. ";
const CHINESE_STORY = "爪子很有耐心。它张开，等待，在合适的时候合上。";

const english: TourWords = {
  thoughts: "The user wants to see the whole product. I begin with a tool that fails. ",
  failing: "First a command that fails. Its card shows the exit code. ",
  asking: "Next a file that steers the agent. **Nothing happens until you decide.** ",
  rest: `Here is a table:

| part | what it does |
|---|---|
| gateway | keeps the session and streams it |
| agent | calls the model and the tools |
| page | shows what was recorded |

Code, which you can copy, wrap and download:

${CODE}

An image:

![Four bars](${CHART})

And a long text. **Stop it, reload the page, or kill the server**, and see what stays.

${ENGLISH_STORY.repeat(40)}`,
};

const chinese: TourWords = {
  thoughts: "用户想看看整个产品。我先调用一个会失败的工具。",
  failing: "先运行一个会失败的命令，卡片上有退出码。",
  asking: "接下来修改一个会影响智能体的文件。**在你决定之前，什么都不会发生。**",
  rest: `这是一张表：

| 部分 | 作用 |
|---|---|
| 网关 | 保存会话并流式传输 |
| 智能体 | 调用模型和工具 |
| 页面 | 显示已记录的内容 |

代码可以复制、换行和下载：

${CODE}

一张图片：

![四根柱子](${CHART})

最后是一段长文字。**停止它、刷新页面，或者杀掉服务器**，看看留下了什么。

${CHINESE_STORY.repeat(60)}`,
};

/** Returns the texts in the language of a message. */
export function tourIn(isChinese: boolean): TourWords {
  return isChinese ? chinese : english;
}
