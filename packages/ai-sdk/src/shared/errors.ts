import { createOptionChecks, defineError, mustBe } from "@mini-openclaw/protocol/shared";

/** The codes of this package's errors. */
export type AiSdkErrorCode = "INVALID_OPTION";

/** Branch on `code`, never on `message`. */
export class AiSdkError extends defineError<AiSdkErrorCode>("AiSdkError") {}

/** The checks of options. They throw an `AiSdkError` that names the option. */
export const check = createOptionChecks(AiSdkError);

/** @throws AiSdkError for an option that is there and no function */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function")
    throw new AiSdkError("INVALID_OPTION", mustBe(name, "a function", value));
}
