import { element } from "./elements.ts";

export interface SandboxedFrameParts {
  /** The address of the document. */
  url: string;
  /** The name of the frame for screen readers. */
  title: string;
  /** Returns the message for the document. It is sent whenever the document is loaded. */
  message: () => unknown;
  /** Called with each answer of the document, which nobody vouches for. */
  onAnswer: (answer: Readonly<Record<string, unknown>>) => void;
}

/** A document in a frame that has an origin of its own. */
export interface SandboxedFrame {
  readonly root: HTMLIFrameElement;
  /** Removes the frame. */
  close(): void;
}

export function createSandboxedFrame({ url, title, message, onAnswer }: SandboxedFrameParts): SandboxedFrame {
  const closing = new AbortController();
  const root = element("iframe", "");
  root.setAttribute("sandbox", "allow-scripts");
  root.title = title;
  root.src = url;
  window.addEventListener(
    "message",
    ({ source, data }: MessageEvent<unknown>) => {
      if (source === null || source !== root.contentWindow) return;
      const answer = Object(data) as Readonly<Record<string, unknown>>;
      // An origin of its own has no name, so the message is for any.
      if (answer["isReady"] === true) root.contentWindow?.postMessage(message(), "*");
      else onAnswer(answer);
    },
    { signal: closing.signal },
  );
  return {
    root,
    close() {
      closing.abort();
      root.remove();
    },
  };
}
