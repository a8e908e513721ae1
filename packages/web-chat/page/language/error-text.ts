import type { Texts } from "./texts.ts";

/** The errors whose message has details that the texts lack, such as the words of the model. */
const DETAILED: ReadonlySet<string> = new Set(["MODEL_REJECTED", "MODEL_FAILED"]);

/** Returns the text of an error by its code. An unknown code is shown with the server's message. */
export function errorText(
  { code, message }: { readonly code: string; readonly message: string },
  { errors }: Pick<Texts, "errors">,
): string {
  const text = Object.hasOwn(errors, code) ? errors[code] : undefined;
  if (text === undefined) return message;
  return DETAILED.has(code) && message !== "" ? `${text} (${message})` : text;
}
