import mermaid from "mermaid";

/** The message of the page. */
interface DiagramMessage {
  readonly text: string;
  readonly isDark: boolean;
}

// The one element of the document.
const root = document.getElementById("diagram");
let count = 0;

/** Draws a diagram and returns its height. */
async function draw({ text, isDark }: DiagramMessage): Promise<number | undefined> {
  document.documentElement.style.colorScheme = isDark ? "dark" : "light";
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    suppressErrorRendering: true,
    theme: isDark ? "dark" : "default",
  });
  count += 1;
  const { svg } = await mermaid.render(`drawn${count}`, text);
  if (root) root.innerHTML = svg;
  return root?.getBoundingClientRect().height;
}

addEventListener("message", ({ source, data }: MessageEvent<DiagramMessage>) => {
  if (source !== parent) return;
  // A text that Mermaid cannot read has no height.
  void draw(data)
    .catch(() => undefined)
    .then((height) => parent.postMessage({ height }, "*"));
});
parent.postMessage({ isReady: true }, "*");
