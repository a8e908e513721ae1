import { element } from "./elements.ts";

/** Downloads a text as a file. */
export function download(fileName: string, text: string, contentType: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${contentType};charset=utf-8` }));
  const link = element("a", "");
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has its own reference to the file by then.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
