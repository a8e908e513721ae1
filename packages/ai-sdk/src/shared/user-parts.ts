import { type ContentBlock, type FileBlock, filesOf, textOf } from "@mini-openclaw/protocol";
import type { UserPart } from "./ui-message.ts";

/** Returns the address of a file that a session has, or nothing for a file that nobody serves. */
export type FileUrl = (file: FileBlock) => string | undefined;

/** Returns the parts of a user's message. Leaves out files without an address. */
export function toUserParts(
  message: { content: string; blocks?: readonly ContentBlock[] },
  fileUrl: FileUrl = () => undefined,
): UserPart[] {
  const files = (filesOf(message) ?? []).flatMap((file): UserPart[] => {
    const { mediaType, data, name } = file;
    const url = data === undefined ? fileUrl(file) : `data:${mediaType};base64,${data}`;
    return url === undefined ? [] : [{ type: "file", mediaType, ...(name && { filename: name }), url }];
  });
  const text = filesOf(message) ? textOf(message) : message.content;
  return [...(text === "" ? [] : [{ type: "text" as const, text }]), ...files];
}
