/**
 * The variables of this process's environment that commands get: the user's place, language and
 * time, and how the network is reached. Keys and tokens are in none of them, except a password that
 * someone wrote into a proxy's address.
 */
export const passedVariables: readonly string[] = [
  ...["PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"],
  ...[
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
  ],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
  "GIT_SSL_CAINFO",
];

/**
 * Makes git write names beyond ASCII as they are. By default it writes them in octal, which a model
 * cannot read.
 */
const gitSettings = {
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "core.quotepath",
  GIT_CONFIG_VALUE_0: "false",
};

/**
 * Returns the environment of a command: what is passed on, and what was given for it, which goes
 * first.
 */
export function commandEnvironment(
  passed: readonly string[],
  given: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const pairs = [...passedVariables, ...passed].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(pairs), TERM: "dumb", ...gitSettings, ...given } as NodeJS.ProcessEnv;
}
