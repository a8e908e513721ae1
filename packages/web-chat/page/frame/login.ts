import { element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** The form for the gateway's token. The gateway keeps it in a cookie that no script can read. */
export interface LoginView {
  readonly root: HTMLElement;
  show(isShown: boolean): void;
}

export interface LoginParts {
  texts: Texts;
  /** The address that takes the token, beside the gateway's WebSocket. */
  url: string;
  onLogin: () => void;
}

export function createLoginView({ texts, url, onLogin }: LoginParts): LoginView {
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
  const root = element(
    "form",
    "login",
    name,
    element("label", "", element("span", "", texts.tokenQuestion), input),
    element("button", "send", texts.tokenSend),
    problem,
  );
  root.hidden = true;

  async function logIn(): Promise<void> {
    const body = JSON.stringify({ token: input.value });
    const status = await statusOf(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    if (status !== 200) return setText(problem, status === 401 ? texts.tokenWrong : texts.unreachable);
    input.value = "";
    onLogin();
  }
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    setText(problem, "");
    void logIn();
  });

  return {
    root,
    show(isShown) {
      if (root.hidden !== isShown) return;
      root.hidden = !isShown;
      if (isShown) input.focus();
    },
  };
}

/** Returns true if the gateway asks for a token that this browser did not send. */
export async function isLoginNeeded(url: string): Promise<boolean> {
  return (await statusOf(url)) === 401;
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
