import { type ContentBlock, type FileBlock, fileBytes, filesOf } from "@mini-openclaw/protocol";
import { button, element } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import type { Formats } from "../language/formats.ts";
import type { Texts } from "../language/texts.ts";

export interface FileParts {
  texts: Texts;
  formats: Formats;
  /** Returns the address of a blob of the shown session. */
  blobUrl: (blob: string) => string;
}

/** The images and documents of a message or a tool call. */
export interface FilesView {
  readonly root: HTMLElement;
  /** Shows the files among the parts of a message. */
  show(blocks: readonly ContentBlock[] | undefined): void;
}

/** Creates the view of files. It is hidden while there are none. */
export function createFilesView(parts: FileParts): FilesView {
  const root = element("div", "files");
  root.hidden = true;
  let shown: readonly ContentBlock[] | undefined;
  return {
    root,
    show(blocks) {
      if (blocks === shown) return;
      shown = blocks;
      const files = filesOf({ blocks });
      root.hidden = files === undefined;
      root.replaceChildren(...(files ?? []).map((file) => createFile(file, parts)));
    },
  };
}

function createFile(file: FileBlock, parts: FileParts): HTMLElement {
  const url = urlOf(file, parts);
  return file.type === "image" && url !== undefined
    ? createImage(file, url, parts)
    : createChip(file, url, parts);
}

/** Images of other types are not shown: the page asks nobody for a file. */
function urlOf({ type, mediaType, data, blob }: FileBlock, { blobUrl }: FileParts): string | undefined {
  if (blob !== undefined && /^[0-9a-f]{64}$/.test(blob)) return blobUrl(blob);
  const isSafe = type === "image" ? IMAGE_TYPE.test(mediaType) : DOCUMENT_TYPE.test(mediaType);
  return data !== undefined && isSafe ? `data:${mediaType};base64,${data}` : undefined;
}

const IMAGE_TYPE = /^image\/(?:png|jpeg|gif|webp)$/;
const DOCUMENT_TYPE = /^(?:application\/pdf|text\/plain)$/;

function createImage(file: FileBlock, url: string, parts: FileParts): HTMLElement {
  const image = element("img", "");
  image.alt = nameOf(file, parts.texts);
  image.loading = "lazy";
  image.src = url;
  const enlarge = createEnlarge(image, parts.texts);
  image.addEventListener("error", () => enlarge.replaceWith(createChip(file, undefined, parts)), {
    once: true,
  });
  return enlarge;
}

/** Creates a button that contains an image and enlarges it. */
export function createEnlarge(image: HTMLImageElement, texts: Texts): HTMLElement {
  const name = image.alt || texts.unnamedFile.image;
  const enlarge = button("image", "", () => openImage(image.src, name, texts, enlarge.getRootNode()));
  enlarge.setAttribute("aria-label", texts.enlarge(name));
  enlarge.append(image);
  return enlarge;
}

/** Shows an image as large as the window allows. */
function openImage(url: string, name: string, texts: Texts, root: Node): void {
  const image = element("img", "");
  image.alt = name;
  image.src = url;
  const dialog = element("dialog", "enlarged");
  dialog.setAttribute("aria-label", name);
  const close = button("icon-button", "", () => dialog.close());
  close.setAttribute("aria-label", texts.closeImage);
  close.append(icon("close"));
  dialog.append(close, image);
  // Keys pressed here belong to the dialog. Esc closes it and does not stop a run.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  // In a shadow tree the dialog has the styles of the page.
  (root instanceof ShadowRoot ? root : document.body).append(dialog);
  dialog.showModal();
}

function createChip(file: FileBlock, url: string | undefined, parts: FileParts): HTMLElement {
  const { texts, formats } = parts;
  const name = nameOf(file, texts);
  const size = element("span", "file-size", formats.bytes(fileBytes(file)));
  if (url === undefined) return element("span", "file missing", texts.fileMissing(name));
  const chip = element("a", "file", element("span", "file-name", name), size);
  chip.href = url;
  chip.download = name;
  return chip;
}

function nameOf({ type, name }: FileBlock, texts: Texts): string {
  return name ?? texts.unnamedFile[type];
}
