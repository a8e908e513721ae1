import { type ContentBlock, type FileBlock, filesOf, textOf } from "@mini-openclaw/protocol";
import type { FilePart, UserPart } from "./ui-message.ts";

/** Returns the address of a file that a session has, or nothing for a file that nobody serves. */
export type FileUrl = (file: FileBlock) => string | undefined;

/** Returns the address of a file of a session. */
export type SessionFileUrl = (file: FileBlock, sessionId: string) => string;

/** Returns the address of a file on the gateway's own HTTP form at `/`. */
export function blobUrl({ blob = "" }: FileBlock, sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}/blobs/${blob}`;
}

/** Returns the parts of a user's message. Leaves out files without an address. */
export function toUserParts(
  message: { content: string; blocks?: readonly ContentBlock[] },
  fileUrl?: FileUrl,
): UserPart[] {
  const text = textOf(message);
  return [...(text === "" ? [] : [{ type: "text" as const, text }]), ...toFileParts(message, fileUrl)];
}

/** Returns the files of a message. Leaves out files without an address. */
export function toFileParts(
  message: { blocks?: readonly ContentBlock[] },
  fileUrl: FileUrl = () => undefined,
): FilePart[] {
  return (filesOf(message) ?? []).flatMap((file): FilePart[] => {
    const { mediaType, data, name } = file;
    const url = data === undefined ? fileUrl(file) : `data:${mediaType};base64,${data}`;
    return url === undefined ? [] : [{ type: "file", mediaType, ...(name && { filename: name }), url }];
  });
}
