export { conversationOf } from "./session/versions.ts";
export { MAX_FILE_BYTES, withFiles } from "./session/with-files.ts";
export type { FileCheck } from "./shared/check-file.ts";
export { checkFile, mediaTypeOf } from "./shared/check-file.ts";
export type { NumberRange, OptionChecks } from "./shared/check-options.ts";
export { createOptionChecks, listOf, mustBe } from "./shared/check-options.ts";
export { closestName } from "./shared/closest-name.ts";
export type { CodedError, CodedErrorClass } from "./shared/define-error.ts";
export { defineError } from "./shared/define-error.ts";
export { isError, isInstance } from "./shared/error-checks.ts";
export { isNestedDeeper } from "./shared/nesting.ts";
export { createRandomSource } from "./shared/random-source.ts";
export {
  assertNever,
  cutText,
  cutTextStart,
  describeValue,
  isRecord,
  splitsCharacter,
} from "./shared/text.ts";
