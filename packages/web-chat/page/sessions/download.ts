import { element } from "../dom/elements.ts";

/** Hands a text to the reader as a file. */
export function download(fileName: string, text: string, contentType: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${contentType};charset=utf-8` }));
  const link = element("a", "");
  link.href = url;
  link.download = fileName;
  link.click();
  // The download holds the file by then; the next turn is soon enough to let go of the page's own hold.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
