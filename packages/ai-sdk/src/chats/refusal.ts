import type { ServerEvent } from "@mini-openclaw/protocol";

/** The reason why a request is not answered, in words for its client. */
export class Refusal extends Error {
  readonly code: string;

  constructor({ code, message }: { code: string; message: string }) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }
}

/** Returns the reason that an answer of the gateway has. */
export function refusalOf(answer: ServerEvent | undefined): { code: string; message: string } {
  if (answer?.type === "error") return { code: answer.code, message: inClientsWords(answer.message) };
  return { code: "INTERNAL", message: `The gateway answered with ${answer?.type ?? "nothing"}.` };
}

/** Returns the text of an error with the names that clients have for the wrong field. */
function inClientsWords(message: string): string {
  return message
    .replace(/^`id`/, "`requestId`")
    .replace(/^`key`/, "`id`")
    .replace(/^`blocks` must have at most (\d+) items/, "`parts` must have at most $1 files")
    .replace(/^`blocks(?:\[(\d+)\]|\.(\d+))\.(\w+)`/, (_, at = "", place = "", field = "") => {
      const name = field === "mediaType" ? field : "url";
      return `\`${name}\` of file ${Number(at || place) + 1}`;
    })
    .replace(/ in `data`\.$/, " as a data URL.");
}
