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
  if (answer?.type === "error") return answer;
  return { code: "INTERNAL", message: `The gateway answered with ${answer?.type ?? "nothing"}.` };
}
