import type { Limits } from "@mini-openclaw/protocol";
import { button, element } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import type { Formats } from "../language/formats.ts";
import type { Texts } from "../language/texts.ts";
import { type Attachment, type Attachments, type AttachProblem, maxTotalBytes } from "./attachments.ts";

export interface AttachmentsViewParts {
  texts: Texts;
  formats: Formats;
  attachments: Attachments;
  /** Returns the limits of the gateway. */
  limits: () => Limits;
  /** Called when the attachments have changed. */
  onChange: () => void;
}

/** The previews of the attachments, and the button that picks files. */
export class AttachmentsView {
  readonly root: HTMLElement;
  readonly pick: HTMLButtonElement;
  readonly #parts: AttachmentsViewParts;
  readonly #previews = element("ul", "attachments");
  readonly #problem = element("p", "attach-problem");
  readonly #shown = new Map<Attachment, HTMLElement>();

  constructor(parts: AttachmentsViewParts) {
    const { texts } = parts;
    this.#parts = parts;
    this.#previews.setAttribute("aria-label", texts.attach);
    this.#problem.setAttribute("role", "alert");
    const input = element("input", "");
    input.type = "file";
    input.multiple = true;
    input.hidden = true;
    input.setAttribute("aria-label", texts.attach);
    input.addEventListener("change", () => {
      this.add([...(input.files ?? [])]);
      // The same file can be picked again.
      input.value = "";
    });
    this.pick = button("attach icon-button", "", () => input.click());
    this.pick.setAttribute("aria-label", texts.attach);
    this.pick.title = texts.attach;
    this.pick.append(icon("attach"));
    this.root = element("div", "attach-area", input, this.#previews, this.#problem);
  }

  /** Attaches files. */
  add(files: readonly File[]): void {
    if (files.length === 0) return;
    const { attachments, limits } = this.#parts;
    this.#problem.textContent = "";
    void attachments
      .add(files, limits(), () => this.render())
      .then((problems) => {
        const words = new Set(problems.map((problem) => this.#wordsOf(problem)));
        this.#problem.textContent = [...words].join(" ");
        this.render();
      });
  }

  /** Removes the words about files that were not attached. */
  clearProblem(): void {
    this.#problem.textContent = "";
  }

  render(): void {
    const { attachments, onChange, limits } = this.#parts;
    const { items } = attachments;
    this.pick.hidden = !(limits().maxBlocks > 0);
    for (const [item, preview] of this.#shown) {
      if (items.includes(item)) continue;
      preview.remove();
      this.#shown.delete(item);
    }
    for (const item of items) if (!this.#shown.has(item)) this.#shown.set(item, this.#previewOf(item));
    this.#previews.append(...items.flatMap((item) => this.#shown.get(item) ?? []));
    this.#previews.hidden = items.length === 0;
    onChange();
  }

  #previewOf(item: Attachment): HTMLElement {
    const { texts, formats, attachments } = this.#parts;
    const { name, progress, block, bytes } = item;
    const remove = button("icon-button", "", () => {
      attachments.remove(item);
      this.render();
    });
    remove.setAttribute("aria-label", texts.removeFile(name));
    remove.append(icon("close"));
    const label = element("span", "file-name", name);
    if (!block) {
      const bar = element("progress", "");
      bar.value = progress;
      bar.setAttribute("aria-label", name);
      return element("li", "attachment", label, bar, remove);
    }
    const size = element("span", "file-size", formats.bytes(bytes ?? 0));
    if (block.type !== "image") return element("li", "attachment", label, size, remove);
    const image = element("img", "");
    image.alt = name;
    image.src = `data:${block.mediaType};base64,${block.data}`;
    return element("li", "attachment with-image", image, label, size, remove);
  }

  #wordsOf(problem: AttachProblem): string {
    const { texts, formats, limits } = this.#parts;
    const { maxBlocks, maxBlockBytes } = limits();
    switch (problem.is) {
      case "too_many":
        return texts.tooManyFiles(maxBlocks);
      case "too_large_together":
        return texts.filesTooLarge(formats.bytes(maxTotalBytes(limits())));
      case "too_large":
        return texts.fileTooLarge(problem.name, formats.bytes(maxBlockBytes));
      case "unreadable":
        return texts.fileUnreadable(problem.name);
    }
  }
}

/** Passes on the files that are dropped on an element. */
export function acceptDrops(target: HTMLElement, onFiles: (files: File[]) => void): void {
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") === true;
  target.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    target.classList.add("dropping");
  });
  target.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && target.contains(relatedTarget)))
      target.classList.remove("dropping");
  });
  target.addEventListener("drop", (event) => {
    target.classList.remove("dropping");
    if (!hasFiles(event)) return;
    // Otherwise the browser would open the file in place of the page.
    event.preventDefault();
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });
}
