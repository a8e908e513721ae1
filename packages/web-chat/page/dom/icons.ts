// Drawn for this page on a grid of 24, as strokes.
const PATHS = {
  logo: "M7 17c0-5 .7-8.5 2.2-10.5M11.5 17c0-5 0-9 .7-12.5M16 17c0-5 0-7.5-1-10",
  menu: "M4 7h16M4 12h16M4 17h10",
  close: "M6 6l12 12M18 6L6 18",
  compose:
    "M12 5H7a3 3 0 0 0-3 3v9a3 3 0 0 0 3 3h9a3 3 0 0 0 3-3v-5M17.5 3.5a2.1 2.1 0 0 1 3 3L13 14l-4 1 1-4z",
  attach: "M20 11.5l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  rename: "M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19z",
  archive: "M4 4h16v5H4zM6 9v9a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2V9M10 13h4",
  unarchive: "M4 4h16v5H4zM6 9v9a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2V9M12 17v-5M9.5 14L12 11.5l2.5 2.5",
  download: "M12 4v11M7.5 10.5L12 15l4.5-4.5M5 20h14",
  remove: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5",
  light:
    "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  schedule: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
  settings: "M4 8h9M17 8h3M15 6v4M4 16h3M11 16h9M9 14v4",
} as const;

export type IconName = keyof typeof PATHS;

/** Creates a picture that screen readers skip. Its meaning is in a label. */
export function icon(name: IconName): SVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(namespace, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", PATHS[name]);
  drawing.append(path);
  return drawing;
}
