import { button, element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/**
 * The gateway's answer to this browser: it is let in, it needs the token, or the app refused it.
 */
export type Access = "open" | "token" | "refused";

/** The form for the gateway's token, or the way to the app's own login. */
export interface LoginView {
  readonly root: HTMLElement;
  show(access: Access): void;
}

export interface LoginParts {
  texts: Texts;
  /** The address that takes the token, beside the gateway's WebSocket. */
  tokenUrl: string;
  /** The address of the app's own login. */
  loginUrl: string | undefined;
  onLogin: () => void;
}

export function createLoginView(parts: LoginParts): LoginView {
  const { texts, loginUrl, onLogin } = parts;
  const { form, input } = createTokenForm(parts);
  const retry = button("link", texts.retryNow, onLogin);
  const refusal = element("div", "login", element("p", "", texts.unauthorized));
  if (loginUrl !== undefined) {
    const link = element("a", "send", texts.tokenSend);
    link.href = loginUrl;
    refusal.append(link);
  }
  refusal.append(retry);
  const root = element("section", "logins", form, refusal);
  root.setAttribute("aria-label", texts.tokenSend);
  let shown: Access | undefined;

  return {
    root,
    show(access) {
      if (access === shown) return;
      shown = access;
      root.hidden = access === "open";
      form.hidden = access !== "token";
      refusal.hidden = access !== "refused";
      if (access === "token") input.focus();
    },
  };
}

/** Creates the form. The gateway keeps the token in a cookie that no script can read. */
function createTokenForm({ texts, tokenUrl, onLogin }: LoginParts) {
  // A hidden name, so that password managers do not ask for one.
  const name = element("input", "");
  name.type = "text";
  name.autocomplete = "username";
  name.value = "Mini OpenClaw";
  name.hidden = true;
  const input = element("input", "");
  input.type = "password";
  input.autocomplete = "current-password";
  input.required = true;
  const problem = element("p", "login-problem");
  problem.setAttribute("role", "alert");
  const label = element("label", "", element("span", "", texts.tokenQuestion), input);
  const form = element("form", "login", name, label, element("button", "send", texts.tokenSend), problem);

  async function logIn(): Promise<void> {
    const status = await statusOf(tokenUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: input.value }),
    });
    if (status !== 200) return setText(problem, status === 401 ? texts.tokenWrong : texts.unreachable);
    input.value = "";
    onLogin();
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setText(problem, "");
    void logIn();
  });
  return { form, input };
}

/**
 * Finds out why a connection failed. A browser does not report why it could not open a WebSocket.
 *
 * An app that serves no HTTP routes of the gateway answers 404. If it has a login, it refused the
 * WebSocket.
 */
export async function checkAccess(gatewayUrl: URL, loginUrl: string | undefined): Promise<Access> {
  const status = await statusOf(tokenUrlOf(gatewayUrl));
  if (status === 401) return "token";
  const listStatus = await statusOf(new URL("sessions?limit=1", gatewayUrl).href);
  if (listStatus === 401 || listStatus === 403) return "refused";
  return loginUrl !== undefined && status === 404 && listStatus === 404 ? "refused" : "open";
}

/** Returns the address that takes the gateway's token. */
export function tokenUrlOf(gatewayUrl: URL): string {
  return new URL("login", gatewayUrl).href;
}

/** Returns the status of the answer; `undefined` if there was none. */
async function statusOf(url: string, init?: RequestInit): Promise<number | undefined> {
  try {
    return (await fetch(url, init)).status;
  } catch {
    // The gateway cannot be reached. The state of the connection shows that already.
    return undefined;
  }
}
