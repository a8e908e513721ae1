/** The address, the look and the texts of the page. */
export interface WebChatOptions {
  /**
   * Path under which the page is served. A missing slash at its end is added.
   * @default "/"
   */
  basePath?: string;
  /**
   * Path at which the gateway accepts WebSocket connections, on the same host.
   * @default the base path
   */
  webSocketPath?: string;
  /**
   * Shows that a scripted demo model answers because no API key is set.
   * @default false
   */
  demo?: boolean;
  /**
   * Name of the app, in the window's title and above the list of chats.
   * @default "Mini OpenClaw"
   */
  title?: string;
  /** Image beside the name: a path on the same host, or a `data:image/…` address. */
  logo?: string;
  /** Color of buttons and links, such as `#2b62b3`. */
  accent?: string;
  /** Heading of an empty chat. */
  greeting?: string;
  /** Messages that an empty chat offers to send. */
  suggestions?: readonly string[];
  /**
   * Language of a reader who has not selected one.
   * @default the browser's language
   */
  locale?: "en" | "zh-CN";
  /** Address to which a reader goes whom the gateway does not let in. */
  loginUrl?: string;
  /**
   * Shows one chat without the list of the others.
   * @default false
   */
  hideSidebar?: boolean;
  /**
   * Shows the states of the app's parts that the gateway reports: `parts` of its `listen`.
   * @default false
   */
  showParts?: boolean;
  /**
   * Shows a dialog with the app's settings, which the app answers as `PageSettings` at `settings`
   * beside the gateway's WebSocket: `routes` of the gateway's `listen`.
   * @default false
   */
  showSettings?: boolean;
  /** Style sheet that is added after the page's own. */
  css?: string;
}

/** The options that the page itself reads, as JSON. */
export type PageOptions = Omit<WebChatOptions, "basePath" | "webSocketPath" | "css"> & {
  webSocketPath: string;
};

interface Rule {
  readonly isValid: (value: unknown) => boolean;
  /** The end of "must be …". */
  readonly expected: string;
}

const MAX_TEXT_CHARS = 1000;
const MAX_CSS_CHARS = 100_000;

const isText = (value: unknown): value is string =>
  typeof value === "string" && value.trim() !== "" && value.length <= MAX_TEXT_CHARS;

const text: Rule = { isValid: isText, expected: `a text of 1 to ${MAX_TEXT_CHARS} characters` };
const flag: Rule = { isValid: (value) => typeof value === "boolean", expected: "true or false" };

/**
 * The characters of a path in RFC 3986, without `//` (another host), dot segments, a query, or a
 * fragment.
 */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+,;=:@%-]+)*\/?$/;

const path: Rule = {
  isValid: (value) => typeof value === "string" && value !== "" && PLAIN_PATH.test(value),
  expected: 'a path such as "/" or "/chat", without query, "//" or ".."',
};

const RULES: Readonly<Record<keyof WebChatOptions, Rule>> = {
  basePath: path,
  webSocketPath: path,
  demo: flag,
  hideSidebar: flag,
  showParts: flag,
  showSettings: flag,
  title: text,
  greeting: text,
  logo: {
    isValid: (value) =>
      typeof value === "string" && (PLAIN_PATH.test(value) || /^data:image\/[\w.+-]+[;,]/.test(value)),
    expected: 'a path such as "/logo.svg" or a data:image address',
  },
  accent: {
    isValid: (value) => typeof value === "string" && /^#(?:[\da-f]{3}|[\da-f]{6})$/i.test(value),
    expected: 'a color such as "#2b62b3"',
  },
  suggestions: {
    isValid: (value) => Array.isArray(value) && value.length <= 10 && value.every(isText),
    expected: "a list of up to 10 texts",
  },
  locale: { isValid: (value) => value === "en" || value === "zh-CN", expected: '"en" or "zh-CN"' },
  loginUrl: {
    isValid: (value) => typeof value === "string" && /^(?:https?:\/\/|\/(?!\/))\S*$/i.test(value),
    expected: 'an address such as "/login" or "https://example.com/login"',
  },
  css: {
    isValid: (value) => typeof value === "string" && value.length <= MAX_CSS_CHARS,
    expected: `a style sheet of up to ${MAX_CSS_CHARS} characters`,
  },
};

/** @throws TypeError if an option is not valid or not known. */
export function checkOptions(options: WebChatOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const rule = Object.hasOwn(RULES, name) ? RULES[name as keyof WebChatOptions] : undefined;
    if (!rule)
      throw new TypeError(
        `\`${name}\` is not an option of serveWebChat. Known options: ${Object.keys(RULES).join(", ")}.`,
      );
    if (!rule.isValid(value))
      throw new TypeError(`\`${name}\` must be ${rule.expected}, got ${describe(value)}.`);
  }
}

function describe(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 100 ? `${json.slice(0, 100)}…` : json;
}
