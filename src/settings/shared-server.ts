/** The Redis server that nodes share, as `--shared` names it. */
export interface SharedServer {
  /** As it was written; logs may show it, because it never contains a password. */
  readonly text: string;
  /** The same, as Bun's Redis client takes it. */
  readonly url: string;
  readonly isTls: boolean;
}

const EXPECTED = "expected redis://HOST:PORT, rediss://HOST:PORT or unix:PATH";

/** Where to read a secret from. */
export type SecretSource = { readonly file: string } | { readonly env: string };

/**
 * Parses the value of `--shared`.
 *
 * @throws {SyntaxError} for any other URL, and for one with a password: every user can see command lines
 */
export function parseSharedServer(text: string): SharedServer {
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { text, url: urlOfSocket(path), isTls: false };
  if (!URL.canParse(text) || !/^rediss?:\/\/./.test(text)) throw new SyntaxError(EXPECTED);
  const url = new URL(text);
  if (url.password !== "") throw new SyntaxError("a password does not belong there: use --shared-password");
  if (!/^(?:\/\d*)?$/.test(url.pathname) || url.search !== "" || url.hash !== "")
    throw new SyntaxError(`${EXPECTED}, optionally followed by /DB`);
  return { text, url: url.href, isTls: url.protocol === "rediss:" };
}

/**
 * The URL of a Unix socket. Bun's client does not decode its path, so one that a URL encodes is refused. The host is
 * never contacted, but a URL without one cannot take the password that is added later.
 */
function urlOfSocket(path: string): string {
  const url = new URL(`redis+unix://localhost${path}`);
  if (url.pathname === path) return url.href;
  throw new SyntaxError("the path of the socket must be ASCII, without blanks, ? or #");
}

/**
 * Parses `file:PATH` or `env:NAME`.
 *
 * @throws {SyntaxError} for anything else
 */
export function parseSecretSource(text: string): SecretSource {
  const [, kind, rest = ""] = /^(file|env):(.+)$/s.exec(text) ?? [];
  if (kind === "file") return { file: rest };
  if (kind === "env") return { env: rest };
  throw new SyntaxError("expected file:PATH or env:NAME");
}
